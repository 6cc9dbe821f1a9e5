// Package sparkpost reads the events of SparkPost and Momentum: webhook batches
// ([{"msys":{"message_event":{..}}}]) and pages of the Events API ({"results":[..]}).
//
// The shapes are those of SparkPost/gosparkpost (events) and of the webhook tests of
// django-anymail. Numbers arrive as strings, queue_time is milliseconds. raw_reason
// is the receiver's reply, or one made up here if it says "[internal]".
package sparkpost

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/esp"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

var export = esp.Export{
	Name:  "sparkpost",
	Title: "SparkPost and Momentum (webhooks, Events API)",
	Pages: []string{"results"},
	Read:  read,
}

// Format is the log format of SparkPost's events.
var Format = export.Format()

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *esp.Decoder { return export.NewDecoder(o) }

// fields are the parts of an event that count.
type fields struct {
	kind, time               []byte
	message, sender, to, raw []byte
	mxIP, sendingIP          []byte
	code, reason, rawReason  []byte
	queueTime                []byte
	msys                     bool
	marks                    int
}

func read(r *esp.Reading) mail.Verdict {
	var f fields
	for r.Object(); r.Next(); {
		if string(r.Key()) != "msys" {
			f.member(r)
			continue
		}
		f.msys = true
		for r.Object(); r.Next(); { // "message_event", "track_event", ...
			for r.Object(); r.Next(); {
				f.member(r)
			}
		}
	}
	if !r.Done() {
		return mail.NotUnderstood
	}
	if f.msys && len(f.kind) == 0 {
		return mail.Irrelevant // a ping
	}
	return f.tell(r)
}

func (f *fields) member(r *esp.Reading) {
	switch string(r.Key()) {
	case "type":
		f.kind = r.Text()
	case "timestamp":
		f.time = r.Text()
	case "message_id":
		f.message = r.Text()
	case "msg_from":
		f.sender = r.Text()
	case "rcpt_to":
		f.to = r.Text()
	case "raw_rcpt_to":
		f.raw = r.Text()
		f.marks++
	case "transmission_id", "customer_id", "routing_domain":
		f.marks++
	case "ip_address":
		f.mxIP = r.Text()
	case "sending_ip":
		f.sendingIP = r.Text()
	case "error_code":
		f.code = r.Text()
	case "reason":
		f.reason = r.Text()
	case "raw_reason":
		f.rawReason = r.Text()
	case "queue_time":
		f.queueTime = r.Text()
	}
}

// tell says what an event means.
func (f *fields) tell(r *esp.Reading) mail.Verdict {
	r.Sure = f.msys || f.marks > 0 && len(f.to)+len(f.raw) > 0
	t := r.Time(f.time)
	switch string(f.kind) {
	case "delivery", "delay", "bounce", "out_of_band", "policy_rejection", "generation_failure", "generation_rejection":
	case "injection", "creation":
		return r.Passed(t)
	case "open", "initial_open", "click", "amp_open", "amp_initial_open", "amp_click", "spam_complaint", "list_unsubscribe", "link_unsubscribe",
		"relay_injection", "relay_rejection", "relay_delivery", "relay_tempfail", "relay_permfail", "relay_message",
		"sms_status", "success", "error", "ab_test_completed", "ab_test_cancelled":
		return r.Quiet(t)
	default:
		return mail.NotUnderstood
	}
	if r.Again(t) {
		return r.Quiet(t)
	}
	e := r.Event()
	t.At(e)
	e.QueueID, e.Sender, e.MXIP, e.SendingIP = f.message, esp.Address(f.sender), f.mxIP, f.sendingIP
	if e.Recipient = esp.Address(f.to); len(e.Recipient) == 0 {
		e.Recipient = esp.Address(f.raw)
	}
	e.Delay = esp.Millis(f.queueTime)
	f.outcome(r, e)
	if e.Outcome == mail.OutcomeUnknown { // rejected before it was sent
		return r.Refuse(e, e.Text, f.kind)
	}
	return r.Tell(e)
}

func (f *fields) outcome(r *esp.Reading, e *mail.Event) {
	text := f.rawReason
	if len(text) == 0 {
		text = f.reason
	}
	e.Kind, e.Text = mail.KindAttempt, text
	internal := bytes.Contains(text, []byte("[internal]"))
	if len(text) > 0 && !internal {
		e.Reply = r.Join(f.code, text)
	}
	switch string(f.kind) {
	case "delivery":
		e.Outcome = mail.Delivered
	case "delay":
		e.Outcome = mail.Deferred
		if internal && bytes.Contains(text, []byte("suspended")) {
			// 451 4.3.0 [internal] Sending IP temporarily suspended
			e.Outcome = mail.Suspended
		}
	case "bounce":
		e.Outcome = mail.Bounced
		if internal && (bytes.Contains(text, []byte("message timeout")) || bytes.Contains(text, []byte("exceeded max time"))) {
			e.Kind, e.Outcome = mail.KindExpiry, mail.Expired
			e.Reply = lastFailure(text)
		}
	case "out_of_band": // a bounce mail, after the receiver had taken the message
		e.Outcome, e.Local = mail.Bounced, true
	}
}

// lastFailure returns the receiver's last word in the end of a message:
//
//	554 5.4.7 [internal] message timeout (exceeded max time, last transfail: 452 4.2.2 ...)
func lastFailure(text []byte) []byte {
	_, after, ok := bytes.Cut(text, []byte("last transfail: "))
	if !ok || bytes.Contains(after, []byte("[internal]")) {
		return nil
	}
	return esp.Spoken(bytes.TrimSuffix(bytes.TrimSpace(after), []byte(")")))
}
