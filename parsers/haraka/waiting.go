package haraka

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// waiting is a "Temp fail for: CAUSE", logged at level DEBUG. The same cause follows
// in "Temp failing FILE for N seconds: CAUSE", with the message's UUID, or in a
// bounce, unless a plugin decides otherwise (hmail.js temp_fail, deferred_respond): it
// is an event of its own only if nothing follows.
type waiting struct {
	event mail.Event
	cause []byte
	until int64 // number of the line
}

const (
	// waitLines is how many lines a cause waits for the line that repeats it.
	waitLines = 64
	// maxWaiting bounds how many wait at a time.
	maxWaiting = 64
)

func (d *Decoder) wait(e *entry, text []byte, emit func(*mail.Event)) {
	if toldApart(text) {
		return
	}
	if len(d.waiting) == maxWaiting {
		d.release(d.waiting[0].until, emit)
	}
	ev := d.failed(e, mail.Deferred, text)
	cause(ev, text)
	w := waiting{cause: bytes.Clone(text), until: d.lines + waitLines}
	ev.CopyTo(&w.event, nil)
	d.waiting = append(d.waiting, w)
}

// answered drops the oldest one that waits with that cause.
func (d *Decoder) answered(text []byte) {
	for i := range d.waiting {
		if bytes.Equal(d.waiting[i].cause, text) {
			d.waiting = append(d.waiting[:i], d.waiting[i+1:]...)
			return
		}
	}
}

// release emits those that nothing followed up to that line.
func (d *Decoder) release(line int64, emit func(*mail.Event)) {
	n := 0
	for n < len(d.waiting) && d.waiting[n].until <= line {
		emit(&d.waiting[n].event)
		n++
	}
	if n > 0 {
		d.waiting = append(d.waiting[:0], d.waiting[n:]...)
	}
}
