// Package postmark reads the webhooks of Postmark, the pages of its Bounce API and
// the message details of its Messages API.
//
// The shapes are those of Postmark's documentation ("Delivery webhook", "Bounce
// webhook", "Bounce API", "Messages API") and of the webhook tests of
// django-anymail. Webhooks name neither the receiving host nor an IP; message
// details do, and they alone have the tries that were deferred.
package postmark

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/esp"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

var export = esp.Export{
	Name:  "postmark",
	Title: "Postmark (webhooks, Bounce API, message details)",
	Pages: []string{"Bounces"},
	Read:  read,
}

// Format is the log format of Postmark's events.
var Format = export.Format()

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *esp.Decoder { return export.NewDecoder(o) }

// fields are the parts of a record that count.
type fields struct {
	record, kind, message     []byte
	recipient, sender         []byte
	delivered, bounced, other []byte // times
	details, description      []byte
	isBounce, isMessage       bool
	steps                     []step
}

// step is one of the MessageEvents of a message.
type step struct{ kind, recipient, time, text, server, ip []byte }

func read(r *esp.Reading) mail.Verdict {
	var f fields
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "RecordType":
			f.record = r.Text()
		case "Type":
			f.kind = r.Text()
		case "MessageID":
			f.message = r.Text()
		case "Email", "Recipient":
			f.recipient = r.Text()
		case "From":
			f.sender = r.Text()
		case "DeliveredAt":
			f.delivered = r.Text()
		case "BouncedAt":
			f.bounced = r.Text()
		case "ReceivedAt", "ChangedAt":
			f.other = r.Text()
		case "Details":
			f.details = r.Text()
		case "Description":
			f.description = r.Text()
		case "TypeCode":
			f.isBounce = true
		case "MessageEvents":
			f.isMessage = true
			f.events(r)
		}
	}
	if !r.Done() {
		return mail.NotUnderstood
	}
	r.Sure = len(f.message) > 0 && (len(f.record) > 0 || f.isBounce || f.isMessage)
	switch string(f.record) {
	case "Delivery":
		return f.delivery(r)
	case "Bounce":
		return f.bounce(r)
	case "Open", "Click", "SpamComplaint", "SubscriptionChange", "Inbound", "SMTPApiError":
		return r.Quiet(r.Time(f.when()))
	case "":
		switch {
		case f.isMessage:
			return f.history(r)
		case f.isBounce && len(f.bounced) > 0:
			return f.bounce(r)
		}
	}
	return mail.NotUnderstood
}

// when returns the time of a record.
func (f *fields) when() []byte {
	for _, t := range [...][]byte{f.delivered, f.bounced, f.other} {
		if len(t) > 0 {
			return t
		}
	}
	return nil
}

// begin starts an attempt.
func (f *fields) begin(r *esp.Reading, t esp.Stamp) *mail.Event {
	e := r.Event()
	t.At(e)
	e.Kind, e.QueueID = mail.KindAttempt, f.message
	e.Recipient, e.Sender = esp.Address(f.recipient), esp.Address(f.sender)
	return e
}

func (f *fields) delivery(r *esp.Reading) mail.Verdict {
	t := r.Time(f.when())
	if r.Again(t) {
		return r.Quiet(t)
	}
	e := f.begin(r, t)
	e.Outcome, e.Reply, e.Text = mail.Delivered, esp.Spoken(f.details), f.details
	return r.Tell(e)
}

// bounce reads a bounce by its type ("Bounce types" of the Bounce API).
func (f *fields) bounce(r *esp.Reading) mail.Verdict {
	t := r.Time(f.when())
	outcome, local := mail.Bounced, false
	switch string(f.kind) {
	case "Unsubscribe", "Subscribe", "AutoResponder", "AddressChange", "ChallengeVerification", "SpamNotification", "SpamComplaint",
		"OpenRelayTest", "VirusNotification", "InboundError", "Unconfirmed":
		return r.Quiet(t) // a mail that came back from somebody who had got ours
	case "Transient", "DnsError":
		outcome = mail.Deferred
	case "ManuallyDeactivated", "SMTPApiError", "TemplateRenderingFailed":
		local = true // never sent
	}
	if r.Again(t) {
		return r.Quiet(t)
	}
	e := f.begin(r, t)
	e.Outcome, e.Local, e.Text = outcome, local, f.details
	if len(e.Text) == 0 {
		e.Text = f.description
	}
	if !local {
		e.Reply = esp.Spoken(f.details)
	}
	return r.Tell(e)
}

// events reads MessageEvents.
func (f *fields) events(r *esp.Reading) {
	for r.Array(); r.Next(); {
		var s step
		for r.Object(); r.Next(); {
			switch string(r.Key()) {
			case "Type":
				s.kind = r.Text()
			case "Recipient":
				s.recipient = r.Text()
			case "ReceivedAt":
				s.time = r.Text()
			case "Details":
				s.details(r)
			}
		}
		f.steps = append(f.steps, s)
	}
}

func (s *step) details(r *esp.Reading) {
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "DeliveryMessage", "Summary":
			s.text = r.Text()
		case "DestinationServer":
			s.server = r.Text()
		case "DestinationIP":
			s.ip = r.Text()
		}
	}
}

// history reads the events of one message.
func (f *fields) history(r *esp.Reading) mail.Verdict {
	verdict := mail.Irrelevant
	if len(f.steps) == 0 || r.Again(r.Time(f.steps[0].time)) {
		return verdict
	}
	for i := range f.steps {
		s := &f.steps[i]
		t := r.Time(s.time)
		var outcome mail.Outcome
		switch string(s.kind) {
		case "Delivered":
			outcome = mail.Delivered
		case "Transient":
			outcome = mail.Deferred
		case "Bounced":
			outcome = mail.Bounced
		default:
			r.Quiet(t)
			continue
		}
		e := f.begin(r, t)
		e.Recipient, e.Outcome = esp.Address(s.recipient), outcome
		e.Reply, e.Text, e.MXIP = esp.Spoken(s.text), s.text, s.ip
		name, _, _ := bytes.Cut(s.server, []byte(" (")) // "mx.example.com (192.0.2.1)"
		if host, ip := esp.Host(name); !ip {
			e.MX = host
		}
		verdict = r.Tell(e)
	}
	return verdict
}
