package scan

import (
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
)

// tries are the last attempts of a log host, by process or, where lines do not tell it, by
// message: recipients of one delivery are told one after the other.
type tries [1 << 8]try

// try is an attempt, with the times before the first recipient of its delivery was named.
type try struct {
	message int
	slot    session.Slot
	pid     uint32
	at      int64
	line    int64
	before  [2]int64 // in front of the queue manager, and to set the connection up
}

// listed is how long one delivery may take to tell of its recipients, in microseconds.
const listed = 60 * 1_000_000

// further says that an attempt is of a further recipient of the delivery before it: it had
// no connection of its own. A line may name several recipients (sendmail), or each has a
// line with the times that they share (Postfix). Where no line tells it, as Exim's "->"
// does (ConnUse), attempts have a connection each.
func (t *tries) further(ev *mail.Event, message int, slot session.Slot) bool {
	if message == 0 || ev.Time == 0 || ev.Kind != mail.KindAttempt || ev.Outcome == mail.Suspended {
		return false
	}
	now := try{message, slot, ev.PID, ev.Time, ev.Line, [2]int64{ev.Delays[0], ev.Delays[2]}}
	by := uint(now.pid)
	if by == 0 {
		by = uint(message)
	}
	was := t[by%uint(len(t))]
	t[by%uint(len(t))] = now
	if was.message != now.message || was.slot != now.slot || was.pid != now.pid {
		return false
	}
	if was.line == now.line && was.at == now.at {
		return true
	}
	since := now.at - was.at
	return now.pid > 0 && now.before != [2]int64{} && was.before == now.before && since >= 0 && since <= listed
}
