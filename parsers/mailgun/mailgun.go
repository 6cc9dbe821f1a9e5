// Package mailgun reads the events of Mailgun: pages of the Events API and of the
// Logs API, webhooks of both generations, arrays, one event a line, objects one
// after the other, and CSV.
//
// The shapes are those of mailgun/documentation (api-events.rst, api-logs.rst),
// mailgun-go (events), mailgun-java (logs) and the webhook tests of django-anymail.
//
// One event is one recipient. Only "delivered" and "failed" tell of a delivery;
// what a failure was is read from the reply, never from Mailgun's severity: a
// "permanent" failure with a 4xx reply is a deferral (spec replies (b) 13).
//
// Mailgun puts codes of its own where a reply code stands (498, 499, and all from
// 600 on). No receiver said these, so such an event has no Reply; its Text has the
// code. What became of it:
//
//	602 Too old, reason "old"        an expiry: given up after the retry limit
//	605, 606, 607, suppress-*        never sent: Local, no attempt at a receiver
//	498, 499, 680 and the rest       a try that met no receiver: Deferred or Bounced
package mailgun

import (
	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/esp"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

var export = esp.Export{
	Name:  "mailgun",
	Title: "Mailgun (Events and Logs API, webhooks, CSV)",
	Pages: []string{"items"},
	Start: func() func(*esp.Reading) mail.Verdict { return new(reader).read },
	Other: func() func(*esp.Reading, []byte) (mail.Verdict, bool) { return new(lines).read },
}

// Format is the log format of Mailgun's events.
var Format = export.Format()

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *esp.Decoder { return export.NewDecoder(o) }

// fields are the parts of an event that count, as written.
type fields struct {
	event, severity, reason      []byte
	id, time, timeISO            []byte
	recipient, targets           []byte
	sender, sendingIP, transport []byte
	messageID, mx                []byte
	code, message, description   []byte
	enhanced, session, retry     []byte
	lastCode, lastMessage        []byte
	address, ignored             []byte

	delayed []byte // "true": the bounce came as a mail, later
	test    []byte // "true": nothing was sent
	alert   bool   // an alert about an IP or a domain, no event of a message
	legacy  bool   // keys of the older webhooks
	marks   int    // keys that only Mailgun has
}

// read reads one element: an event, or the webhook around one. It says whether the
// element is valid. What it does must depend on the shape of the element alone (see
// shape), never on what a text or a number says.
func (f *fields) read(r *esp.Reading) bool {
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "event-data":
			f.marks++
			for r.Object(); r.Next(); {
				f.member(r)
			}
		case "event_data": // api-deliverability-alerts.rst
			f.alert = true
		default:
			f.member(r)
		}
	}
	return r.Done()
}

// member reads one member of an event. Codes may be strings, url may be an array,
// and delivery-status may be null.
func (f *fields) member(r *esp.Reading) {
	switch string(r.Key()) {
	case "event", "hap":
		f.event = r.Text()
	case "id":
		f.id = r.Text()
	case "timestamp", "created_at":
		f.time = r.Text()
	case "@timestamp":
		f.timeISO = r.Text()
		f.marks++
	case "severity":
		f.severity = r.Text()
		f.marks++
	case "reason":
		f.reason = r.Text()
	case "recipient":
		f.recipient = r.Text()
	case "log-level", "recipient-domain", "recipient-provider":
		f.marks++
	case "envelope":
		f.envelope(r)
	case "delivery-status":
		f.marks++
		f.status(r)
	case "message":
		f.theMessage(r)
	case "reject":
		for r.Object(); r.Next(); {
			switch string(r.Key()) {
			case "reason":
				f.reason = r.Text()
			case "description":
				f.description = r.Text()
			}
		}
	case "flags":
		f.flags(r)
	case "tags", "campaigns", "user-variables", "storage", "account", "method", "batch", "template", "routes", "signature",
		"client-info", "geolocation", "ip", "url", "primary-dkim", "ip-pool":
		// tell nothing of a delivery
	default:
		f.flat(r)
	}
}

func (f *fields) envelope(r *esp.Reading) {
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "sender":
			f.sender = r.Text()
		case "mail-from":
			if s := r.Text(); len(f.sender) == 0 {
				f.sender = s
			}
		case "sending-ip":
			f.sendingIP = r.Text()
		case "targets":
			f.targets = r.First()
		case "transport":
			f.transport = r.Text()
		}
	}
}

// status reads a delivery-status (mailgun-go events/objects.go DeliveryStatus).
func (f *fields) status(r *esp.Reading) {
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "code":
			f.code = r.Text()
		case "message":
			f.message = r.Text()
		case "description":
			f.description = r.Text()
		case "enhanced-code", "bounce-code":
			if s := r.Text(); len(s) > 0 {
				f.enhanced = s
			}
		case "mx-host":
			f.mx = r.Text()
		case "session-seconds":
			f.session = r.Text()
		case "retry-seconds":
			f.retry = r.Text()
		case "last-code":
			f.lastCode = r.Text()
		case "last-message":
			f.lastMessage = r.Text()
		}
	}
}

// theMessage reads message{headers{message-id}}. In the log of 2012 message is a
// text (api-logs.rst).
func (f *fields) theMessage(r *esp.Reading) {
	if r.Kind() == '"' {
		f.description = r.Text()
		return
	}
	for r.Object(); r.Next(); {
		if string(r.Key()) != "headers" {
			continue
		}
		f.marks++
		for r.Object(); r.Next(); {
			if string(r.Key()) == "message-id" {
				f.messageID = r.Text()
			}
		}
	}
}

func (f *fields) flags(r *esp.Reading) {
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "is-delayed-bounce":
			f.delayed = r.Text()
		case "is-test-mode":
			f.test = r.Text()
		}
	}
}
