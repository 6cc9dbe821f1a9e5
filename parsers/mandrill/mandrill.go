// Package mandrill reads the webhooks of Mandrill (Mailchimp Transactional), as
// JSON or as they are sent: form-encoded, in mandrill_events.
//
// The shapes are those of Mailchimp's documentation ("Webhooks", message event
// format) and of the webhook tests of django-anymail. A message has one recipient.
// Its tries stand in smtp_events, which every later event of the message repeats;
// each counts once.
package mandrill

import (
	"bytes"
	"net/url"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/esp"
	"github.com/seed-07ce53fa/diagnose/parsers/jsonlog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

const page = "mandrill_events"

var export = esp.Export{
	Name:  "mandrill",
	Title: "Mandrill / Mailchimp Transactional (webhooks)",
	Pages: []string{page},
	Read:  read,
	Other: form,
}

// Format is the log format of Mandrill's webhooks.
var Format = export.Format()

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *esp.Decoder { return export.NewDecoder(o) }

// fields are the parts of an event that count.
type fields struct {
	event, id, time      []byte
	email, sender, state []byte
	diag, bounce         []byte
	reason               []byte
	isMessage            bool
	tries                []try
}

// try is one of the smtp_events of a message.
type try struct{ kind, time, diag, source, destination []byte }

func read(r *esp.Reading) mail.Verdict {
	var f fields
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "event":
			f.event = r.Text()
		case "_id":
			f.id = r.Text()
		case "ts":
			f.time = r.Text()
		case "msg":
			f.isMessage = r.Kind() == '{'
			f.message(r)
		case "type": // of a change of a list: {"type":"blacklist","action":"add"}
			f.reason = r.Text()
		}
	}
	if !r.Done() {
		return mail.NotUnderstood
	}
	if !f.isMessage {
		switch string(f.reason) {
		case "blacklist", "whitelist", "allowlist", "denylist":
			return r.Quiet(r.Time(f.time))
		}
		return mail.NotUnderstood
	}
	return f.tell(r)
}

func (f *fields) message(r *esp.Reading) {
	for r.Object(); r.Next(); {
		switch string(r.Key()) {
		case "email":
			f.email = r.Text()
		case "sender":
			f.sender = r.Text()
		case "state":
			f.state = r.Text()
		case "diag":
			f.diag = r.Text()
		case "bounce_description":
			f.bounce = r.Text()
		case "reject":
			for r.Object(); r.Next(); {
				if string(r.Key()) == "reason" {
					f.reason = r.Text()
				}
			}
		case "smtp_events":
			f.smtp(r)
		case "_id":
			if id := r.Text(); len(f.id) == 0 {
				f.id = id
			}
		}
	}
}

func (f *fields) smtp(r *esp.Reading) {
	for r.Array(); r.Next(); {
		var t try
		for r.Object(); r.Next(); {
			switch string(r.Key()) {
			case "type":
				t.kind = r.Text()
			case "ts":
				t.time = r.Text()
			case "diag":
				t.diag = r.Text()
			case "source_ip":
				t.source = r.Text()
			case "destination_ip":
				t.destination = r.Text()
			}
		}
		f.tries = append(f.tries, t)
	}
}

// tell says what an event means.
func (f *fields) tell(r *esp.Reading) mail.Verdict {
	outcome := mail.OutcomeUnknown
	switch string(f.event) {
	case "delivered":
		outcome = mail.Delivered
	case "send":
		// Mandrill sends it when the receiver took the message; with another state
		// than sent it is still on its way.
		if len(f.state) == 0 || string(f.state) == "sent" {
			outcome = mail.Delivered
		}
	case "deferral":
		outcome = mail.Deferred
	case "hard_bounce", "soft_bounce":
		outcome = mail.Bounced
	case "reject", "open", "click", "spam", "unsub":
	default:
		return mail.NotUnderstood
	}
	r.Sure = len(f.id) > 0 && len(f.email) > 0
	verdict, told := mail.Irrelevant, false
	for i := range f.tries {
		t := &f.tries[i]
		if f.try(r, t) {
			verdict = mail.Understood
		}
		told = told || outcomeOf(t.kind) == outcome
	}
	t := r.Time(f.time)
	switch {
	case string(f.event) == "reject": // its own list, or its own rules
		return r.Refuse(f.begin(r, t), f.reason, f.event)
	case outcome == mail.OutcomeUnknown, told, len(f.id) > 0 && r.Repeated(r.Words(f.id, f.event), f.once(outcome)):
		return max(verdict, r.Quiet(t))
	}
	e := f.begin(r, t)
	e.Kind, e.Outcome = mail.KindAttempt, outcome
	e.Reply = esp.Spoken(f.diag)
	if e.Text = f.diag; len(e.Text) == 0 {
		e.Text = f.bounce
	}
	return r.Tell(e)
}

// once is the time by which an event is told from another one of its kind. A message
// is delivered once.
func (f *fields) once(o mail.Outcome) []byte {
	if o == mail.Delivered {
		return nil
	}
	return f.time
}

func (f *fields) begin(r *esp.Reading, t esp.Stamp) *mail.Event {
	e := r.Event()
	t.At(e)
	e.QueueID, e.Recipient, e.Sender = f.id, esp.Address(f.email), esp.Address(f.sender)
	return e
}

// try tells of one of the tries, unless an earlier event did.
func (f *fields) try(r *esp.Reading, t *try) bool {
	outcome := outcomeOf(t.kind)
	if outcome == mail.OutcomeUnknown || len(f.id) > 0 && r.Repeated(r.Words(f.id, t.kind), t.time) {
		return false
	}
	e := f.begin(r, r.Time(t.time))
	e.Kind, e.Outcome = mail.KindAttempt, outcome
	e.Reply, e.Text = esp.Spoken(t.diag), t.diag
	e.SendingIP, e.MXIP = t.source, t.destination
	r.Tell(e)
	return true
}

// outcomeOf reads the type of a try.
func outcomeOf(kind []byte) mail.Outcome {
	switch string(kind) {
	case "sent":
		return mail.Delivered
	case "deferred":
		return mail.Deferred
	case "bounced", "soft-bounced", "hard_bounce", "soft_bounce":
		return mail.Bounced
	}
	return mail.OutcomeUnknown
}

// form starts a reader for the bodies of the webhooks as they are sent:
// mandrill_events=%5B%7B%22event%22...
func form() func(*esp.Reading, []byte) (mail.Verdict, bool) {
	split := jsonlog.NewSplitter(0, page)
	return func(r *esp.Reading, line []byte) (mail.Verdict, bool) {
		if !bytes.HasPrefix(line, []byte(page+"=")) {
			return 0, false
		}
		body, _, _ := bytes.Cut(line[len(page)+1:], []byte("&"))
		text, err := url.QueryUnescape(string(body))
		if err != nil {
			return mail.NotUnderstood, true
		}
		sure := false
		v := split.Line([]byte(text), func(element []byte) mail.Verdict {
			r.Reset(element)
			v := read(r)
			sure = sure || r.Sure
			return v
		})
		r.Sure = sure
		if !split.Idle() { // a cut line; the next one has nothing to do with it
			split = jsonlog.NewSplitter(0, page)
		}
		return v, true
	}
}
