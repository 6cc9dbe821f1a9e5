package join

import (
	"bytes"
	"hash/maphash"

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
	release     func(ev *mail.Event, origin string)
	seed        maphash.Seed
	byID        map[uint64]*twin // by the hash of the queue id, newest first
	first, last *twin            // held for the longest and the shortest time
	n           int
	shared      *twinPool
}

// twinPool is what the Twins of several hosts share.
type twinPool struct {
	held   int
	unused *twin // a list, by next
}

// twin is a refusal that is held back.
type twin struct {
	event      mail.Event
	memory     []byte // of the event's texts
	our        []byte // the sending IP, where another line told it
	origin     string
	hash       uint64
	older      *twin // with the same hash
	prev, next *twin
}

const (
	// twinTime is the longest a refusal waits for its twin, in microseconds: far
	// above the end of a session, below the first retry of any usual rule
	// (15 minutes in Exim's default configuration).
	twinTime = 120 * 1_000_000
	// maxTwins bounds how many refusals are held of one host, maxHeld those of all; log
	// text is hostile.
	maxTwins = 1 << 13
	maxHeld  = 1 << 15
)

// NewTwins returns an empty Twins that hands every refusal that stands alone to
// release, with the origin it came with. The event is valid until release returns.
func NewTwins(release func(ev *mail.Event, origin string)) *Twins { return NewMemory(0).Twins(release) }

// Twins is NewTwins for one more host. All hosts of a memory share a bound.
func (s *Memory) Twins(release func(ev *mail.Event, origin string)) *Twins {
	return &Twins{release: release, seed: s.seed, byID: map[uint64]*twin{}, shared: &s.twins}
}

// Held returns how many refusals are held back.
func (t *Twins) Held() int { return t.n }

// Hold takes a refusal marked Twin and keeps a copy of it. origin is any name of
// where it is from (its file). A refusal without a queue id is released at once:
// nothing can tell its twin.
func (t *Twins) Hold(ev *mail.Event, origin string) {
	t.expire(ev.Time)
	if len(ev.QueueID) == 0 {
		t.release(ev, origin)
		return
	}
	hash := maphash.Bytes(t.seed, ev.QueueID)
	for w := t.byID[hash]; w != nil; w = w.older {
		if w.of(ev) && sameHost(&w.event, ev) {
			t.free(w)
			break
		}
	}
	switch full := t.shared.held >= maxHeld; {
	case full && t.n == 0:
		t.release(ev, origin)
		return
	case full || t.n >= maxTwins:
		t.free(t.first)
	}
	w := t.shared.unused
	if w == nil {
		w = &twin{}
	} else {
		t.shared.unused = w.next
	}
	w.memory = ev.CopyTo(&w.event, w.memory)
	w.origin, w.hash, w.older, w.prev, w.next = origin, hash, t.byID[hash], t.last, nil
	t.byID[hash] = w
	if t.last == nil {
		t.first = w
	} else {
		t.last.next = w
	}
	t.last = w
	t.n++
	t.shared.held++
}

// Attempt takes the line of a recipient, before it is counted. If a refusal that
// is held back is told by it again, the refusal is dropped: the attempt counts for
// it. An attempt that names no host gets the refusal's, valid until the next call:
// Exim leaves it out where no connection was made. A refusal that does not tell
// the sending IP gets the attempt's: only lines about recipients have it
// (deliver.c d_log_interface).
func (t *Twins) Attempt(ev *mail.Event) {
	if t.n == 0 {
		return
	}
	t.expire(ev.Time)
	failed := ev.Outcome == mail.Deferred || ev.Outcome == mail.Bounced
	nameless := len(ev.MX)+len(ev.MXIP) == 0
	var same *twin
	for w := t.byID[maphash.Bytes(t.seed, ev.QueueID)]; w != nil; w = w.older {
		if !w.of(ev) {
			continue
		}
		if same == nil && failed && (nameless || sameHost(&w.event, ev)) && sameText(&w.event, ev) {
			same = w
		}
		if len(w.event.SendingIP) == 0 && len(ev.SendingIP) > 0 {
			w.our = append(w.our[:0], ev.SendingIP...)
			w.event.SendingIP = w.our
		}
	}
	if same == nil {
		return
	}
	t.remove(same)
	if nameless {
		ev.MX, ev.MXIP = same.event.MX, same.event.MXIP
	}
	t.recycle(same)
}

// End releases what is held for the queue entry of the event: its end, before the
// tracker learns of it.
func (t *Twins) End(ev *mail.Event) {
	if t.n == 0 {
		return
	}
	hash := maphash.Bytes(t.seed, ev.QueueID)
	for {
		var oldest *twin
		for w := t.byID[hash]; w != nil; w = w.older {
			if w.of(ev) {
				oldest = w
			}
		}
		if oldest == nil {
			return
		}
		t.free(oldest)
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
	t.release(&w.event, w.origin)
	t.recycle(w)
}

// remove takes a refusal out of all lists.
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
	t.shared.held--
	at := t.byID[w.hash]
	switch {
	case at != w:
		for at.older != w {
			at = at.older
		}
		at.older = w.older
	case w.older != nil:
		t.byID[w.hash] = w.older
	default:
		delete(t.byID, w.hash)
	}
}

// recycle keeps the memory of a refusal for the next one.
func (t *Twins) recycle(w *twin) {
	w.next, w.prev, w.older = t.shared.unused, nil, nil
	t.shared.unused = w
}

// of says that the refusal is of the same queue entry as the event.
func (w *twin) of(ev *mail.Event) bool { return bytes.Equal(w.event.QueueID, ev.QueueID) }

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
