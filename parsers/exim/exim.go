// Package exim reads the main log of Exim, 4.7x to 4.98, with any log_selector:
// as a file, or through syslog in any of the wrappers that package syslog knows.
// cPanel and DirectAdmin write the same grammar.
//
// The grammar is that of the chapter "Log files" of the specification and of
// log.c, deliver.c and transports/smtp.c. What ties the lines of a message
// together is its message id, here the queue id; that is left to package join,
// and so are the refusals that Exim tells twice (join.Twins).
package exim

import (
	"bytes"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Format is the log format of Exim.
var Format = parsers.Format{
	Name:     "exim",
	Title:    "Exim main log (file or syslog; cPanel, DirectAdmin)",
	Score:    score,
	New:      func(o parsers.Options) parsers.Decoder { return NewDecoder(o) },
	Yearless: func(sample [][]byte) bool { return lacking(sample, func(h *syslog.Header) bool { return h.Yearless }) },
	Zoneless: func(sample [][]byte) bool { return lacking(sample, func(h *syslog.Header) bool { return h.Zoneless }) },
}

// Decoder reads the lines of one file. It implements parsers.HeaderDecoder and
// syslog.Rewinder. It allocates nothing per line, but for lines that syslog has
// split.
type Decoder struct {
	clock *syslog.Clock
	// head is what stands before the text: the prefix of syslog, if there is one,
	// with the time that counts, Exim's own or that of syslog.
	head    syslog.Header
	direct  bool // there is none
	yearOut bool // a time that counted had no year

	event mail.Event // of a line that tells something
	quiet mail.Event // of a line that tells its time only
	reply []byte     // C= without its escapes
	parts []*part    // lines that syslog has split and that are not complete
}

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *Decoder {
	return &Decoder{clock: syslog.NewClock(o.Year, o.Location)}
}

// Overran implements syslog.Rewinder.
func (d *Decoder) Overran(anchor time.Time) bool { return d.yearOut && d.clock.Overran(anchor) }

// Close implements parsers.Decoder. A split line whose end is missing tells what
// it has.
func (d *Decoder) Close(emit func(*mail.Event)) {
	for _, p := range d.parts {
		d.finish(p, emit)
	}
	d.parts = nil
}

// Decode implements parsers.Decoder.
//
// Understood is a line of the chain that leads a message through Exim, even where
// it gives no event (frozen, queued for later). Irrelevant is any other line with
// a time stamp or a prefix, a comment, an empty line, a header in a reject log.
// NotUnderstood is the rest.
func (d *Decoder) Decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	line = syslog.Trim(line)
	h := &d.head
	*h, d.direct = syslog.Header{}, false
	if n := d.clock.Leading(line, h); n > 0 && !tagged(line[n:]) {
		h.Process, d.direct = ownName, true
		return d.text(skipSpace(line[n:]), ours, emit)
	}
	return d.decode(syslog.Parse(line, d.clock, h), emit)
}

// DecodeHeader implements parsers.HeaderDecoder.
func (d *Decoder) DecodeHeader(h *syslog.Header, emit func(*mail.Event)) mail.Verdict {
	d.head, d.direct = *h, false
	return d.decode(true, emit)
}

// decode reads the message in d.head.
func (d *Decoder) decode(prefixed bool, emit func(*mail.Event)) mail.Verdict {
	h := &d.head
	body := h.Body
	if inner, _, ok := syslog.Repeated(body); ok {
		body = inner // one delivery at most, see Repeated
		if body == nil {
			return d.silent(mail.Irrelevant, emit)
		}
	}
	if !prefixed {
		return d.text(body, bare, emit)
	}
	from := other
	if has(h.Process, "exim") {
		from = ours
	}
	if p, ok := cutPiece(body); ok && (from == ours || d.continues(&p)) {
		return d.piece(&p, from, emit)
	}
	return d.stamped(body, from, emit)
}

// origin is what is known of the program that wrote a text.
type origin uint8

const (
	bare  origin = iota // nothing: the line has neither time nor tag
	other               // a system log's tag that does not name Exim (syslog_processname)
	ours                // Exim
)

var ownName = []byte("exim")

// tagged says that what follows a time stamp is host and tag of a system log
// (" mx1 exim[123]: ..."), not Exim's own text.
func tagged(b []byte) bool {
	b = skipSpace(b)
	i := bytes.IndexByte(b, ' ')
	if i < 0 || !has(b[i+1:], "exim") {
		return false
	}
	word := b[i+1:]
	if n := bytes.IndexByte(word, ' '); n >= 0 {
		word = word[:n]
	}
	return word[len(word)-1] == ':'
}

// stamped reads a text that may begin with Exim's own time stamp. It wins over
// that of syslog unless that one is more exact: it has a year, it may have a zone
// and milliseconds. syslog_timestamp = false leaves it out.
func (d *Decoder) stamped(b []byte, from origin, emit func(*mail.Event)) mail.Verdict {
	h := &d.head
	var own syslog.Header
	if n := d.clock.Leading(b, &own); n > 0 {
		b, from = skipSpace(b[n:]), ours
		exact := h.Stamped && !h.Yearless && !h.Zoneless && (h.Precise || !own.Precise)
		if !exact {
			h.Time, h.Precise, h.Stamped, h.Yearless, h.Zoneless = own.Time, own.Precise, true, own.Yearless, own.Zoneless
		}
	} else if h.Yearless {
		d.yearOut = true
	}
	return d.text(b, from, emit)
}

// text reads what follows the time stamp: an optional "[pid] ", an optional
// message id, and the words.
func (d *Decoder) text(b []byte, from origin, emit func(*mail.Event)) mail.Verdict {
	h := &d.head
	if pid, rest, ok := cutPID(b); ok {
		b = rest
		if pid != 0 {
			h.PID = pid
		}
	}
	h.Body = b
	id, rest := messageID(b)
	made := nothing
	switch {
	case id != nil && (from == ours || isLife(rest)):
		made = d.message(id, rest, emit)
	case id == nil && from == ours:
		made = d.daemon(b)
	}
	switch made {
	case told:
		emit(&d.event)
		return mail.Understood
	case chained:
		return d.silent(mail.Understood, emit)
	default: // nothing of the chain
	}
	if h.Stamped || h.Process != nil || isNoise(b) {
		return d.silent(mail.Irrelevant, emit)
	}
	return d.silent(mail.NotUnderstood, emit)
}

// silent emits a line that has nothing to tell but its time.
func (d *Decoder) silent(v mail.Verdict, emit func(*mail.Event)) mail.Verdict {
	if h := &d.head; h.Stamped {
		e := &d.quiet
		e.Time, e.Precise = h.Time, h.Precise
		e.Host, e.Instance, e.Process, e.PID = h.Host, h.Instance, h.Process, h.PID
		emit(e)
	}
	return v
}

// begin clears the event and fills in the prefix.
func (d *Decoder) begin(kind mail.EventKind, id []byte) *mail.Event {
	e, h := &d.event, &d.head
	*e = mail.Event{} // in its place: an event is large
	e.Time, e.Precise = h.Time, h.Precise
	e.Host, e.Instance, e.Process, e.PID = h.Host, h.Instance, h.Process, h.PID
	e.Kind, e.QueueID = kind, id
	return e
}

// lacking says that the time of a sample line lacks something.
func lacking(sample [][]byte, lacks func(*syslog.Header) bool) bool {
	d := NewDecoder(parsers.Options{})
	for _, line := range sample {
		d.Decode(line, func(*mail.Event) {})
		if d.head.Stamped && lacks(&d.head) {
			return true
		}
	}
	return false
}
