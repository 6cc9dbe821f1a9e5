package join

import "github.com/seed-07ce53fa/diagnose/pkg/mail"

// Attempt takes an attempt, a suspension or a refusal and returns what the
// message's history adds to it. trouble says that it met a refusal that severity
// counts.
func (t *Tracker) Attempt(ev *mail.Event, cell Cell, trouble bool) Attempt {
	held := trouble && ev.Outcome == mail.Suspended
	trouble = trouble && !held
	if len(ev.QueueID) == 0 {
		return t.anonymous(ev, cell, trouble)
	}
	m := t.entry(ev, false)
	m.learn(ev)
	place := t.destination(cell)
	a := Attempt{
		Arrival: m.arrival, Notice: m.isNotice(), MessageID: m.messageID, Sender: m.sender, Message: m.number,
	}
	if trouble && add(&m.troubled, place) {
		a.FirstTroubleOfMessage = true
	}
	if ev.Kind == mail.KindRefusal {
		same := !ev.Twin && m.lastPID == ev.PID && m.lastRefusal == string(ev.MXIP)
		a.Repeated = same && len(ev.Reply) == 0 && len(ev.MXIP) > 0
		if len(ev.Reply) > 0 {
			m.lastPID, m.lastRefusal = ev.PID, string(ev.MXIP)
		}
		if trouble {
			t.refuse(&m.refused, refusal{cell: cell, at: ev.Time})
		}
		return a
	}
	m.lastRefusal = ""
	a.FirstOfMessage = add(&m.cells, place)
	r, isNew := m.recipient(ev.Recipient, cell)
	if isNew {
		t.recipients++
		r.number = t.recipients
	}
	a.Recipient = r.number
	a.FirstOfRecipient, a.Retry, a.AfterTrouble = isNew, int(r.attempts), r.wasRefused()
	if r.last > 0 && ev.Time > r.last {
		a.Gap = ev.Time - r.last
	}
	if trouble || held {
		r.trouble = true
		t.refuse(&r.refused, refusal{cell: cell, at: ev.Time, held: held})
	}
	r.outcome = ev.Outcome
	if ev.Outcome != mail.Suspended {
		r.attempts++
		if ev.Time > 0 {
			r.last = ev.Time
		}
	}
	switch ev.Outcome {
	case mail.Deferred, mail.Suspended:
		if !r.failed {
			r.failed, r.firstFailure = true, ev.Time
		}
		r.open, r.cell = true, cell
	case mail.Delivered, mail.Bounced:
		r.ended = ev.Time
		if r.failed {
			t.end(m, r, ev.Outcome, ev.Time)
		}
	default: // no attempt ends so
	}
	return a
}

// Pass takes an attempt that is not to count. It tells nothing of its own; it is
// remembered only where its recipient is followed already, so that the gap before
// the next attempt and the recipient's end stay true.
func (t *Tracker) Pass(ev *mail.Event) {
	m := t.find(ev)
	if m == nil || ev.Kind != mail.KindAttempt {
		return
	}
	for i := range m.recipients {
		r := &m.recipients[i]
		if r.address != string(ev.Recipient) {
			continue
		}
		if ev.Outcome != mail.Suspended {
			r.attempts++
			if ev.Time > 0 {
				r.last = ev.Time
			}
		}
		if ev.Outcome == mail.Bounced && r.open {
			t.end(m, r, mail.Bounced, ev.Time)
		}
	}
}
