package mailgun

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/esp"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// tell says what an event means.
func (f *fields) tell(r *esp.Reading) mail.Verdict {
	if f.alert && len(f.event) == 0 {
		return mail.Irrelevant
	}
	when := f.timeISO
	if len(when) == 0 {
		when = f.time
	}
	if len(f.event) == 0 && len(f.address) > 0 && len(when) > 0 && len(f.code)+len(f.message) > 0 {
		// The lists of bounces and complaints (api-suppressions.rst) hold addresses, not
		// deliveries.
		r.Sure = true
		return r.Quiet(r.Time(when))
	}
	group := f.group()
	if group == unknown {
		return mail.NotUnderstood
	}
	r.Sure = f.marks > 0 || f.legacy
	t := r.Time(when)
	switch {
	case group == passed:
		return r.Passed(t)
	case group == quiet, r.Repeated(f.id, when):
		return r.Quiet(t)
	}
	e := r.Event()
	t.At(e)
	f.describe(e)
	f.code = bytes.TrimSuffix(f.code, []byte(".0")) // what spreadsheets make of a column with gaps
	switch group {
	case delivered:
		e.Kind, e.Outcome = mail.KindAttempt, mail.Delivered
		f.reply(r, e)
		return r.Tell(e)
	case refused:
		return r.Refuse(e, f.reason, f.description, f.event)
	default:
		return f.failed(r, e)
	}
}

// group is what events mean alike.
type group uint8

const (
	unknown   group = iota
	quiet           // of the reader of the mail, or of a list
	passed          // a step of the message that is no delivery
	refused         // by Mailgun, before it was queued
	delivered       // the next hop took it
	failed          // it did not
)

// group tells the group by the name of the event (api-events.rst, mailgun-go
// events/enums.go; api-webhooks.rst for those of webhooks, and the legacy names).
func (f *fields) group() group {
	g := groupOf(f.event)
	if g == unknown && len(f.event) > 0 {
		g = groupOf(bytes.ToLower(f.event))
	}
	if g == failed {
		switch f.event[0] | 0x20 {
		case 't':
			f.severity = temporary
		case 'p':
			f.severity = nil
		}
	}
	return g
}

var temporary = []byte("temporary")

func groupOf(event []byte) group {
	switch string(event) {
	case "delivered":
		return delivered
	case "failed", "bounced", "dropped", "temporary_fail", "temporary_failure", "temporary fail", "temporary failure", "tempfailed",
		"permanent_fail", "permanent_failure", "permanent fail", "permanent failure":
		return failed
	case "accepted", "stored":
		return passed
	case "rejected":
		return refused
	case "opened", "clicked", "unsubscribed", "complained", "list_member_uploaded", "list_member_upload_error", "list_uploaded":
		return quiet
	}
	return unknown
}

// describe fills in whom and what an event is about.
func (f *fields) describe(e *mail.Event) {
	e.MessageID = f.messageID
	// Mailgun has no queue id. The Message-ID ties the tries of a message together;
	// the older webhooks have it in angle brackets.
	e.QueueID = esp.Address(f.messageID)
	e.Sender = esp.Address(f.sender)
	if e.Recipient = esp.Address(f.recipient); len(e.Recipient) == 0 {
		first, _, _ := bytes.Cut(f.targets, []byte(","))
		if _, after, ok := bytes.Cut(f.description, arrow); ok && len(first) == 0 {
			first, _, _ = bytes.Cut(bytes.TrimSpace(after), []byte(" "))
		}
		e.Recipient = esp.Address(first)
	}
	e.SendingIP, e.DSN = f.sendingIP, f.enhanced
	if host, ip := esp.Host(f.mx); ip {
		e.MXIP = host
	} else {
		e.MX = host
	}
	if d := esp.Micros(f.session); d > 0 {
		e.Delays[3], e.HasDelays = d, true
	}
	// A route to a URL ends in an HTTP request; in test mode nothing is sent.
	e.Local = string(f.test) == "true" || string(f.transport) == "http"
}

// arrow stands between sender and recipient in the log of 2012 (api-logs.rst):
// "Delivered:  me@example.com → alice@example.net 'Hello'".
var arrow = []byte("\u2192")

// reply fills in what the receiver said, and the code as number; 0 if no receiver
// spoke.
func (f *fields) reply(r *esp.Reading, e *mail.Event) int {
	code, text := f.code, f.message
	if esp.Enhanced(code) != nil { // "5.1.1" with the text "smtp;550 5.1.1 ..."
		e.DSN, code = code, nil
	}
	if len(text) == 0 {
		text = f.description
	}
	e.Text = text
	n := number(code)
	if own(n) {
		e.Text = r.Words(code, text)
		return 0
	}
	if n < 200 { // 0 where there was none
		e.Reply = esp.Spoken(text)
	} else if e.Reply = r.Join(code, text); e.Local && string(f.transport) == "http" {
		e.Reply = nil // a status of HTTP
	}
	if c := esp.Code(e.Reply); c > 0 {
		return c
	}
	// Without a code its first digit is that of the enhanced code.
	if c := esp.Enhanced(e.Reply); c != nil {
		return int(c[0]-'0') * 100
	}
	if c := esp.Enhanced(e.DSN); c != nil && n < 200 {
		return int(c[0]-'0') * 100
	}
	return 0
}

// failed tells of a failure.
func (f *fields) failed(r *esp.Reading, e *mail.Event) mail.Verdict {
	code := f.reply(r, e)
	again := number(f.retry) > 0
	switch {
	case f.expired(e.Text) && code < 500:
		if code > 0 && len(f.mx) > 0 { // the last try and its end are one event
			e.Kind, e.Outcome = mail.KindAttempt, mail.Deferred
			r.Tell(e)
		}
		e.Kind, e.Outcome = mail.KindExpiry, mail.Expired
		if len(e.Reply) == 0 && number(f.lastCode) > 0 && !own(number(f.lastCode)) {
			e.Reply = r.Join(f.lastCode, f.lastMessage)
		}
		return r.Tell(e)
	case f.suppressed(e.Text):
		e.Kind, e.Outcome, e.Local, e.Reply = mail.KindAttempt, mail.Bounced, true, nil
		return r.Tell(e)
	}
	e.Kind, e.Outcome = mail.KindAttempt, mail.Bounced
	switch {
	case string(f.delayed) == "true": // the receiver had taken it, and sent a bounce later
		e.Local = true
	case code/100 == 4, again, code/100 != 5 && string(f.severity) == "temporary":
		// Whatever the code is, a message that will be tried again is queued. The
		// severity decides only where there is no code to read.
		e.Outcome = mail.Deferred
	}
	return r.Tell(e)
}

// expired says that Mailgun gave the message up: "602 Too old", after eight hours.
func (f *fields) expired(text []byte) bool {
	return string(f.reason) == "old" || string(f.code) == "602" || bytes.EqualFold(bytes.TrimSpace(text), []byte("too old"))
}

// suppressed says that Mailgun did not try: the address is on one of its lists.
func (f *fields) suppressed(text []byte) bool {
	switch number(f.code) {
	case 605, 606, 607:
		return true
	}
	return bytes.HasPrefix(f.reason, []byte("suppress-")) || bytes.HasPrefix(text, []byte("Not delivering to "))
}

// own says that a code is Mailgun's own: 498 "No MX", 499 "Unable to connect to MX
// servers", and those that SMTP does not have.
func own(code int) bool { return code == 498 || code == 499 || code >= 600 }

// number reads a whole number, 0 if it is none or has more than nine digits.
func number(b []byte) (n int) {
	if len(b) > 9 {
		return 0
	}
	for _, c := range b {
		if c-'0' > 9 {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}
