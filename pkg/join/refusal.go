package join

import (
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// refusal is the first one at a destination.
type refusal struct {
	cell Cell
	at   int64
	held bool // a suspension only
	told bool // a fate with Met was
}

// anonymous takes an attempt that names no message: each is one of its own.
func (t *Tracker) anonymous(ev *mail.Event, cell Cell, trouble bool) Attempt {
	first := ev.Kind == mail.KindAttempt
	if trouble {
		t.fate(Fate{
			Cell: cell, Outcome: ev.Outcome, Trouble: true, Met: true, Refused: ev.Time, AtOnce: true, Attempts: 1, Notice: ev.NullSender,
			MessageID: string(ev.MessageID), Sender: string(ev.Sender), Recipient: string(ev.Recipient),
		})
	}
	return Attempt{FirstOfMessage: first, FirstOfRecipient: first, FirstTroubleOfMessage: trouble, Notice: ev.NullSender}
}

func (t *Tracker) destination(cell Cell) Cell {
	if t.Destination == nil {
		return cell
	}
	return t.Destination(cell)
}

// wasRefused says that a try of the recipient met a refusal that severity counts.
func (r *recipient) wasRefused() bool {
	return slices.ContainsFunc(r.refused, func(one refusal) bool { return !one.held })
}

// refuse remembers the first refusal at a destination; where there is none, that the
// mail was held back.
func (t *Tracker) refuse(list *[]refusal, one refusal) {
	for i := range *list {
		old := &(*list)[i]
		if t.destination(old.cell) != t.destination(one.cell) {
			continue
		}
		switch {
		case one.held:
		case old.held:
			old.cell, old.at, old.held = one.cell, one.at, false
		default:
			old.at = min(old.at, one.at)
		}
		return
	}
	*list = append(*list, one)
}

// gather adds the refusals that named no recipient to those of a recipient: they
// concern whoever was tried at the destination then or later.
func (t *Tracker) gather(m *message, r *recipient) {
	for i := range m.refused {
		one := &m.refused[i]
		if t.destination(one.cell) == t.destination(r.cell) && r.last >= one.at {
			one.told = true
			t.refuse(&r.refused, refusal{cell: one.cell, at: one.at})
		}
	}
}

// tell tells of the refusals that a recipient met and that no fate told of.
func (t *Tracker) tell(f Fate, r *recipient) {
	for i := range r.refused {
		if one := &r.refused[i]; !one.told {
			f.Cell, f.AtOnce = one.cell, true
			one.tell(&f)
			t.fate(f)
		}
	}
}

// tell puts a refusal into the fate that tells of it.
func (one *refusal) tell(f *Fate) {
	one.told, f.Met, f.HeldBack, f.Refused = true, true, one.held, one.at
	if one.held {
		f.Refused = 0
	}
}

// elsewhere is the fate at a destination that refused the message and saw no
// recipient of it: another took it, or the log ends there.
func (m *message) elsewhere(one refusal, outcome mail.Outcome, at int64) Fate {
	f := Fate{Outcome: outcome, End: at, Notice: m.isNotice(), QueueID: m.id, MessageID: m.messageID, Sender: m.sender}
	if len(m.recipients) == 1 {
		f = m.fateOf(&m.recipients[0])
	}
	f.Cell, f.Met, f.Refused, f.AtOnce, f.Trouble = one.cell, true, one.at, true, false
	return f
}
