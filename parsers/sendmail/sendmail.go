// Package sendmail reads the log of sendmail 8, any version, behind a syslog
// prefix or without one.
//
// The grammar is that of logdelivery() and giveresponse() in deliver.c, logsender()
// in envelope.c, errstring.c and returntosender() in savemail.c. What
// decides over the numbers:
//
//   - A line has a list of recipients; each is an attempt.
//   - A line is written for each MX that was tried, under one queue id. Nothing on it
//     tells whether another MX follows, and each is a try on the wire that one
//     receiver turned away, so that each is an attempt of its own.
//   - The text has only the first line of a reply, cut at about 200 bytes, and dsn= is
//     often 4.0.0 whatever the reply says: the codes are in the text.
//   - A relay= without an address was not connected to: deliver.c finds the host's
//     failure of a moment ago in its cache, mci_get() clears the address. Such a
//     deferral is a suspension.
//   - What goes to a loopback address is the submission queue's hand-over to the
//     daemon (relay=[127.0.0.1]), and trouble there is our own.
package sendmail

import (
	"bytes"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Format is the log format of sendmail.
var Format = parsers.Format{
	Name:     "sendmail",
	Title:    "sendmail 8 (syslog, journalctl)",
	Score:    score,
	New:      func(o parsers.Options) parsers.Decoder { return NewDecoder(o) },
	Yearless: syslog.Yearless,
	Zoneless: syslog.Zoneless,
}

// Decoder reads the lines of one file. It implements parsers.Decoder and
// syslog.Rewinder. It allocates nothing per line.
type Decoder struct {
	clock *syslog.Clock
	head  syslog.Header
	event mail.Event
}

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *Decoder {
	return &Decoder{clock: syslog.NewClock(o.Year, o.Location)}
}

// Close implements parsers.Decoder. No line waits for another one.
func (d *Decoder) Close(func(*mail.Event)) {}

// Overran implements syslog.Rewinder.
func (d *Decoder) Overran(anchor time.Time) bool { return d.clock.Overran(anchor) }

// found is what was made of a message.
type found uint8

const (
	nothing found = iota // no part of the way of a message
	chained              // a part of it, but no event
	told                 // events were emitted
)

// Decode implements parsers.Decoder. Understood is a line about a queue entry that
// has to do with its way, and a refusal by our own daemon for too many connections;
// Irrelevant any other line of a system log.
func (d *Decoder) Decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	syslog.Parse(line, d.clock, &d.head)
	return d.decode(emit)
}

// DecodeHeader implements parsers.HeaderDecoder.
func (d *Decoder) DecodeHeader(h *syslog.Header, emit func(*mail.Event)) mail.Verdict {
	d.head = *h
	return d.decode(emit)
}

// decode reads the message in d.head.
func (d *Decoder) decode(emit func(*mail.Event)) mail.Verdict {
	h := &d.head
	body := bytes.TrimRight(h.Body, " ")
	if inner, _, ok := syslog.Repeated(body); ok {
		body = inner // one delivery at most, see Repeated
	}
	f := nothing
	if !bytes.HasPrefix(h.Instance, []byte("postfix")) {
		f = d.message(body, emit)
	}
	if f == told {
		return mail.Understood
	}
	d.silent(emit)
	switch {
	case f == chained:
		return mail.Understood
	case h.Process != nil, h.Yearless, len(body) == 0, body[0] == '#':
		return mail.Irrelevant
	}
	return mail.NotUnderstood // a time stamp without a program is no system log
}

// message reads the text after the prefix.
func (d *Decoder) message(b []byte, emit func(*mail.Event)) found {
	id, rest := queueID(b)
	if id == nil {
		return d.ownSide(b, emit)
	}
	switch {
	case has(rest, "to="):
		return d.delivery(id, rest[len("to="):], emit)
	case has(rest, "from="):
		return d.arrival(id, rest[len("from="):], emit)
	case has(rest, "done; delay="):
		ev := d.begin()
		ev.Kind, ev.QueueID = mail.KindRemoved, id
		emit(ev)
		return told
	case has(rest, "ruleset="):
		return d.ownSide(rest, emit)
	}
	if child, text := queueID(rest); child != nil {
		return d.notice(id, child, text, emit)
	}
	return nothing
}

// silent emits a line that has nothing to tell but its time.
func (d *Decoder) silent(emit func(*mail.Event)) {
	if d.head.Time != 0 {
		emit(d.begin())
	}
}

// begin clears the event and fills in the prefix.
func (d *Decoder) begin() *mail.Event {
	d.event = d.head.Event()
	return &d.event
}

// score counts the lines that only sendmail writes.
func score(sample [][]byte) (n int) {
	d := NewDecoder(parsers.Options{})
	for _, line := range sample {
		events := 0
		d.Decode(line, func(e *mail.Event) {
			if e.Kind != mail.KindNone {
				events++
			}
		})
		if events > 0 || isDaemon(d.head.Process) && d.head.Instance == nil {
			n++
		}
	}
	return n
}

// isDaemon knows the names that sendmail logs under: its own, and those that
// distributions give to its daemon and its submission queue with -L.
func isDaemon(process []byte) bool {
	switch string(process) {
	case "sendmail", "sm-mta", "sm-msp", "sm-msp-queue", "sm-que", "sm-client", "sendmail-client", "sm-acceptingconnections":
		return true
	}
	return false
}

// queueID cuts "ID: " from the front of a message: letters and digits, 14 of them or
// more since 8.12 (queue.c assign_queueid), 7 or more before. id is nil if there is
// none.
func queueID(b []byte) (id, rest []byte) {
	n, ok := idLength(b)
	if !ok || n+1 >= len(b) || b[n] != ':' || b[n+1] != ' ' {
		return nil, b
	}
	return b[:n], b[n+2:]
}

// idLength returns how many letters and digits b begins with, and whether they may
// be a queue id.
func idLength(b []byte) (n int, ok bool) {
	digits := 0
	for n < len(b) && (b[n]-'0' <= 9 || b[n]|0x20-'a' < 26) {
		if b[n]-'0' <= 9 {
			digits++
		}
		n++
	}
	return n, n >= 7 && n <= 24 && digits > 0
}

// has says that b begins with prefix.
func has(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}
