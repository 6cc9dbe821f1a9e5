// Package ses reads the events of Amazon SES: event publishing (eventType) and
// notifications (notificationType), bare (Firehose) or as SNS, SQS, Lambda,
// EventBridge and CloudWatch wrap them.
//
// The shapes are those of awsdocs/amazon-ses-developer-guide (event-publishing-
// retrieving-sns-contents.md, notification-contents.md). Every recipient is an
// attempt of its own. mail.sourceIp is the client that called the API, and
// reportingMTA is SES itself; the sending IP is in the tag ses:outgoing-ip. No MX
// name is given, remoteMtaIp only.
//
// A DeliveryDelay is a message that is late, not one try: SES does not report each.
package ses

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/esp"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

var export = esp.Export{
	Name:  "ses",
	Title: "Amazon SES (events and notifications, with or without SNS)",
	Pages: []string{"Records", "Messages", "events", "logEvents"}, // Lambda, SQS, CloudWatch
	Read:  read,
}

// Format is the log format of the events of Amazon SES.
var Format = export.Format()

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *esp.Decoder { return export.NewDecoder(o) }

// maxWraps is how many wrappers may lie around each other: an SNS notification in
// an SQS message in a log event.
const maxWraps = 4

// fields are the parts of an event that count.
type fields struct {
	kind                      []byte
	id, source, messageID, ip []byte
	mailTime, time            []byte
	outgoing                  []byte
	recipients                []recipient
	response, processing      []byte
	subType, delayType        []byte
	reason                    []byte
	inner                     []byte // the text that has the event
	sns                       []byte // Type of an SNS message
}

// recipient is one recipient of an event.
type recipient struct{ address, status, diagnostic []byte }

func read(r *esp.Reading) mail.Verdict {
	for range maxWraps {
		var f fields
		f.element(r)
		switch {
		case !r.Done():
			return mail.NotUnderstood
		case len(f.kind) > 0:
			return f.tell(r)
		case bytes.HasSuffix(f.sns, []byte("Confirmation")): // of a subscription
			return mail.Irrelevant
		case len(f.inner) == 0:
			return mail.NotUnderstood
		}
		r.Inner(f.inner)
	}
	return mail.NotUnderstood
}

// element reads an event or what is wrapped around one.
func (f *fields) element(r *esp.Reading) {
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "eventType", "notificationType":
			f.kind = r.Text()
		case "mail":
			f.mail(r)
		case "bounce", "delivery", "deliveryDelay", "complaint", "reject", "open", "click", "failure", "subscription":
			f.detail(r)
		case "Message", "Body", "body", "message": // SNS, SQS, Lambda, CloudWatch
			if s := r.Text(); len(s) > 1 && s[0] == '{' {
				f.inner = s
			}
		case "Type":
			f.sns = r.Text()
		case "Sns", "detail": // Lambda, EventBridge
			f.element(r)
		}
	}
}

func (f *fields) mail(r *esp.Reading) {
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "messageId":
			f.id = r.Text()
		case "source":
			f.source = r.Text()
		case "timestamp":
			f.mailTime = r.Text()
		case "commonHeaders":
			for r.Object(); r.Next(); {
				if string(r.Key()) == "messageId" {
					f.messageID = r.Text()
				}
			}
		case "tags":
			for r.Object(); r.Next(); {
				if string(r.Key()) == "ses:outgoing-ip" {
					f.outgoing = r.First()
				}
			}
		}
	}
}

// detail reads the object that is named after the event.
func (f *fields) detail(r *esp.Reading) {
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "timestamp":
			f.time = r.Text()
		case "recipients", "bouncedRecipients", "delayedRecipients":
			f.list(r)
		case "smtpResponse":
			f.response = r.Text()
		case "processingTimeMillis":
			f.processing = r.Text()
		case "remoteMtaIp":
			f.ip = r.Text()
		case "bounceSubType":
			f.subType = r.Text()
		case "delayType":
			f.delayType = r.Text()
		case "reason":
			f.reason = r.Text()
		}
	}
}

// list reads recipients: addresses, or objects with the reason for each.
func (f *fields) list(r *esp.Reading) {
	for r.Array(); r.Next(); {
		var to recipient
		if r.Kind() == '"' {
			to.address = r.Text()
		} else {
			for r.Object(); r.Next(); {
				switch string(r.Key()) {
				case "emailAddress":
					to.address = r.Text()
				case "status":
					to.status = r.Text()
				case "diagnosticCode":
					to.diagnostic = r.Text()
				}
			}
		}
		f.recipients = append(f.recipients, to)
	}
}

// tell says what an event means.
func (f *fields) tell(r *esp.Reading) mail.Verdict {
	r.Sure = len(f.id) > 0
	when := f.time
	if len(when) == 0 {
		when = f.mailTime
	}
	t := r.Time(when)
	switch string(f.kind) {
	case "Delivery", "Bounce", "DeliveryDelay", "Reject":
	case "Send":
		return r.Passed(t)
	case "Complaint", "Open", "Click", "Rendering Failure", "Subscription", "AmazonSnsSubscriptionSucceeded":
		return r.Quiet(t)
	default:
		return mail.NotUnderstood
	}
	if len(f.recipients) == 0 {
		f.recipients = append(f.recipients, recipient{}) // nobody is named
	}
	if r.Again(t) { // SNS delivers at least once
		return r.Quiet(t)
	}
	for i := range f.recipients {
		to := &f.recipients[i]
		e := r.Event()
		t.At(e)
		e.QueueID, e.MessageID, e.Sender = f.id, f.messageID, esp.Address(f.source)
		e.MXIP, e.SendingIP = f.ip, f.outgoing
		e.Recipient, e.DSN = esp.Address(to.address), to.status
		switch f.kind[0] {
		case 'B':
			f.bounced(e, to)
		case 'R':
			r.Refuse(e, f.reason, f.kind)
			continue
		default:
			if string(f.kind) == "Delivery" {
				f.delivered(e)
			} else {
				f.delayed(e, to)
			}
		}
		r.Tell(e)
	}
	return mail.Understood
}

func (f *fields) delivered(e *mail.Event) {
	e.Kind, e.Outcome = mail.KindAttempt, mail.Delivered
	e.Reply, e.Text = esp.Spoken(f.response), f.response
	e.Delay = esp.Millis(f.processing)
}

// bounced reads a bounce. SES also calls bounces what it gave up after its retry
// limit, and what it did not send at all.
func (f *fields) bounced(e *mail.Event, to *recipient) {
	e.Kind, e.Outcome = mail.KindAttempt, mail.Bounced
	e.Reply, e.Text = esp.Spoken(to.diagnostic), to.diagnostic
	if len(e.Text) == 0 {
		e.Text = f.subType
	}
	switch string(f.subType) {
	case "Suppressed", "OnAccountSuppressionList", "UnsubscribedRecipient":
		e.Local, e.Reply = true, nil
		return
	}
	if string(f.subType) == "CustomTimeoutExceeded" || string(to.status) == "4.4.7" || string(to.status) == "5.4.7" || bytes.Contains(to.diagnostic, []byte("Message expired")) {
		// 554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.7.0 ...>
		e.Kind, e.Outcome = mail.KindExpiry, mail.Expired
		e.Reply = quoted(e.Reply)
	}
}

// quoted returns the receiver's last word in the end of a message.
func quoted(reply []byte) []byte {
	for i := 0; ; {
		j := bytes.IndexByte(reply[i:], '<')
		if j < 0 {
			return nil
		}
		i += j + 1
		if last := bytes.LastIndexByte(reply, '>'); last > i && esp.Code(reply[i:]) != 0 {
			return reply[i:last]
		}
	}
}

func (f *fields) delayed(e *mail.Event, to *recipient) {
	e.Kind, e.Outcome = mail.KindAttempt, mail.Deferred
	e.Reply, e.Text = esp.Spoken(to.diagnostic), to.diagnostic
	if len(e.Text) == 0 {
		e.Text = f.delayType
	}
	switch string(f.delayType) {
	case "InternalFailure", "BYOIPHostNameLookupUnavailable":
		e.Reply = nil // trouble of SES
	case "SendingDeferral": // SES put it aside
		e.Outcome, e.Reply = mail.Suspended, nil
	}
}
