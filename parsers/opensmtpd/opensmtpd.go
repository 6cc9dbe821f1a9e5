// Package opensmtpd reads the log of OpenSMTPD, any version since 5.3, behind a
// syslog prefix or without one. There are three generations of lines:
//
//	SESSION mta delivery evpid=EVPID from=<s> to=<r> rcpt=<-> source="ip" relay="ip (name)" delay=1s result="Ok" stat="250 ..."     6.4 and later
//	SESSION mta event=delivery evpid=EVPID ...                                                                                  6.0 to 6.3
//	relay: Ok for EVPID: session=SESSION, from=<s>, to=<r>, rcpt=<->, source=ip, relay=ip (name), delay=1s, stat=250 ...         5.x
//
// (mta.c mta_log; queue.c queue_log, which still has the third form). A refusal at
// the greeting is not on these lines: no message is taken before the session is
// ready. It is told by the session, which named its host some lines earlier
// (mta_session.c mta_connect, mta_error):
//
//	SESSION mta connecting address=smtp://203.0.113.2:25 host=mx.example.net
//	SESSION mta connected
//	SESSION mta error reason=BANNER rejected: 421 Too many connections
//
// So the decoder remembers the sessions, a bounded number of them. One process
// holds all sessions; mail.Event.PID stands for the session.
package opensmtpd

import (
	"bytes"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/parsers/recent"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Format is the log format of OpenSMTPD.
var Format = parsers.Format{
	Name:     "opensmtpd",
	Title:    "OpenSMTPD (syslog, journalctl)",
	Score:    score,
	New:      func(o parsers.Options) parsers.Decoder { return NewDecoder(o) },
	Yearless: syslog.Yearless,
	Zoneless: syslog.Zoneless,
}

// Decoder reads the lines of one file. It implements parsers.Decoder and
// syslog.Rewinder.
type Decoder struct {
	clock    *syslog.Clock
	head     syslog.Header
	event    mail.Event
	sessions *recent.Table[session]
}

// session is what the lines of one outgoing connection have told so far.
type session struct {
	host, ip  []byte
	connected bool
	used      bool    // it started TLS or delivered: the greeting is over
	message   [8]byte // last message it delivered
	messages  uint32
}

// maxSessions bounds how many sessions are remembered. OpenSMTPD has 100 at most
// for one domain (limit mta, smtpd.conf(5)).
const maxSessions = 1 << 14

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *Decoder {
	return &Decoder{clock: syslog.NewClock(o.Year, o.Location), sessions: recent.New[session](maxSessions, nil)}
}

// Close implements parsers.Decoder. No line waits for another one.
func (d *Decoder) Close(func(*mail.Event)) {}

// Overran implements syslog.Rewinder.
func (d *Decoder) Overran(anchor time.Time) bool { return d.clock.Overran(anchor) }

// found is what was made of a message.
type found uint8

const (
	foreign found = iota // not OpenSMTPD's
	aside                // OpenSMTPD's, but no part of the way of a message
	chained              // a part of it, but no event
	told                 // events were emitted
)

// Decode implements parsers.Decoder. Understood is a line about an envelope or an
// outgoing session; Irrelevant any other line of a system log.
func (d *Decoder) Decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	syslog.Parse(line, d.clock, &d.head)
	return d.verdict(d.read(emit), emit)
}

// DecodeHeader implements parsers.HeaderDecoder.
func (d *Decoder) DecodeHeader(h *syslog.Header, emit func(*mail.Event)) mail.Verdict {
	d.head = *h
	return d.verdict(d.read(emit), emit)
}

func (d *Decoder) verdict(f found, emit func(*mail.Event)) mail.Verdict {
	if f == told {
		return mail.Understood
	}
	d.silent(emit)
	h := &d.head
	switch {
	case f == chained:
		return mail.Understood
	case f == aside, h.Process != nil, h.Yearless, len(h.Body) == 0, h.Body[0] == '#':
		return mail.Irrelevant
	}
	return mail.NotUnderstood // a time stamp without a program is no system log
}

// read reads the message in d.head.
func (d *Decoder) read(emit func(*mail.Event)) found {
	body := d.head.Body
	if inner, _, ok := syslog.Repeated(body); ok {
		body = inner // one delivery at most, see Repeated
	}
	if bytes.HasPrefix(d.head.Instance, []byte("postfix")) {
		return foreign
	}
	return d.message(body, emit)
}

// message reads the text after the prefix.
func (d *Decoder) message(b []byte, emit func(*mail.Event)) found {
	if id, rest := hexID(b); id != nil && len(rest) > 1 && rest[0] == ' ' {
		return d.session(id, rest[1:], emit)
	}
	i := bytes.IndexByte(b, ':')
	if i < 0 {
		return foreign
	}
	switch string(b[:i]) {
	case "relay", "delivery":
		return d.old(b[:i], b[i+1:], emit)
	case "smtp-out":
		return d.smtpOut(bytes.TrimLeft(b[i+1:], " "), emit)
	case "smtp-in":
		return aside
	case "warn", "warning":
		return d.ownSide(b, emit)
	}
	return foreign
}

// session reads what follows a session id: "mta delivery ..." and its kin, in 6.0 to
// 6.3 "mta event=delivery ...".
func (d *Decoder) session(id, b []byte, emit func(*mail.Event)) found {
	agent, rest := word(b)
	what, rest := word(rest)
	what = bytes.TrimPrefix(what, []byte("event="))
	switch string(agent) {
	case "mta":
		switch string(what) {
		case "delivery":
			return d.delivery(id, rest, false, emit)
		case "connecting":
			d.connecting(id, field(rest, "address="), field(rest, "host="))
			return chained
		case "connected":
			d.sessions.Put(id).connected = true
			return chained
		case "error":
			return d.broken(id, unquote(textAfter(rest, "reason=")), emit)
		case "tls", "starttls", "cert-check", "server-cert-check":
			if s := d.sessions.Get(id); s != nil {
				s.used = true
			}
			return aside
		case "disconnected", "closed", "closing":
			d.sessions.Delete(id)
			return aside
		}
		return aside
	case "mda":
		if string(what) == "delivery" {
			return d.delivery(id, rest, true, emit)
		}
		return aside
	case "smtp":
		if string(what) == "envelope" {
			return d.envelope(rest, emit)
		}
		return aside
	}
	return foreign
}

// envelope reads "evpid=E from=<s> to=<r>": an envelope is put into the queue.
func (d *Decoder) envelope(b []byte, emit func(*mail.Event)) found {
	id, _ := hexID(textAfter(b, "evpid="))
	if id == nil {
		return aside
	}
	ev := d.begin()
	ev.Kind, ev.QueueID = mail.KindArrival, id
	f := readFields(b)
	ev.Sender, ev.NullSender = f.from, f.hasFrom && len(f.from) == 0
	emit(ev)
	return told
}

// ownSide reads "warn: Disabling incoming SMTP connections: Client limit reached"
// (smtp.c, smtpd.c).
func (d *Decoder) ownSide(b []byte, emit func(*mail.Event)) found {
	if !bytes.Contains(b, []byte("isabling incoming")) || !peer.TooMany(b) {
		return foreign
	}
	ev := d.begin()
	ev.Kind, ev.Text, ev.Reply = mail.KindOwnSide, b, b
	emit(ev)
	return told
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

// score counts the lines that only OpenSMTPD writes.
func score(sample [][]byte) (n int) {
	d := NewDecoder(parsers.Options{})
	for _, line := range sample {
		syslog.Parse(line, d.clock, &d.head)
		if d.read(func(*mail.Event) {}) != foreign {
			n++
		}
	}
	return n
}
