package esp

import (
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers/jsonlog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Reading is one element of an export while it is read.
type Reading struct {
	// Cursor stands at the element.
	jsonlog.Cursor
	// Sure is set by the reader if only its format has such elements.
	Sure bool

	zone     *time.Location
	zoneless bool // a time without a zone was read
	esp      bool
	name     []byte // of the format
	emit     func(*mail.Event)
	event    mail.Event
	buf      []byte
	element  []byte
	inner    []byte // the element, where it was inside a text
	seen     seen
}

func (r *Reading) begin(element []byte) {
	r.element = element
	r.Reset(element)
	r.Sure, r.buf = false, r.buf[:0]
}

// Inner goes on with the document inside a text: queues and topics carry an event
// as a string. What was read of the element around it is gone.
func (r *Reading) Inner(text []byte) {
	r.inner = append(r.inner[:0], text...)
	r.element = r.inner
	r.Reset(r.inner)
}

// Event returns an empty event of the export. It is the same one each time.
func (r *Reading) Event() *mail.Event {
	r.event = mail.Event{ESP: r.esp}
	return &r.event
}

// Tell emits an event that is part of a message's way.
func (r *Reading) Tell(e *mail.Event) mail.Verdict {
	r.emit(e)
	return mail.Understood
}

// Refuse emits a refusal by the provider itself, who did not try; it stands in the
// event as Process. The first of words that is not empty is the reason; the last one
// should be the name of the event.
func (r *Reading) Refuse(e *mail.Event, words ...[]byte) mail.Verdict {
	e.Kind, e.Outcome, e.Reply, e.Text, e.Process = mail.KindOwnSide, mail.OutcomeUnknown, nil, nil, r.name
	for _, w := range words {
		if len(e.Text) == 0 {
			e.Text = w
		}
	}
	return r.Tell(e)
}

// Quiet emits what tells nothing but its time: an opened message, a click.
func (r *Reading) Quiet(t Stamp) mail.Verdict {
	r.silent(t)
	return mail.Irrelevant
}

// Passed emits the time of a step of the message's way that is no delivery: that
// it was accepted, queued or processed.
func (r *Reading) Passed(t Stamp) mail.Verdict {
	r.silent(t)
	return mail.Understood
}

func (r *Reading) silent(t Stamp) {
	if t.Micro != 0 {
		e := r.Event()
		t.At(e)
		r.emit(e)
	}
}

// Time reads a time stamp, see ParseTime.
func (r *Reading) Time(b []byte) Stamp {
	t := ParseTime(b, r.zone)
	r.zoneless = r.zoneless || t.Zoneless
	return t
}

// Again says that the same element, byte for byte, was read before: webhooks are
// sent at least once. An element without a time is never a repetition. The memory is
// bounded: at least the last 65,536 elements are known.
func (r *Reading) Again(t Stamp) bool {
	return t.Micro != 0 && r.seen.add(key(r.element, nil))
}

// Repeated says that an event with this id and time was read before, whatever else
// it says; it is for providers whose ids can be trusted, and whose events may be
// written in more than one way. An event without an id is never a repetition. The
// memory is that of Again.
func (r *Reading) Repeated(id, time []byte) bool {
	return len(id) > 0 && r.seen.add(key(id, time))
}

// Join returns the reply that code and text make, see AppendReply. It is valid
// until the next element.
func (r *Reading) Join(code, text []byte) []byte {
	n := len(r.buf)
	r.buf = AppendReply(r.buf, code, text)
	return r.buf[n:len(r.buf):len(r.buf)]
}

// Words returns a and b with a blank between them, either of them alone if the
// other is empty. It is valid until the next element.
func (r *Reading) Words(a, b []byte) []byte {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	n := len(r.buf)
	r.buf = append(append(append(r.buf, a...), ' '), b...)
	return r.buf[n:len(r.buf):len(r.buf)]
}
