// Package resend reads the webhooks of Resend.
//
// The shapes are those of Resend's documentation ("Event Types") and of the webhook
// tests of django-anymail. One event may be of several recipients. Resend seldom
// gives the receiver's words: where it does, they are in data.bounce.diagnosticCode.
package resend

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/esp"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

var export = esp.Export{Name: "resend", Title: "Resend (webhooks)", Read: read}

// Format is the log format of Resend's webhooks.
var Format = export.Format()

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *esp.Decoder { return export.NewDecoder(o) }

// fields are the parts of an event that count.
type fields struct {
	kind, time, id, from       []byte
	messageID                  []byte
	to                         [][]byte
	text, subType, diagnostics []byte
}

func read(r *esp.Reading) mail.Verdict {
	var f fields
	data := false
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "type":
			f.kind = r.Text()
		case "created_at":
			f.time = r.Text()
		case "data":
			data = r.Kind() == '{'
			f.data(r)
		}
	}
	if !r.Done() || !data || !bytes.HasPrefix(f.kind, []byte("email.")) {
		return mail.NotUnderstood
	}
	return f.tell(r)
}

func (f *fields) data(r *esp.Reading) {
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "email_id":
			f.id = r.Text()
		case "message_id":
			f.messageID = r.Text()
		case "from":
			f.from = r.Text()
		case "to":
			if r.Kind() == '"' {
				f.to = append(f.to, r.Text())
				continue
			}
			for r.Array(); r.Next(); {
				f.to = append(f.to, r.Text())
			}
		case "bounce", "failed", "suppressed":
			for r.Object(); r.Next(); {
				switch string(r.Key()) {
				case "message", "reason":
					f.text = r.Text()
				case "subType":
					f.subType = r.Text()
				case "diagnosticCode":
					f.diagnostics = r.First()
				}
			}
		}
	}
}

// tell says what an event means.
func (f *fields) tell(r *esp.Reading) mail.Verdict {
	r.Sure = len(f.id) > 0
	t := r.Time(f.time)
	outcome, local := mail.OutcomeUnknown, false
	switch string(f.kind) {
	case "email.delivered":
		outcome = mail.Delivered
	case "email.delivery_delayed":
		outcome = mail.Deferred
	case "email.bounced":
		outcome = mail.Bounced
		local = bytes.Contains(f.subType, []byte("Suppress")) || bytes.HasPrefix(f.text, []byte("Resend has suppressed"))
	case "email.suppressed":
		outcome, local = mail.Bounced, true
	case "email.failed": // a quota, a domain that is not set up
	case "email.sent", "email.scheduled":
		return r.Passed(t)
	case "email.opened", "email.clicked", "email.complained", "email.received":
		return r.Quiet(t)
	default:
		return mail.NotUnderstood
	}
	if len(f.to) == 0 {
		f.to = append(f.to, nil) // nobody is named
	}
	if r.Again(t) {
		return r.Quiet(t)
	}
	for _, to := range f.to {
		e := r.Event()
		t.At(e)
		e.Kind, e.Outcome, e.Local = mail.KindAttempt, outcome, local
		e.QueueID, e.MessageID, e.Sender = f.id, f.messageID, esp.Address(f.from)
		e.Recipient, e.Text = esp.Address(to), f.text
		if len(f.diagnostics) > 0 {
			e.Text = f.diagnostics
		}
		if outcome == mail.OutcomeUnknown {
			r.Refuse(e, e.Text, f.kind)
			continue
		}
		if !local {
			e.Reply = esp.Spoken(f.diagnostics)
		}
		r.Tell(e)
	}
	return mail.Understood
}
