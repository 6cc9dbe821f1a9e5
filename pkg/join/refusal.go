package join

import "github.com/seed-07ce53fa/diagnose/pkg/mail"

// refusal is the first one at a destination.
type refusal struct {
	at   int64
	cell Cell
	held bool // a suspension only
	told bool // a fate with Met was
}

// refusals are those of several destinations.
type refusals struct {
	list []refusal
	at   map[Cell]int // place in the list by destination, where there are many
}

const (
	manyRefusals = 16
	refusalBytes = 16
	// maxRefusals are kept of one recipient: so many destinations take no mail of one
	// address.
	maxRefusals = 256
)

func (l *refusals) size() int64 { return int64(len(l.list)) * refusalBytes }

// find returns the refusal at a destination, nil if there is none.
func (l *refusals) find(t *Tracker, place Cell) *refusal {
	if l.at != nil {
		if i, ok := l.at[place]; ok {
			return &l.list[i]
		}
		return nil
	}
	for i := range l.list {
		if t.destination(l.list[i].cell) == place {
			return &l.list[i]
		}
	}
	return nil
}

// add takes the first refusal at a destination.
func (l *refusals) add(t *Tracker, one refusal) {
	l.list = append(l.list, one)
	switch n := len(l.list); {
	case n < manyRefusals:
	case l.at == nil:
		l.at = map[Cell]int{}
		for i := range l.list {
			l.at[t.destination(l.list[i].cell)] = i
		}
	default:
		l.at[t.destination(one.cell)] = n - 1
	}
}

// anonymous takes an attempt that names no message: each is one of its own.
func (t *Tracker) anonymous(ev *mail.Event, cell Cell, trouble bool) Attempt {
	first := ev.Kind == mail.KindAttempt
	if trouble {
		f := t.scratch()
		*f = Fate{
			Cell: cell, Outcome: ev.Outcome, Trouble: true, Met: true, Refused: ev.Time, AtOnce: true, Attempts: 1, Notice: ev.NullSender,
		}
		t.emit(Names{MessageID: ev.MessageID, Sender: ev.Sender, Recipient: ev.Recipient})
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
func (s *Memory) wasRefused(i uint32, r *recipient) bool {
	if !r.is(isRefused) || !r.refused.held {
		return r.is(isRefused)
	}
	if r.is(isMore) {
		for _, one := range s.refusals[i].list {
			if !one.held {
				return true
			}
		}
	}
	return false
}

// merge adds a later refusal at the same destination. Where mail was only held back
// before, it is the first.
func (one *refusal) merge(later refusal) {
	switch {
	case later.held:
	case one.held:
		one.cell, one.at, one.held = later.cell, later.at, false
	default:
		one.at = min(one.at, later.at)
	}
}

// refuse remembers the first refusal of a recipient at a destination; where there is
// none, that the mail was held back.
func (t *Tracker) refuse(i uint32, r *recipient, one refusal) {
	place := t.destination(one.cell)
	if !r.is(isRefused) {
		r.refused = one
		r.flags |= isRefused
		return
	}
	if t.destination(r.refused.cell) == place {
		r.refused.merge(one)
		return
	}
	more := t.memory.refusals[i]
	if more == nil || !r.is(isMore) {
		more = &refusals{}
		t.memory.refusals[i] = more
		r.flags |= isMore
	}
	if old := more.find(t, place); old != nil {
		old.merge(one)
	} else if len(more.list) < maxRefusals {
		more.add(t, one)
		t.memory.rareSize += refusalBytes
	}
}

// refuseMessage remembers the first refusal at a destination that named no recipient.
func (t *Tracker) refuseMessage(x *rare, one refusal) {
	if old := x.refused.find(t, t.destination(one.cell)); old != nil {
		old.merge(one)
		return
	}
	x.refused.add(t, one)
	t.memory.grow(x, refusalBytes)
}

// gather adds the refusal that named no recipient to those of a recipient: it concerns
// whoever was tried at the destination then or later.
func (t *Tracker) gather(i uint32, m *message, ri uint32, r *recipient) {
	if !m.is(isRare) {
		return
	}
	if one := t.memory.rare[i].refused.find(t, t.destination(r.cell)); one != nil && r.last >= one.at {
		one.told = true
		t.refuse(ri, r, refusal{cell: one.cell, at: one.at})
	}
}

// tellRefusals tells of the refusals that a recipient met and that no fate told of.
func (t *Tracker) tellRefusals(m *message, ri uint32, r *recipient) {
	if !r.is(isRefused) {
		return
	}
	t.tellOne(m, r, &r.refused)
	if r.is(isMore) {
		more := t.memory.refusals[ri].list
		for i := range more {
			t.tellOne(m, r, &more[i])
		}
	}
}

func (t *Tracker) tellOne(m *message, r *recipient, one *refusal) {
	if one.told {
		return
	}
	f := t.fateOf(m, r)
	f.Cell, f.AtOnce = one.cell, true
	one.tell(f)
	t.emit(t.namesOf(m, r))
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
func (t *Tracker) elsewhere(m *message, one *refusal, outcome mail.Outcome, at int64) {
	var only *recipient
	if m.last != 0 && t.memory.recipients.get(m.last).next == m.last {
		only = t.memory.recipients.get(m.last)
	}
	f := t.scratch()
	if only != nil {
		t.fateOf(m, only)
	} else {
		*f = Fate{Outcome: outcome, End: at, Notice: m.isNotice()}
	}
	f.Cell, f.Met, f.Refused, f.AtOnce, f.Trouble = one.cell, true, one.at, true, false
	t.emit(t.namesOf(m, only))
}
