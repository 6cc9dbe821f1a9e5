// Package brevo reads the transactional webhooks of Brevo (Sendinblue) and the pages
// of its event report.
//
// The shapes are those of Brevo's documentation ("Transactional webhooks", GET
// /smtp/statistics/events) and of the webhook tests of django-anymail. A reply stands
// inside reason, behind words like "RecipientError:".
package brevo

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/esp"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

var export = esp.Export{
	Name:  "brevo",
	Title: "Brevo / Sendinblue (transactional webhooks, event report)",
	Pages: []string{"events"},
	Read:  read,
}

// Format is the log format of Brevo's events.
var Format = export.Format()

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *esp.Decoder { return export.NewDecoder(o) }

// fields are the parts of an event that count.
type fields struct {
	event, email, message, from []byte
	epoch, at, ts, date         []byte
	reason, ip                  []byte
	marks                       int
}

func read(r *esp.Reading) mail.Verdict {
	var f fields
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "event":
			f.event = r.Text()
		case "email":
			f.email = r.Text()
		case "message-id":
			f.message = r.Text()
			f.marks++
		case "messageId": // event report
			f.message = r.Text()
		case "from":
			f.from = r.Text()
		case "ts_epoch":
			f.epoch = r.Text()
			f.marks++
		case "ts_event":
			f.at = r.Text()
		case "ts":
			f.ts = r.Text()
		case "date":
			f.date = r.Text()
		case "reason":
			f.reason = r.Text()
		case "sending_ip":
			f.ip = r.Text()
		}
	}
	if !r.Done() {
		return mail.NotUnderstood
	}
	return f.tell(r)
}

// when returns the best time. ts_epoch and ts_event are UTC, date is the time of day
// of the account.
func (f *fields) when() []byte {
	for _, t := range [...][]byte{f.epoch, f.at, f.ts, f.date} {
		if len(t) > 0 {
			return t
		}
	}
	return nil
}

// tell says what an event means.
func (f *fields) tell(r *esp.Reading) mail.Verdict {
	if len(f.message) == 0 && f.marks == 0 {
		return mail.NotUnderstood
	}
	// "messageId" in place of "message-id" is too common a name.
	r.Sure = f.marks > 0 && len(f.email) > 0
	t := r.Time(f.when())
	e := r.Event()
	switch string(f.event) {
	case "delivered":
		e.Kind, e.Outcome = mail.KindAttempt, mail.Delivered
	case "deferred":
		e.Kind, e.Outcome = mail.KindAttempt, mail.Deferred
	case "hard_bounce", "soft_bounce", "hardBounces", "softBounces", "bounces":
		e.Kind, e.Outcome = mail.KindAttempt, mail.Bounced
	case "invalid_email", "invalid": // Brevo did not try
		e.Kind, e.Outcome, e.Local = mail.KindAttempt, mail.Bounced, true
	case "blocked", "error": // its own lists, or its own trouble
	case "request", "requests", "sent":
		return r.Passed(t)
	case "opened", "unique_opened", "proxy_open", "unique_proxy_open", "loadedByProxy", "click", "clicks", "spam", "complaint", "unsubscribe", "unsubscribed",
		"list_addition", "contact_updated", "contact_deleted", "inbound_email_processed":
		return r.Quiet(t)
	default:
		return mail.NotUnderstood
	}
	if r.Again(t) {
		return r.Quiet(t)
	}
	t.At(e)
	e.QueueID, e.MessageID, e.SendingIP = esp.Address(f.message), f.message, f.ip
	e.Recipient, e.Sender, e.Text = esp.Address(f.email), esp.Address(f.from), f.reason
	if e.Kind == mail.KindNone {
		return r.Refuse(e, f.reason, f.event)
	}
	if !e.Local {
		e.Reply = reply(f.reason)
	}
	return r.Tell(e)
}

// reply returns what the receiver said:
//
//	RecipientError: 550 5.5.0 Requested action not taken
//	550 RecipientError: 550 5.1.1 <a@example.net>: User unknown
//	undefined Unable to find MX of domain example.net          nobody
func reply(reason []byte) []byte {
	if i := bytes.Index(reason, []byte("Error: ")); i >= 0 && i < 40 {
		if said := esp.Spoken(reason[i+len("Error: "):]); said != nil {
			return said
		}
	}
	return esp.Spoken(reason)
}
