package join

import (
	"math"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Attempt takes an attempt, a suspension or a refusal and returns what the
// message's history adds to it. trouble says that it met a refusal that severity
// counts.
func (t *Tracker) Attempt(ev *mail.Event, cell Cell, trouble bool) Attempt {
	held := trouble && ev.Outcome == mail.Suspended
	trouble = trouble && !held
	if len(ev.QueueID) == 0 {
		return t.anonymous(ev, cell, trouble)
	}
	s := t.memory
	s.makeRoom()
	at, i := t.find(ev)
	i, m := t.entry(at, i, ev, false)
	t.learn(m, ev)
	place := t.destination(cell)
	a := Attempt{Arrival: m.arrival, Notice: m.isNotice(), HasID: m.messageID != 0, Message: int(m.number), message: i}
	a.Sender, a.SenderNumber = s.sender(m)
	if trouble {
		a.FirstTroubleOfMessage = s.at(i, m, place, refusedAt)
	}
	if ev.Kind == mail.KindRefusal {
		a.Repeated = t.refusal(i, m, ev, cell, trouble)
		return a
	}
	if m.is(isRare) {
		x := s.rare[i]
		x.lastMX = x.lastMX[:0]
	}
	a.FirstOfMessage = s.at(i, m, place, seenAt)
	ri := s.recipient(i, m, ev.Recipient)
	if a.FirstOfRecipient = ri == 0; ri == 0 {
		t.recipients++
		ri = s.addRecipient(i, m, ev.Recipient, cell, t.recipients)
	}
	r := s.recipients.get(ri)
	a.Recipient, a.Retry, a.AfterTrouble = int(r.number), int(r.attempts), s.wasRefused(ri, r)
	if r.last > 0 && ev.Time > r.last {
		a.Gap = ev.Time - r.last
	}
	if trouble || held {
		r.flags |= isTrouble
		t.refuse(ri, r, refusal{cell: cell, at: ev.Time, held: held})
	}
	r.tried(ev)
	r.outcome = ev.Outcome
	switch ev.Outcome {
	case mail.Deferred, mail.Suspended:
		r.cell = cell
		if !r.is(isOpen) {
			r.flags |= isOpen
			r.mark = ev.Time
			if m.is(isRare) && s.rare[i].byAddress != nil {
				s.rare[i].opens(ri, r)
			}
		}
	case mail.Delivered, mail.Bounced:
		if r.is(isOpen) {
			t.end(i, m, ri, r, ev.Outcome, ev.Time)
		} else {
			r.mark = ev.Time
		}
	default: // no attempt ends so
	}
	return a
}

// tried counts a try on the wire.
func (r *recipient) tried(ev *mail.Event) {
	if ev.Outcome == mail.Suspended {
		return
	}
	r.attempts += min(1, math.MaxUint16-r.attempts)
	if ev.Time > 0 {
		r.last = ev.Time
	}
}

// learn keeps sender and Message-ID where an attempt is the first line to tell them,
// as the events of a provider do.
func (t *Tracker) learn(m *message, ev *mail.Event) {
	if m.messageID == 0 && len(ev.MessageID) > 0 {
		t.memory.setMessageID(m, ev.MessageID)
	}
	if m.sender == 0 && !m.is(nullSender) && (len(ev.Sender) > 0 || ev.NullSender) {
		t.memory.setSender(m, ev)
	}
}

// refusal takes a refusal that names no recipient. It says whether the line tells of the
// same try as an earlier one.
func (t *Tracker) refusal(i uint32, m *message, ev *mail.Event, cell Cell, trouble bool) (repeated bool) {
	if !trouble && len(ev.Reply) == 0 && !m.is(isRare) {
		return false
	}
	x := t.memory.rarely(i, m)
	same := !ev.Twin && x.lastPID == ev.PID && string(x.lastMX) == string(ev.MXIP)
	if len(ev.Reply) > 0 {
		x.lastPID, x.lastMX = ev.PID, append(x.lastMX[:0], ev.MXIP...)
	}
	if trouble {
		t.refuseMessage(x, refusal{cell: cell, at: ev.Time})
	}
	return same && len(ev.Reply) == 0 && len(ev.MXIP) > 0
}

// Pass takes an attempt that is not to count. It tells nothing of its own; it is
// remembered only where its recipient is followed already, so that the gap before
// the next attempt and the recipient's end stay true.
func (t *Tracker) Pass(ev *mail.Event) {
	if ev.Kind != mail.KindAttempt || len(ev.QueueID) == 0 {
		return
	}
	_, i := t.find(ev)
	if i == 0 {
		return
	}
	m := t.memory.messages.get(i)
	ri := t.memory.recipient(i, m, ev.Recipient)
	if ri == 0 {
		return
	}
	r := t.memory.recipients.get(ri)
	r.tried(ev)
	if ev.Outcome == mail.Bounced && r.is(isOpen) {
		t.end(i, m, ri, r, mail.Bounced, ev.Time)
	}
}
