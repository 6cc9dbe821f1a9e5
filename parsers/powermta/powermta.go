// Package powermta reads the accounting files of PowerMTA: CSV with one record for
// each recipient and try (PowerMTA User's Guide, "Accounting").
//
// What a column holds is told by a header line. It differs from file to file
// (record-fields), its names are written in any case and may have a "#" before
// them, and a file may have several: each holds for the types of records that
// follow it. Without a header the columns are the default ones.
//
// A record has no queue id. What the records of one message and recipient have in
// common is the Message-ID header where it is logged, and else the time the
// message was queued, sender, recipient, job and envelope id: QueueID is the
// Message-ID, or a hash of those.
package powermta

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/csvrow"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Format is the format of PowerMTA's accounting files.
var Format = parsers.Format{
	Name:     "powermta",
	Title:    "PowerMTA accounting files (CSV)",
	Score:    score,
	New:      func(o parsers.Options) parsers.Decoder { return NewDecoder(o) },
	Yearless: func([][]byte) bool { return false },
	Zoneless: zoneless,
}

// Decoder reads the lines of one file.
type Decoder struct {
	clock *syslog.Clock
	rows  csvrow.Reader
	event mail.Event
	id    []byte
	begun bool // the separator is known
	zone  bool // a stamp lacked a zone

	headers []*columns          // the last header lines, one after the other
	fresh   bool                // no record since then
	byKind  [aside + 1]*columns // the header line that a type of record followed
	guess   [2]columns          // the default columns, with and without timeImprinted
}

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *Decoder {
	return &Decoder{
		clock: syslog.NewClock(o.Year, o.Location),
		guess: [2]columns{columnsOf(defaultNames(true)), columnsOf(defaultNames(false))},
	}
}

// Close implements parsers.Decoder. It reads a record whose last line is missing.
func (d *Decoder) Close(emit func(*mail.Event)) {
	if cells := d.rows.Rest(); cells != nil {
		d.row(cells, emit)
	}
}

// Decode implements parsers.Decoder. Understood are header lines and the records of
// known types, Irrelevant comments and empty lines. A record may span lines: those
// that go on with one are Understood.
func (d *Decoder) Decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	line = syslog.Trim(line)
	if d.rows.Open() {
		if !isFresh(line) {
			cells, state := d.rows.Add(line)
			if state == csvrow.Continues {
				return mail.Understood
			}
			return d.row(cells, emit)
		}
		d.row(d.rows.Rest(), emit) // a quote that was never closed
	}
	if len(bytes.TrimSpace(line)) == 0 {
		return mail.Irrelevant
	}
	first := d.first(line)
	if kindOf(first) == unknown && !isType(first) {
		if line[0] == '#' {
			return mail.Irrelevant
		}
		return mail.NotUnderstood
	}
	cells, state := d.rows.Add(line)
	if state == csvrow.Continues {
		return mail.Understood
	}
	return d.row(cells, emit)
}

// first returns the first cell of a line and learns the separator.
func (d *Decoder) first(line []byte) []byte {
	if !d.begun {
		d.rows.Comma = ','
		if tab := bytes.IndexByte(line, '\t'); tab > 0 && (kindOf(line[:tab]) != unknown || isType(line[:tab])) {
			d.rows.Comma = '\t'
		}
	}
	end := bytes.IndexByte(line, d.rows.Comma)
	if end < 0 {
		return nil
	}
	if first := line[:end]; kindOf(first) != unknown || isType(first) {
		d.begun = true
		return first
	}
	return nil
}

// row reads one record or header line.
func (d *Decoder) row(cells [][]byte, emit func(*mail.Event)) mail.Verdict {
	if isType(cells[0]) {
		c := columnsOf(cells)
		if c.known < 2 {
			return mail.NotUnderstood
		}
		if !d.fresh {
			d.headers = d.headers[:0]
		}
		if len(d.headers) < maxHeaders {
			d.headers = append(d.headers, &c)
		}
		d.fresh = true
		return mail.Understood
	}
	kind := kindOf(cells[0])
	if kind == unknown {
		return mail.NotUnderstood
	}
	c := d.columnsFor(kind, cells)
	if c == nil {
		return mail.NotUnderstood
	}
	d.record(kind, c, cells, emit)
	return mail.Understood
}

// maxHeaders bounds how many header lines in a row are remembered.
const maxHeaders = 16

// columnsFor returns the columns that hold for a record: those of the header line
// that its type followed, else the last ones. Where several header lines stand
// together, or a new one has come, the number of columns tells.
func (d *Decoder) columnsFor(kind recordKind, cells [][]byte) *columns {
	if len(d.headers) == 0 {
		return d.headerless(cells)
	}
	last := d.headers[len(d.headers)-1]
	if !d.fresh {
		if c := d.byKind[kind]; c != nil && (c.width == len(cells) || last.width != len(cells)) {
			return c
		}
	}
	chosen := last
	for _, h := range d.headers {
		if h.width == len(cells) {
			chosen = h
			break
		}
	}
	if d.fresh {
		d.fresh = false
		d.byKind[kind] = chosen
	}
	return chosen
}

// headerless returns the default columns if a record may have them.
func (d *Decoder) headerless(cells [][]byte) *columns {
	if len(cells) < minDefault {
		return nil
	}
	if t, _ := d.time(cells[1]); t == 0 {
		return nil
	}
	for i := range d.guess {
		if g := &d.guess[i]; isAction(g.get(cells, dsnAction)) {
			return g
		}
	}
	for i := range d.guess {
		if g := &d.guess[i]; bytes.IndexByte(g.get(cells, rcpt), '@') > 0 && !(i == 0 && bytes.IndexByte(cells[3], '@') > 0) {
			return g
		}
	}
	return nil
}

// minDefault is how many columns a record without a header has at least.
const minDefault = 12

// isFresh says that a line begins a record: a type and a time.
func isFresh(line []byte) bool {
	for i, c := range line[:min(len(line), 4)] {
		if c != ',' && c != '\t' {
			continue
		}
		if kindOf(line[:i]) == unknown {
			return false
		}
		rest := line[i+1:]
		return len(rest) > 10 && rest[0]-'0' <= 9 && rest[3]-'0' <= 9 && (rest[4] == '-' && rest[7] == '-' || rest[4]-'0' <= 9 && rest[8]-'0' <= 9)
	}
	return false
}

// score counts the lines that are surely PowerMTA's.
func score(sample [][]byte) (n int) {
	d := NewDecoder(parsers.Options{})
	for _, line := range sample {
		if v := d.Decode(line, func(*mail.Event) {}); v == mail.Understood {
			n++
		}
	}
	return n
}

// zoneless says that a time of the sample lacks a zone.
func zoneless(sample [][]byte) bool {
	d := NewDecoder(parsers.Options{})
	for _, line := range sample {
		d.Decode(line, func(*mail.Event) {})
	}
	d.Close(func(*mail.Event) {})
	return d.zone
}
