// Package sendgrid reads the Event Webhook of SendGrid: arrays of events, or one
// event a line.
//
// The shapes are those of SendGrid's documentation ("Event Webhook Reference",
// "Deferrals") and of the webhook tests of django-anymail. One event is one
// recipient. Replies stand in response or reason with their code, where the
// receiver spoke; ip is the sending IP.
package sendgrid

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/esp"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

var export = esp.Export{Name: "sendgrid", Title: "SendGrid (Event Webhook)", Read: read}

// Format is the log format of SendGrid's events.
var Format = export.Format()

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *esp.Decoder { return export.NewDecoder(o) }

// fields are the parts of an event that count.
type fields struct {
	event, email, time, id []byte
	message, smtpID, ip    []byte
	response, reason       []byte
	status, kind           []byte
	created                []byte
}

func read(r *esp.Reading) mail.Verdict {
	var f fields
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "event":
			f.event = r.Text()
		case "email":
			f.email = r.Text()
		case "timestamp":
			f.time = r.Text()
		case "sg_event_id":
			f.id = r.Text()
		case "sg_message_id":
			f.message = r.Text()
		case "smtp-id":
			f.smtpID = r.Text()
		case "ip":
			f.ip = r.Text()
		case "response":
			f.response = r.Text()
		case "reason":
			f.reason = r.Text()
		case "status":
			f.status = r.Text()
		case "type":
			f.kind = r.Text()
		case "created":
			f.created = r.Text()
		}
	}
	if !r.Done() {
		return mail.NotUnderstood
	}
	return f.tell(r)
}

// tell says what an event means.
func (f *fields) tell(r *esp.Reading) mail.Verdict {
	r.Sure = len(f.email) > 0 && len(f.id)+len(f.message) > 0
	t := r.Time(f.time)
	switch string(f.event) {
	case "":
		if len(f.created) > 0 && len(f.email) > 0 && len(f.reason) > 0 {
			// The lists of bounces and blocks (GET /v3/suppression/bounces) hold
			// addresses, not deliveries.
			r.Sure = true
			return r.Quiet(r.Time(f.created))
		}
		return mail.NotUnderstood
	case "delivered", "deferred", "bounce", "blocked", "dropped":
	case "processed":
		return r.Passed(t)
	case "open", "click", "spamreport", "unsubscribe", "group_unsubscribe", "group_resubscribe", "account_status_change":
		return r.Quiet(t)
	default:
		return mail.NotUnderstood
	}
	if r.Again(t) {
		return r.Quiet(t)
	}
	e := r.Event()
	t.At(e)
	e.QueueID, e.MessageID, e.SendingIP = messageOf(f.message), f.smtpID, f.ip
	if len(e.QueueID) == 0 {
		e.QueueID = esp.Address(f.smtpID)
	}
	e.Recipient = esp.Address(f.email)
	if esp.Enhanced(f.status) != nil {
		e.DSN = f.status
	}
	if e.Text = f.response; len(e.Text) == 0 {
		e.Text = f.reason
	}
	e.Kind, e.Reply = mail.KindAttempt, esp.Spoken(e.Text)
	switch string(f.event) {
	case "delivered":
		e.Outcome = mail.Delivered
	case "deferred":
		e.Outcome = mail.Deferred
		if preemptive(e.Text) {
			e.Outcome, e.Reply = mail.Suspended, nil
		}
	case "dropped":
		return r.Refuse(e, f.reason, f.event)
	default:
		e.Outcome = mail.Bounced
		if string(f.kind) == "expired" { // after 72 hours of deferrals
			e.Kind, e.Outcome = mail.KindExpiry, mail.Expired
		}
	}
	return r.Tell(e)
}

// messageOf returns the id that all recipients of a message share: what stands in
// sg_message_id before the name of the machine that took the message
// ("14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0", "dUm-x.recvd-6d9b-1").
func messageOf(id []byte) []byte {
	for _, machine := range [...]string{".filter", ".recvd"} {
		if i := bytes.Index(id, []byte(machine)); i > 0 {
			return id[:i]
		}
	}
	return id
}

// preemptive says that SendGrid itself put the message aside, because the receiver
// had throttled it or a limit of its own was reached ("Deferrals", internal and
// external ones): no connection was made for it.
//
//	Email was deferred due to the following reason(s): [IPs were throttled by recipient server]
//	Email was deferred due to the following reason(s): ["IPs reached ISP-suggested max connection limits: ..."]
func preemptive(text []byte) bool {
	return bytes.Contains(text, []byte("deferred due to the following reason"))
}
