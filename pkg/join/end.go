package join

import (
	"sort"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// expire ends every recipient whose last outcome was a deferral (Postfix
// qmgr_active.c logs no recipient), or the one the line names.
func (t *Tracker) expire(ev *mail.Event) {
	m := t.find(ev)
	n := 0
	f := Fate{Cell: NoCell, Outcome: mail.Expired, End: ev.Time, Notice: ev.NullSender,
		QueueID: string(ev.QueueID), MessageID: string(ev.MessageID), Sender: string(ev.Sender), Recipient: string(ev.Recipient)}
	if m != nil {
		m.learn(ev)
		f.Notice, f.MessageID, f.Sender = m.isNotice(), m.messageID, m.sender
		for i := range m.recipients {
			r := &m.recipients[i]
			named := len(ev.Recipient) == 0 || string(ev.Recipient) == r.address
			if r.open && named {
				t.end(m, r, mail.Expired, ev.Time)
				n++
			}
		}
	}
	if n == 0 {
		t.fate(f)
	}
}

// close ends a queue entry: recipients without an end get outcome.
func (t *Tracker) close(ev *mail.Event, outcome mail.Outcome) {
	m := t.find(ev)
	if m == nil {
		return
	}
	t.endAll(m, outcome, ev.Time)
	id := string(ev.QueueID)
	list := t.open[id]
	if len(list) == 1 {
		delete(t.open, id)
		return
	}
	for i := range list {
		if list[i] == m {
			t.open[id] = append(list[:i:i], list[i+1:]...)
		}
	}
}

// endAll tells the ends that are not told: of recipients that are open, and of those
// that met a refusal without being put off.
func (t *Tracker) endAll(m *message, outcome mail.Outcome, at int64) {
	for i := range m.recipients {
		r := &m.recipients[i]
		if r.open {
			t.end(m, r, outcome, at)
			continue
		}
		t.gather(m, r)
		t.tell(m.fateOf(r), r)
	}
	for _, one := range m.refused {
		if !one.told {
			t.fate(m.elsewhere(one, outcome, at))
		}
	}
}

// end tells the end of a recipient that was put off.
func (t *Tracker) end(m *message, r *recipient, outcome mail.Outcome, at int64) {
	r.outcome, r.ended = outcome, at
	t.gather(m, r)
	f := m.fateOf(r)
	for i := range r.refused {
		if one := &r.refused[i]; !one.told && t.destination(one.cell) == t.destination(r.cell) {
			one.tell(&f)
		}
	}
	if at > 0 && r.firstFailure > 0 && at >= r.firstFailure {
		f.Wait = at - r.firstFailure
	}
	r.open, r.failed = false, false
	t.fate(f)
	f.Wait = 0
	t.tell(f, r)
}

// fateOf is what is known of a recipient's end.
func (m *message) fateOf(r *recipient) Fate {
	return Fate{
		Cell: r.cell, Outcome: r.outcome, Trouble: r.trouble, Attempts: int(r.attempts), End: r.ended, Notice: m.isNotice(),
		Number: r.number, QueueID: m.id, MessageID: m.messageID, Sender: m.sender, Recipient: r.address,
	}
}

// Finish ends the log: recipients that are still deferred are still queued
// (mail.Deferred) where the log has the queue manager's lines, which would have
// told of their end, and unknown elsewhere (requirement C100). Order is by queue
// id, so that the same log gives the same calls.
func (t *Tracker) Finish() {
	outcome := mail.OutcomeUnknown
	if len(t.managed) > 0 {
		outcome = mail.Deferred
	}
	ids := make([]string, 0, len(t.open))
	for id := range t.open {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	for _, id := range ids {
		for _, m := range t.open[id] {
			t.endAll(m, outcome, 0)
		}
	}
	clear(t.open)
}
