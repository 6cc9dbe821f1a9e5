// Package exchange reads the text logs of Microsoft Exchange: message tracking, and
// the protocol log of the connectors that send (Microsoft Learn, "Message tracking",
// "Protocol logging").
//
// Both are CSV with comment lines before it. "#Fields:" names the columns; it differs
// by version and is repeated when the service restarts. "#Log-type:" names the log.
// Shippers cut both off: then the columns of a row are told by their contents. Times
// are UTC.
//
// Message tracking tells what became of a message for its recipients. The protocol
// log is a transcript: the decoder follows the sessions in it, a bounded number of
// them. The same columns serve the log of the connectors that receive. It is mail
// coming in, so nothing in it is an attempt.
package exchange

import (
	"bytes"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/csvrow"
	"github.com/seed-07ce53fa/diagnose/parsers/recent"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Format is the format of Exchange's message tracking and SMTP protocol logs.
var Format = parsers.Format{
	Name:     "exchange",
	Title:    "Microsoft Exchange message tracking and SMTP send protocol logs (CSV)",
	Score:    score,
	New:      func(o parsers.Options) parsers.Decoder { return NewDecoder(o) },
	Yearless: func([][]byte) bool { return false },
	Zoneless: func([][]byte) bool { return false },
}

// Decoder reads the lines of one file.
type Decoder struct {
	clock *syslog.Clock
	rows  csvrow.Reader
	event mail.Event

	bound     bool // there was a "#Fields:" line
	columns   columns
	headless  [numLayouts]columns
	direction direction // by "#Log-type:"
	other     bool      // a log that is none of these

	parts  [][]byte // of recipient-address
	status [][]byte // of recipient-status

	sessions *recent.Table[session]
	names    *recent.Table[[]byte] // of hosts by address, as they greet
	held     int                   // rows that wait in all sessions
	open     int                   // recipients without a result, in all sessions
	told     int                   // events of the row being read
	precise  bool
	emit     func(*mail.Event)
}

// NewDecoder returns a decoder for one file. Of the options none counts: the logs
// have year and zone.
func NewDecoder(parsers.Options) *Decoder {
	d := &Decoder{clock: syslog.NewClock(0, time.UTC), names: recent.New[[]byte](maxNames, nil)}
	for i := range d.headless {
		d.headless[i] = columnsOf(bytes.Split([]byte(layouts[i]), []byte(",")))
	}
	d.sessions = recent.New(maxSessions, func(id string, s *session) { d.end(id, s) })
	return d
}

// Close implements parsers.Decoder. What was under way when the log ends has no
// outcome; rows that waited for others are read.
func (d *Decoder) Close(emit func(*mail.Event)) {
	d.emit = emit
	if cells := d.rows.Rest(); cells != nil {
		d.row(cells)
	}
	d.sessions.Drain()
	d.emit = nil
}

// Decode implements parsers.Decoder. Understood are the header lines of these logs
// and the rows of message tracking and of sessions that send; Irrelevant those of
// other logs and of mail coming in.
func (d *Decoder) Decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	d.emit = emit
	line = syslog.Trim(line)
	if d.rows.Open() {
		if !isFresh(line) {
			cells, state := d.rows.Add(line)
			if state == csvrow.Continues {
				return mail.Understood
			}
			return d.row(cells)
		}
		d.row(d.rows.Rest()) // a quote that was never closed
	}
	switch {
	case len(bytes.TrimSpace(line)) == 0:
		return mail.Irrelevant
	case line[0] == '#':
		return d.header(line)
	case d.foreign():
		return mail.Irrelevant
	}
	cells, state := d.rows.Add(line)
	if state == csvrow.Continues {
		if isFresh(line) {
			return mail.Understood
		}
		d.rows.Rest()
		return mail.NotUnderstood
	}
	return d.row(cells)
}

// header reads a comment line. It counts for those that follow it, up to the next one
// that says otherwise.
func (d *Decoder) header(line []byte) mail.Verdict {
	name, value, _ := bytes.Cut(line[1:], []byte(":"))
	value = bytes.TrimSpace(value)
	switch {
	case bytes.EqualFold(name, []byte("Software")):
		if !bytes.Contains(value, []byte("Exchange")) {
			return mail.Irrelevant
		}
		d.bound, d.other, d.direction = false, false, unknown
		return mail.Understood
	case bytes.EqualFold(name, []byte("Log-type")):
		d.direction, d.other = directionOf(value), false
		if d.direction == unknown && !bytes.EqualFold(value, []byte("Message Tracking Log")) {
			d.other, d.bound = true, false
			return mail.Irrelevant
		}
		return mail.Understood
	case bytes.EqualFold(name, []byte("Fields")):
		c := columnsOf(bytes.Split(value, []byte(",")))
		if c.kind == otherLog && d.other {
			return mail.Irrelevant
		}
		d.columns, d.bound, d.other = c, true, false
		if c.kind == otherLog {
			return mail.Irrelevant
		}
		return mail.Understood
	}
	return mail.Irrelevant
}

// foreign says that the rows are of a log that is read by nobody.
func (d *Decoder) foreign() bool { return d.other || d.bound && d.columns.kind == otherLog }

// row reads one row.
func (d *Decoder) row(cells [][]byte) mail.Verdict {
	if d.foreign() {
		return mail.Irrelevant
	}
	c := d.columnsFor(cells)
	if c == nil {
		return mail.NotUnderstood
	}
	ev := &d.event
	*ev = mail.Event{}
	d.told = 0
	var ok bool
	if ev.Time, ev.Precise, _, ok = d.clock.Time(c.get(cells, dateTime)); !ok {
		return mail.NotUnderstood
	}
	d.precise = ev.Precise
	if c.kind == protocolLog {
		return d.protocol(c, cells)
	}
	d.tracking(c, cells)
	return mail.Understood
}

// columnsFor returns the columns of a row: the header's, or else those that its
// contents fit.
func (d *Decoder) columnsFor(cells [][]byte) *columns {
	if d.bound && len(cells) >= d.columns.needed {
		return &d.columns
	}
	for i := range d.headless {
		if c := &d.headless[i]; !d.bound && c.fits(cells) {
			return c
		}
	}
	return nil
}

// isFresh says that a line begins a row, with a time, or is a comment.
func isFresh(line []byte) bool {
	if len(line) > 0 && line[0] == '#' {
		return bytes.HasPrefix(line, []byte("#Software:")) || bytes.HasPrefix(line, []byte("#Fields:"))
	}
	first, _, ok := bytes.Cut(line[:min(len(line), 40)], []byte(","))
	return ok && isTime(first)
}

// isTime says that b begins like "2026-03-03T10:18:21".
func isTime(b []byte) bool {
	return len(b) >= 19 && b[4] == '-' && b[7] == '-' && b[10] == 'T' && b[13] == ':' && b[16] == ':'
}

// score counts the rows that are surely Exchange's, and the header lines that only
// its logs have.
func score(sample [][]byte) (n int) {
	d := NewDecoder(parsers.Options{})
	for _, line := range sample {
		v := d.Decode(line, func(*mail.Event) {})
		inbound := v == mail.Irrelevant && isFresh(syslog.Trim(line)) && line[0] != '#' && !d.foreign()
		if v == mail.Understood || inbound {
			n++
		}
	}
	return n
}
