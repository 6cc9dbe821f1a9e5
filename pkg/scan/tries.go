package scan

import (
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
)

// tries are the last deliveries of a log host, by process or, where lines do not tell it, by
// message: recipients of one delivery are told one after the other.
type tries [1 << 8]try

// try is a delivery, with the times before its first recipient was named.
type try struct {
	message int
	slot    session.Slot
	pid     uint32
	at      int64
	before  [3]int64
}

// listed is how long one delivery may take to tell of its recipients, in microseconds.
const listed = 60 * 1_000_000

// further says that an attempt is of a further recipient of the delivery before it: it had
// no connection of its own.
func (t *tries) further(ev *mail.Event, message int, slot session.Slot) bool {
	if message == 0 || ev.Time == 0 || ev.Kind != mail.KindAttempt || ev.Outcome == mail.Suspended {
		return false
	}
	now := try{message, slot, ev.PID, ev.Time, [3]int64(ev.Delays[:3])}
	by := uint(now.pid)
	if by == 0 {
		by = uint(message)
	}
	was := &t[by%uint(len(t))]
	most := int64(listed)
	if !ev.HasDelays { // nothing else tells it from a retry at once
		most = 0
	}
	since := now.at - was.at
	same := since >= 0 && since <= most && now == try{was.message, was.slot, was.pid, now.at, was.before}
	*was = now
	return same
}
