// Package postal reads the webhooks of Postal.
//
// The shapes are those of postalserver/postal (app/senders/smtp_sender.rb,
// app/lib/message_dequeuer, docs "Webhooks") and of the webhook tests of
// django-anymail. Postal is software that people run themselves, so its events are
// not those of an ESP. The receiving host and the sending IP stand inside the
// sentence of details, the receiver's reply in output.
package postal

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/esp"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

var export = esp.Export{Name: "postal", Title: "Postal (webhooks)", Own: true, Read: read}

// Format is the log format of Postal's webhooks.
var Format = export.Format()

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *esp.Decoder { return export.NewDecoder(o) }

// fields are the parts of a webhook that count.
type fields struct {
	event, time             []byte
	status, details, output []byte
	seconds, tried          []byte // how long, and when
	message                 message
	payload, bounce         bool
}

// message is what a webhook says about the message.
type message struct{ id, direction, messageID, to, from []byte }

func read(r *esp.Reading) mail.Verdict {
	var f fields
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "event":
			f.event = r.Text()
		case "timestamp":
			f.time = r.Text()
		case "payload":
			f.payload = r.Kind() == '{'
			f.body(r)
		}
	}
	if !r.Done() || !f.payload {
		return mail.NotUnderstood
	}
	return f.tell(r)
}

func (f *fields) body(r *esp.Reading) {
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "status":
			f.status = r.Text()
		case "details":
			f.details = r.Text()
		case "output":
			f.output = r.Text()
		case "time":
			f.seconds = r.Text()
		case "timestamp":
			f.tried = r.Text()
		case "message", "original_message":
			f.message.read(r)
		case "bounce": // the mail that came back
			f.bounce = true
		}
	}
}

func (m *message) read(r *esp.Reading) {
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "id":
			m.id = r.Text()
		case "direction":
			m.direction = r.Text()
		case "message_id":
			m.messageID = r.Text()
		case "to":
			m.to = r.Text()
		case "from":
			m.from = r.Text()
		}
	}
}

// tell says what a webhook means.
func (f *fields) tell(r *esp.Reading) mail.Verdict {
	when := f.tried
	if len(when) == 0 {
		when = f.time
	}
	t := r.Time(when)
	var outcome mail.Outcome
	switch string(f.event) {
	case "MessageSent":
		outcome = mail.Delivered
	case "MessageDelayed":
		outcome = mail.Deferred
	case "MessageDeliveryFailed", "MessageBounced":
		outcome = mail.Bounced
	case "MessageHeld":
	case "MessageLoaded", "MessageLinkClicked", "DomainDNSError", "SendLimitApproaching", "SendLimitExceeded", "TestEvent":
		r.Sure = true
		return r.Quiet(t)
	default:
		return mail.NotUnderstood
	}
	r.Sure = true
	if r.Again(t) {
		return r.Quiet(t)
	}
	e := r.Event()
	t.At(e)
	e.QueueID, e.MessageID = f.message.id, f.message.messageID
	e.Recipient, e.Sender = esp.Address(f.message.to), esp.Address(f.message.from)
	e.Kind, e.Outcome, e.Text = mail.KindAttempt, outcome, f.details
	// An incoming message goes to a route on this host, a bounce had been taken.
	e.Local = string(f.message.direction) == "incoming" || f.bounce
	if d := esp.Micros(f.seconds); d > 0 {
		e.Delays[3], e.HasDelays = d, true
	}
	if outcome == mail.OutcomeUnknown { // suppression list, send limit, development mode
		return r.Refuse(e, f.details, f.event)
	}
	f.hosts(e)
	f.outcome(r, e)
	return r.Tell(e)
}

func (f *fields) outcome(r *esp.Reading, e *mail.Event) {
	switch {
	case bytes.HasPrefix(f.details, []byte("Maximum number of delivery attempts")):
		e.Kind, e.Outcome = mail.KindExpiry, mail.Expired
	case bytes.HasPrefix(f.details, []byte("No SMTP servers were available")):
		// No host took the connection; output has why: a refused greeting, or an
		// error of the network.
		e.Text = r.Words(f.details, bytes.TrimSpace(f.output))
		e.Reply = esp.Spoken(f.output)
		if e.Reply != nil {
			e.Stage = mail.StageBanner
		} else {
			e.Stage = mail.StageConnect
		}
	default:
		if e.Reply = esp.Spoken(f.output); e.Reply == nil && len(f.output) > 0 {
			e.Text = r.Words(f.details, bytes.TrimSpace(f.output))
		}
	}
}

// hosts reads the receiver and the sending IP out of details:
//
//	Message for a@example.net accepted by 192.0.2.1:25 (mx.example.net) (from 198.51.100.1)
//	Temporary SMTP delivery error when sending to 192.0.2.1:25 (mx.example.net)
//	Message sent by SMTP to mx.example.net (192.0.2.1) (from 198.51.100.1)       before version 3
func (f *fields) hosts(e *mail.Event) {
	text := f.details
	if i := bytes.LastIndex(text, []byte(" (from ")); i > 0 {
		ip := text[i+len(" (from "):]
		if j := bytes.IndexByte(ip, ')'); j > 0 && esp.IsIP(ip[:j]) {
			e.SendingIP = ip[:j]
		}
		text = text[:i]
	}
	for _, before := range [...]string{" accepted by ", " sending to ", " sent by SMTP to ", " the message to "} {
		i := bytes.Index(text, []byte(before))
		if i < 0 {
			continue
		}
		first, rest, ok := bytes.Cut(text[i+len(before):], []byte(" ("))
		if !ok {
			return
		}
		second, _, ok := bytes.Cut(rest, []byte(")"))
		if !ok || bytes.IndexByte(first, ' ') >= 0 {
			return
		}
		host(e, first, true)
		host(e, second, false)
		return
	}
}

// host stores a name or an address. An address may have a port after it; of an
// IPv6 address only the place tells (Endpoint#description puts it first, with port).
func host(e *mail.Event, b []byte, first bool) {
	name, ip := esp.Host(b)
	if i := bytes.LastIndexByte(name, ':'); i > 0 && (first || !ip) {
		if name = name[:i]; !ip || esp.IsIP(name) {
			ip = esp.IsIP(name)
		}
	}
	if ip {
		e.MXIP = name
	} else {
		e.MX = name
	}
}
