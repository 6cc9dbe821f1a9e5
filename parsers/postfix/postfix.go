// Package postfix reads the log of Postfix, any version, in any of the wrappers
// that package syslog knows, or without one.
//
// The grammar is that of log_adhoc.c and of the texts in src/smtp, src/qmgr,
// src/smtpd, src/postscreen, src/cleanup and src/bounce. One line is one event;
// what ties the lines of a message together (queue id, host, instance) is left
// to package join.
package postfix

import (
	"bytes"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Format is the log format of Postfix.
var Format = parsers.Format{
	Name:     "postfix",
	Title:    "Postfix (syslog, postlogd, journalctl; with or without the syslog prefix)",
	Score:    score,
	New:      func(o parsers.Options) parsers.Decoder { return NewDecoder(o) },
	Yearless: syslog.Yearless,
	Zoneless: syslog.Zoneless,
}

// Decoder reads the lines of one file. It implements parsers.HeaderDecoder
// and syslog.Rewinder. It allocates nothing per line; the events it emits are valid
// until emit returns.
type Decoder struct {
	clock *syslog.Clock
	head  syslog.Header
	agent agent
	event mail.Event  // of a line that tells something
	entry mail.Event  // of one that tells no more of a queue entry than Decoder.about sets
	quiet mail.Event  // of a line that tells its time only
	told  *mail.Event // the one that was filled in last

	instance, instanceIP []byte // the last instance name and the address in it
}

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *Decoder {
	return &Decoder{clock: syslog.NewClock(o.Year, o.Location)}
}

// Close implements parsers.Decoder. No line waits for another one.
func (d *Decoder) Close(func(*mail.Event)) {}

// Overran implements syslog.Rewinder.
func (d *Decoder) Overran(anchor time.Time) bool { return d.clock.Overran(anchor) }

// Decode implements parsers.Decoder.
//
// Understood is a line of the chain that leads a message through Postfix, even
// where it gives no event (a cut line, a message put on hold). Irrelevant is any
// other line with a prefix, a comment, an empty line. NotUnderstood is the rest.
func (d *Decoder) Decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	prefixed := syslog.Parse(line, d.clock, &d.head)
	return d.decode(prefixed, emit)
}

// DecodeHeader implements parsers.HeaderDecoder.
func (d *Decoder) DecodeHeader(h *syslog.Header, emit func(*mail.Event)) mail.Verdict {
	d.head = *h
	return d.decode(true, emit)
}

// decode reads the message in d.head.
func (d *Decoder) decode(prefixed bool, emit func(*mail.Event)) mail.Verdict {
	h := &d.head
	body := h.Body
	if n := len(body); n > 0 && body[n-1] == ' ' {
		body = bytes.TrimRight(body, " ")
	}
	if inner, _, ok := syslog.Repeated(body); ok {
		body = inner // one delivery at most, see Repeated
		if body == nil {
			return d.silent(mail.Irrelevant, emit)
		}
	}
	d.agent = unknownAgent
	if prefixed {
		d.agent = agentOf(h.Instance, h.Process)
	}
	if d.agent != bystander {
		switch d.message(body) {
		case told:
			emit(d.told)
			return mail.Understood
		case chained:
			return d.silent(mail.Understood, emit)
		default: // nothing of the chain
		}
	} else if d.neighbour(body) == told {
		emit(d.told)
		return mail.Understood
	}
	// A prefix without a tag is one of syslogd's own remarks, or no syslog at all.
	if h.Process != nil || h.Yearless || isNoise(body) {
		return d.silent(mail.Irrelevant, emit)
	}
	return d.silent(mail.NotUnderstood, emit)
}

// silent emits a line that has nothing to tell but its time.
func (d *Decoder) silent(v mail.Verdict, emit func(*mail.Event)) mail.Verdict {
	if d.head.Stamped {
		d.prefix(&d.quiet)
		emit(&d.quiet)
	}
	return v
}

// begin clears the event and fills in the prefix.
func (d *Decoder) begin() *mail.Event {
	e := &d.event
	*e = mail.Event{}
	d.prefix(e)
	return e
}

// about begins an event of one of the lines that every message has. To clear the few
// fields that they fill in costs a fraction of clearing all.
func (d *Decoder) about(kind mail.EventKind, id []byte) *mail.Event {
	e := &d.entry
	d.prefix(e)
	e.Kind, e.QueueID = kind, id
	e.MessageID, e.Sender, e.NullSender, e.Recipients, e.Size = nil, nil, false, 0, 0
	return e
}

func (d *Decoder) prefix(e *mail.Event) {
	h := &d.head
	e.Time, e.Precise = h.Time, h.Precise
	e.Host, e.Instance, e.Process, e.PID = h.Host, h.Instance, h.Process, h.PID
	d.told = e
}

// score counts the lines that only Postfix writes: those with its tag, and those
// without a tag that give an event.
func score(sample [][]byte) (n int) {
	d := NewDecoder(parsers.Options{})
	for _, line := range sample {
		var events int
		v := d.Decode(line, func(e *mail.Event) {
			if e.Kind != mail.KindNone {
				events++
			}
		})
		if events > 0 || v == mail.Understood || has(d.head.Instance, "postfix") {
			n++
		}
	}
	return n
}
