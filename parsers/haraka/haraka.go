// Package haraka reads what Haraka logs of the mail it sends (logger.js;
// outbound/hmail.js), in each of its three forms:
//
//	[NOTICE] [UUID.1.1] [outbound] recipient <a@example.net> deferred: 452 4.2.2 full        log_format=default
//	level=NOTICE uuid=UUID.1.1 source=outbound message="recipient <a@example.net> ..."         log_format=logfmt
//	{"level":"NOTICE","uuid":"UUID.1.1","source":"outbound","message":"recipient ..."}          log_format=json
//
// Haraka itself writes a time only if it is told to (log.ini, timestamps=true); else
// it comes from what collects the log: runit's svlogd, syslog, journald.
//
// The lines of a delivery do not repeat the host. The decoder remembers it by the
// UUID, for a bounded number of them. Without the level INFO the log has neither
// hosts nor the deferrals of whole messages.
package haraka

import (
	"bytes"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/jsonlog"
	"github.com/seed-07ce53fa/diagnose/parsers/recent"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Format is the log format of Haraka.
var Format = parsers.Format{
	Name:     "haraka",
	Title:    "Haraka outbound (default, logfmt or JSON; svlogd, syslog, journalctl)",
	Score:    score,
	New:      func(o parsers.Options) parsers.Decoder { return NewDecoder(o) },
	Yearless: syslog.Yearless,
	Zoneless: zoneless,
}

// Decoder reads the lines of one file. It implements parsers.Decoder and
// syslog.Rewinder.
type Decoder struct {
	clock   *syslog.Clock
	head    syslog.Header
	cursor  jsonlog.Cursor
	stamp   []byte
	entry   entry
	event   mail.Event
	tries   *recent.Table[try]
	lines   int64
	waiting []waiting
}

// try is what the lines of one message have told of the try that is under way.
type try struct {
	mx, ip []byte
	local  bool       // by LMTP
	stage  mail.Stage // the command that was sent last, where the log has the dialogue
	seen   bool       // the log has the dialogue
}

// maxTries bounds how many messages are remembered.
const maxTries = 1 << 14

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *Decoder {
	return &Decoder{clock: syslog.NewClock(o.Year, o.Location), tries: recent.New[try](maxTries, nil)}
}

// Close implements parsers.Decoder.
func (d *Decoder) Close(emit func(*mail.Event)) { d.release(1<<62, emit) }

// Overran implements syslog.Rewinder.
func (d *Decoder) Overran(anchor time.Time) bool { return d.clock.Overran(anchor) }

// found is what was made of a message.
type found uint8

const (
	aside   found = iota // Haraka's, but not about mail it sends
	chained              // about it, but no event
	told                 // events were emitted
)

// Decode implements parsers.Decoder. Understood is a line about mail that is sent;
// Irrelevant any other line of Haraka or of a system log.
func (d *Decoder) Decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	d.lines++
	d.release(d.lines, emit)
	return d.verdict(d.read(line), emit)
}

// DecodeHeader implements parsers.HeaderDecoder.
func (d *Decoder) DecodeHeader(h *syslog.Header, emit func(*mail.Event)) mail.Verdict {
	d.lines++
	d.release(d.lines, emit)
	d.head = *h
	return d.verdict(d.entry.read(plain(h.Body), &d.cursor), emit)
}

func (d *Decoder) verdict(ours bool, emit func(*mail.Event)) mail.Verdict {
	f := aside
	if ours {
		f = d.message(&d.entry, emit)
	}
	if f == told {
		return mail.Understood
	}
	if d.head.Time != 0 {
		emit(d.begin())
	}
	h := &d.head
	switch {
	case f == chained:
		return mail.Understood
	case ours, h.Process != nil, h.Yearless, len(h.Body) == 0, h.Body[0] == '#':
		return mail.Irrelevant
	}
	return mail.NotUnderstood
}

// read reads a line into d.head and d.entry and says whether it is Haraka's.
func (d *Decoder) read(line []byte) bool {
	h := &d.head
	*h = syslog.Header{}
	line = plain(syslog.Trim(line))
	if d.entry.read(line, &d.cursor) {
		if len(d.entry.time) > 0 {
			d.stampOf(d.entry.time)
		}
		h.Body = line
		return true
	}
	if n := d.stampOf(line); n > 0 {
		rest := bytes.TrimLeft(line[n:], " \t")
		if d.entry.read(plain(rest), &d.cursor) {
			h.Body = rest
			return true
		}
	}
	syslog.Parse(line, d.clock, h)
	body := h.Body
	if inner, _, ok := syslog.Repeated(body); ok {
		body = inner // one delivery at most, see Repeated
	}
	return d.entry.read(plain(body), &d.cursor)
}

// stampOf reads the time stamp at the start of b into d.head and returns its length.
// Besides those of package syslog it knows the one of svlogd -tt,
// "2026-03-03_10:18:23.50436", which is UTC.
func (d *Decoder) stampOf(b []byte) int {
	if len(b) < 19 || b[10] != '_' {
		return d.clock.Stamp(b, &d.head)
	}
	n := bytes.IndexAny(b, " \t")
	if n < 0 {
		n = len(b)
	}
	if n < 19 || n > 32 {
		return 0
	}
	d.stamp = append(append(d.stamp[:0], b[:n]...), 'Z')
	d.stamp[10] = 'T'
	if d.clock.Stamp(d.stamp, &d.head) == 0 {
		return 0
	}
	return n
}

// plain removes the colours that Haraka writes to a terminal.
func plain(b []byte) []byte {
	if len(b) == 0 || b[0] != 0x1b {
		return b
	}
	if i := bytes.IndexByte(b, 'm'); i > 0 && i < 8 {
		b = b[i+1:]
	}
	if i := bytes.LastIndexByte(b, 0x1b); i >= 0 && len(b)-i < 8 {
		b = b[:i]
	}
	return b
}

// begin clears the event and fills in the prefix.
func (d *Decoder) begin() *mail.Event {
	d.event = d.head.Event()
	return &d.event
}

// score counts the lines that only Haraka writes.
func score(sample [][]byte) (n int) {
	d := NewDecoder(parsers.Options{})
	for _, line := range sample {
		if d.read(line) {
			n++
		}
	}
	return n
}

// zoneless says that a time stamp of the sample lacks a zone.
func zoneless(sample [][]byte) bool {
	d := NewDecoder(parsers.Options{})
	for _, line := range sample {
		if d.read(line); d.head.Zoneless {
			return true
		}
	}
	return false
}
