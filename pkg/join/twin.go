package join

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Twins counts once what Exim logs twice. When a host turns a message away Exim
// writes a line about the host, and if that was the last host to try, a line
// about each recipient that repeats the text (smtp.c write_logs, deliver.c
// deferral_log and failure_log):
//
//	MSGID H=mx.example.net [192.0.2.1]: SMTP error ... 421 Too many connections
//	MSGID == a@example.net R=r T=t defer (0) H=mx.example.net [192.0.2.1]: SMTP error ... 421 Too many connections
//
// The first line is a refusal of its own only where no such second one follows:
// the next host took the message, or failed too. So a refusal marked Twin is held
// back until it is known. The rule was measured against real receivers (lab
// section 4): per message and IP the last refusal counts; a recipient's line with
// its text closes it and adds nothing, one with another text is one more.
//
// The two lines are written within the same delivery, so that a refusal that is
// held for longer than twinTime stands alone: a later attempt at the host may
// well get the same answer. What is held is bounded by that, and by maxTwins.
//
// There is one Twins per log host, fed in log order. Use NewTwins.
type Twins struct {
	release func(ev *mail.Event, origin string)
	byID    map[string][]*twin
	first   *twin // held for the longest time
	last    *twin
	n       int
}

// twin is a refusal that is held back.
type twin struct {
	event      *mail.Event
	origin     string
	prev, next *twin
}

const (
	// twinTime is the longest a refusal waits for its twin, in microseconds: far
	// above the end of a session, below the first retry of any usual rule
	// (15 minutes in Exim's default configuration).
	twinTime = 120 * 1_000_000
	// maxTwins bounds how many refusals are held; log text is hostile.
	maxTwins = 1 << 13
)

// NewTwins returns an empty Twins that hands every refusal that stands alone to
// release, with the origin it came with. The event is the callee's to keep.
func NewTwins(release func(ev *mail.Event, origin string)) *Twins {
	return &Twins{release: release, byID: map[string][]*twin{}}
}

// Held returns how many refusals are held back.
func (t *Twins) Held() int { return t.n }

// Hold takes a refusal marked Twin and keeps a copy of it. origin is any name of
// where it is from (its file). A refusal without a queue id is released at once:
// nothing can tell its twin.
func (t *Twins) Hold(ev *mail.Event, origin string) {
	t.expire(ev.Time)
	c := ev.Clone()
	if len(c.QueueID) == 0 {
		t.release(c, origin)
		return
	}
	for _, w := range t.byID[string(c.QueueID)] {
		if sameHost(w.event, c) {
			t.free(w)
			break
		}
	}
	if t.n >= maxTwins {
		t.free(t.first)
	}
	w := &twin{event: c, origin: origin, prev: t.last}
	if t.last == nil {
		t.first = w
	} else {
		t.last.next = w
	}
	t.last = w
	t.n++
	id := string(c.QueueID)
	t.byID[id] = append(t.byID[id], w)
}

// Attempt takes the line of a recipient, before it is counted. If a refusal that
// is held back is told by it again, the refusal is dropped: the attempt counts for
// it. An attempt that names no host gets the refusal's: Exim leaves it out where
// no connection was made. A refusal that does not tell the sending IP gets the
// attempt's: only lines about recipients have it (deliver.c d_log_interface).
func (t *Twins) Attempt(ev *mail.Event) {
	if t.n == 0 {
		return
	}
	t.expire(ev.Time)
	list := t.byID[string(ev.QueueID)]
	if len(ev.SendingIP) > 0 {
		for _, w := range list {
			if len(w.event.SendingIP) == 0 {
				w.event.SendingIP = bytes.Clone(ev.SendingIP)
			}
		}
	}
	if ev.Outcome != mail.Deferred && ev.Outcome != mail.Bounced {
		return
	}
	for i := len(list) - 1; i >= 0; i-- {
		w := list[i]
		nameless := len(ev.MX)+len(ev.MXIP) == 0
		if (nameless || sameHost(w.event, ev)) && sameText(w.event, ev) {
			t.remove(w)
			if nameless {
				ev.MX, ev.MXIP = w.event.MX, w.event.MXIP
			}
			return
		}
	}
}

// End releases what is held for the queue entry of the event: its end, before the
// tracker learns of it.
func (t *Twins) End(ev *mail.Event) {
	for {
		list := t.byID[string(ev.QueueID)]
		if len(list) == 0 {
			return
		}
		t.free(list[0])
	}
}

// Finish releases all, in the order they came.
func (t *Twins) Finish() {
	for t.first != nil {
		t.free(t.first)
	}
}

// expire releases what was held too long.
func (t *Twins) expire(now int64) {
	for t.first != nil && t.first.event.Time < now-twinTime {
		t.free(t.first)
	}
}

// free releases one refusal.
func (t *Twins) free(w *twin) {
	t.remove(w)
	t.release(w.event, w.origin)
}

func (t *Twins) remove(w *twin) {
	if w.prev == nil {
		t.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		t.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	t.n--
	id := string(w.event.QueueID)
	list := t.byID[id]
	if len(list) == 1 {
		delete(t.byID, id)
		return
	}
	for i := range list {
		if list[i] == w {
			t.byID[id] = append(list[:i:i], list[i+1:]...)
			return
		}
	}
}

// sameHost says that two events are about one address, or one name where the log
// has no address.
func sameHost(a, b *mail.Event) bool {
	if len(a.MXIP) > 0 || len(b.MXIP) > 0 {
		return bytes.Equal(a.MXIP, b.MXIP)
	}
	return bytes.Equal(a.MX, b.MX)
}

// sameText says that an attempt repeats a refusal. What the system said about the
// connection stands at another place in the two lines: after the text of the
// refusal ("SMTP timeout after DATA: Connection timed out"), before the host of
// the attempt.
func sameText(refusal, attempt *mail.Event) bool {
	r, a := refusal.Text, attempt.Text
	if bytes.Equal(r, a) {
		return true
	}
	return len(a) > 0 && len(refusal.Reply) == 0 && len(r) > len(a)+1 && bytes.HasPrefix(r, a) && r[len(a)] == ':'
}
