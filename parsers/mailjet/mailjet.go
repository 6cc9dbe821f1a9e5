// Package mailjet reads the events of Mailjet's Event API: arrays of events, or one
// event a line.
//
// The shapes are those of Mailjet's documentation ("Event API") and of the webhook
// tests of django-anymail. A reply stands in smtp_reply ("sent (250 ...)") or in
// comment; error is Mailjet's own word for it. Tries that are deferred are not
// reported.
package mailjet

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/esp"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

var export = esp.Export{Name: "mailjet", Title: "Mailjet (Event API)", Read: read}

// Format is the log format of Mailjet's events.
var Format = export.Format()

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *esp.Decoder { return export.NewDecoder(o) }

// fields are the parts of an event that count.
type fields struct {
	event, time, email    []byte
	message, reply        []byte
	error, about, comment []byte
	marks                 int
}

func read(r *esp.Reading) mail.Verdict {
	var f fields
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "event":
			f.event = r.Text()
		case "time":
			f.time = r.Text()
		case "email":
			f.email = r.Text()
		case "MessageID":
			f.message = r.Text()
			f.marks++
		case "mj_campaign_id", "mj_contact_id", "mj_message_id", "mj_list_id":
			f.marks++
		case "smtp_reply":
			f.reply = r.Text()
		case "error":
			f.error = r.Text()
		case "error_related_to":
			f.about = r.Text()
		case "comment":
			f.comment = r.Text()
		}
	}
	if !r.Done() {
		return mail.NotUnderstood
	}
	return f.tell(r)
}

// tell says what an event means.
func (f *fields) tell(r *esp.Reading) mail.Verdict {
	if f.marks == 0 {
		return mail.NotUnderstood
	}
	r.Sure = len(f.email) > 0 && len(f.time) > 0
	t := r.Time(f.time)
	e := r.Event()
	switch string(f.event) {
	case "sent": // the receiver took it
		e.Kind, e.Outcome = mail.KindAttempt, mail.Delivered
	case "bounce":
		e.Kind, e.Outcome = mail.KindAttempt, mail.Bounced
	case "blocked": // Mailjet did not try
	case "open", "click", "spam", "unsub":
		return r.Quiet(t)
	default:
		return mail.NotUnderstood
	}
	if r.Again(t) {
		return r.Quiet(t)
	}
	t.At(e)
	e.QueueID, e.Recipient = f.message, esp.Address(f.email)
	if f.error = r.Words(f.about, f.error); len(f.error) == 0 {
		e.Text = f.reply
	} else {
		e.Text = r.Words(f.error, f.comment)
	}
	if e.Kind == mail.KindNone {
		return r.Refuse(e, e.Text, f.event)
	}
	if e.Reply = esp.Spoken(esp.Quoted(f.reply)); e.Reply == nil {
		f.said(e)
	}
	return r.Tell(e)
}

// said reads a comment, which is the reply alone or in the words of Postfix: "host
// mx.example.net[192.0.2.1] said: 550 5.1.1 No (in reply to RCPT TO command)".
func (f *fields) said(e *mail.Event) {
	text := f.comment
	if rest, ok := bytes.CutPrefix(text, []byte("host ")); ok {
		name, after, ok := bytes.Cut(rest, []byte("["))
		address, after2, ok2 := bytes.Cut(after, []byte("]"))
		if ok && ok2 && bytes.IndexByte(name, ' ') < 0 && esp.IsIP(address) {
			e.MX, e.MXIP, text = name, address, after2
		}
		for _, words := range [...]string{"said: ", "refused to talk to me: "} {
			if i := bytes.Index(text, []byte(words)); i >= 0 && i < 4 {
				text = text[i+len(words):]
				break
			}
		}
		if i := bytes.LastIndex(text, []byte(" (in reply to ")); i > 0 {
			text = text[:i]
		}
	}
	e.Reply = esp.Spoken(text)
}
