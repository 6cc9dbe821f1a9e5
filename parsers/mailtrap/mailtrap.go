// Package mailtrap reads the webhooks of Mailtrap's Email Sending.
//
// The shapes are those of Mailtrap's documentation ("Webhooks") and of the webhook
// tests of django-anymail. The receiver's reply stands in response, "bounced (550
// ...)", its code also in response_code.
package mailtrap

import (
	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/esp"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

var export = esp.Export{Name: "mailtrap", Title: "Mailtrap (webhooks)", Pages: []string{"events"}, Read: read}

// Format is the log format of Mailtrap's webhooks.
var Format = export.Format()

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *esp.Decoder { return export.NewDecoder(o) }

// fields are the parts of an event that count.
type fields struct {
	event, time, id, message, email  []byte
	response, code, category, reason []byte
	stream                           bool
}

func read(r *esp.Reading) mail.Verdict {
	var f fields
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "event":
			f.event = r.Text()
		case "timestamp":
			f.time = r.Text()
		case "event_id":
			f.id = r.Text()
		case "message_id":
			f.message = r.Text()
		case "email":
			f.email = r.Text()
		case "response":
			f.response = r.Text()
		case "response_code":
			f.code = r.Text()
		case "bounce_category":
			f.category = r.Text()
		case "reason":
			f.reason = r.Text()
		case "sending_stream":
			f.stream = true
		}
	}
	if !r.Done() || len(f.id) == 0 || len(f.message) == 0 {
		return mail.NotUnderstood
	}
	return f.tell(r)
}

// tell says what an event means.
func (f *fields) tell(r *esp.Reading) mail.Verdict {
	r.Sure = f.stream && len(f.email) > 0
	t := r.Time(f.time)
	e := r.Event()
	e.Kind = mail.KindAttempt
	switch string(f.event) {
	case "delivery":
		e.Outcome = mail.Delivered
	case "bounce", "soft bounce", "soft_bounce":
		// The code says whether it is for now or for good.
		e.Outcome = mail.Bounced
		if c := esp.Code(f.code); c/100 == 4 || c == 0 && f.event[0] == 's' {
			e.Outcome = mail.Deferred
		}
	case "suspension", "reject": // Mailtrap did not try
	case "open", "click", "spam", "unsubscribe":
		return r.Quiet(t)
	default:
		return mail.NotUnderstood
	}
	if r.Again(t) {
		return r.Quiet(t)
	}
	t.At(e)
	e.QueueID, e.Recipient = f.message, esp.Address(f.email)
	for _, text := range [...][]byte{f.response, f.reason, f.category} {
		if len(e.Text) == 0 {
			e.Text = text
		}
	}
	if e.Outcome == mail.OutcomeUnknown {
		return r.Refuse(e, e.Text, f.event)
	}
	if said := esp.Quoted(f.response); len(said) > 0 && (len(f.code) > 0 || esp.Spoken(said) != nil) {
		e.Reply = r.Join(f.code, said)
	}
	return r.Tell(e)
}
