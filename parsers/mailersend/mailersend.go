// Package mailersend reads the webhooks of MailerSend and the pages of its Activity
// API.
//
// The shapes are those of MailerSend's documentation ("Webhooks", "Activity API") and
// of the webhook tests of django-anymail. The reason of a failure is
// data.morph.reason; it is the receiver's reply only where it begins with a code.
package mailersend

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/esp"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

var export = esp.Export{
	Name:  "mailersend",
	Title: "MailerSend (webhooks, Activity API)",
	Pages: []string{"data"},
	Read:  read,
}

// Format is the log format of MailerSend's events.
var Format = export.Format()

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *esp.Decoder { return export.NewDecoder(o) }

// fields are the parts of an activity that count.
type fields struct {
	kind, time, outerTime    []byte
	message, email, from, to []byte
	reason, readable         []byte
	isActivity, isEmail      bool
}

func read(r *esp.Reading) mail.Verdict {
	var f fields
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "data": // of a webhook
			for r.Object(); r.Next(); {
				f.activity(r)
			}
		case "type":
			f.kind = r.Text()
		case "created_at":
			f.outerTime = r.Text()
		default:
			f.activity(r)
		}
	}
	if !r.Done() || !f.isEmail {
		return mail.NotUnderstood
	}
	return f.tell(r)
}

// activity reads a member of an activity.
func (f *fields) activity(r *esp.Reading) {
	switch string(r.Key()) {
	case "type":
		if kind := r.Text(); len(f.kind) == 0 {
			f.kind = kind
		}
	case "object":
		f.isActivity = string(r.Text()) == "activity"
	case "created_at":
		f.time = r.Text()
	case "email":
		f.isEmail = r.Kind() == '{'
		f.mail(r)
	case "morph":
		for r.Object(); r.Next(); {
			switch string(r.Key()) {
			case "reason":
				f.reason = r.Text()
			case "readable_reason":
				f.readable = r.Text()
			}
		}
	}
}

func (f *fields) mail(r *esp.Reading) {
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "id":
			f.email = r.Text()
		case "from":
			f.from = r.Text()
		case "message":
			for r.Object(); r.Next(); {
				if string(r.Key()) == "id" {
					f.message = r.Text()
				}
			}
		case "recipient":
			for r.Object(); r.Next(); {
				if string(r.Key()) == "email" {
					f.to = r.Text()
				}
			}
		}
	}
}

// tell says what an activity means.
func (f *fields) tell(r *esp.Reading) mail.Verdict {
	kind, webhook := bytes.CutPrefix(f.kind, []byte("activity."))
	r.Sure = webhook || f.isActivity
	when := f.time
	if len(when) == 0 {
		when = f.outerTime
	}
	t := r.Time(when)
	e := r.Event()
	switch string(kind) {
	case "delivered":
		e.Outcome = mail.Delivered
	case "deferred":
		e.Outcome = mail.Deferred
	case "soft_bounced", "hard_bounced":
		e.Outcome = mail.Bounced
	case "sent", "queued", "processed":
		return r.Passed(t)
	case "opened", "opened_unique", "clicked", "clicked_unique", "unsubscribed", "spam_complaint", "survey_opened", "survey_submitted", "junk":
		return r.Quiet(t)
	default:
		return mail.NotUnderstood
	}
	if r.Again(t) {
		return r.Quiet(t)
	}
	t.At(e)
	e.Kind = mail.KindAttempt
	if e.QueueID = f.message; len(e.QueueID) == 0 {
		e.QueueID = f.email
	}
	e.Recipient, e.Sender = esp.Address(f.to), esp.Address(f.from)
	e.Reply = esp.Spoken(f.reason)
	if e.Text = f.reason; len(e.Text) == 0 {
		e.Text = f.readable
	}
	return r.Tell(e)
}
