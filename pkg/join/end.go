package join

import (
	"bytes"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// expire ends every recipient whose last outcome was a deferral (Postfix
// qmgr_active.c logs no recipient), or the one the line names.
func (t *Tracker) expire(ev *mail.Event) {
	_, i := t.find(ev)
	if i == 0 {
		*t.scratch() = Fate{Cell: NoCell, Outcome: mail.Expired, End: ev.Time, Notice: ev.NullSender}
		t.emit(Names{ev.QueueID, ev.MessageID, ev.Sender, ev.Recipient})
		return
	}
	m := t.memory.messages.get(i)
	t.learn(m, ev)
	n := 0
	for _, ri := range t.memory.concerned(i, m, ev.Recipient) {
		if r := t.memory.recipients.get(ri); r.is(isOpen) {
			t.end(i, m, ri, r, mail.Expired, ev.Time)
			n++
		}
	}
	if n == 0 {
		names := t.namesOf(m, nil)
		names.QueueID, names.Recipient = ev.QueueID, ev.Recipient
		*t.scratch() = Fate{Cell: NoCell, Outcome: mail.Expired, End: ev.Time, Notice: m.isNotice()}
		t.emit(names)
	}
}

// concerned are the recipients that an expiry may end: the one it names, or all. Of very
// many only those are gone over that were put off since the last time.
func (s *Memory) concerned(i uint32, m *message, address []byte) []uint32 {
	s.listed = s.listed[:0]
	if len(address) > 0 {
		if ri := s.recipient(i, m, address); ri != 0 {
			s.listed = append(s.listed, ri)
		}
		return s.listed
	}
	if x := s.rare[i]; m.is(isRare) && x.byAddress != nil {
		s.listed = append(s.listed, x.opened...)
		for _, ri := range x.opened {
			s.recipients.get(ri).flags &^= isListed
		}
		x.opened = x.opened[:0]
		return s.listed
	}
	s.listed = slices.AppendSeq(s.listed, s.of(m))
	return s.listed
}

// remove ends the message of the event.
func (t *Tracker) remove(ev *mail.Event) {
	if at, i := t.find(ev); i != 0 {
		t.releaseAt(at.hash, i, mail.OutcomeUnknown, ev.Time)
	}
}

// release ends a message: recipients without an end get outcome.
func (t *Tracker) release(i uint32, outcome mail.Outcome, at int64) {
	t.releaseAt(t.memory.hash(t.host, t.memory.id(t.memory.messages.get(i))), i, outcome, at)
}

// releaseAt is release for the hash of the message.
func (t *Tracker) releaseAt(hash, i uint32, outcome mail.Outcome, at int64) {
	s := t.memory
	m := s.messages.get(i)
	t.endAll(i, m, outcome, at)
	if t.Gone != nil {
		s.gone = s.gone[:0]
		for ri := range s.of(m) {
			s.gone = append(s.gone, int(s.recipients.get(ri).number))
		}
		t.Gone(int(m.number), s.gone)
	}
	switch place, ok := s.index.at(hash, i); {
	case !ok: // another one with the same queue id is there
		n := s.find(t.host, hash, s.id(m))
		one := s.messages.get(n)
		for s.next(n, one) != i {
			n = s.next(n, one)
			one = s.messages.get(n)
		}
		s.setNext(n, one, s.next(i, m))
	case s.next(i, m) != 0:
		s.index.slots[place].message = s.next(i, m)
	default:
		s.index.remove(place)
	}
	s.free(i)
}

// endAll tells the ends that are not told: of recipients that are open, and of those
// that met a refusal without being put off.
func (t *Tracker) endAll(i uint32, m *message, outcome mail.Outcome, at int64) {
	s := t.memory
	for ri := range s.of(m) {
		r := s.recipients.get(ri)
		if r.is(isOpen) {
			t.end(i, m, ri, r, outcome, at)
			continue
		}
		t.gather(i, m, ri, r)
		t.tellRefusals(m, ri, r)
	}
	if !m.is(isRare) {
		return
	}
	refused := s.rare[i].refused.list
	for n := range refused {
		if one := &refused[n]; !one.told {
			t.elsewhere(m, one, outcome, at)
		}
	}
}

// end tells the end of a recipient that was put off.
func (t *Tracker) end(i uint32, m *message, ri uint32, r *recipient, outcome mail.Outcome, at int64) {
	first := r.mark
	r.outcome, r.mark = outcome, at
	r.flags &^= isOpen
	t.gather(i, m, ri, r)
	f := t.fateOf(m, r)
	if one := t.refusalAt(ri, r, t.destination(r.cell)); one != nil && !one.told {
		one.tell(f)
	}
	if at > 0 && first > 0 && at >= first {
		f.Wait = at - first
	}
	t.emit(t.namesOf(m, r))
	t.tellRefusals(m, ri, r)
}

// refusalAt returns the refusal of a recipient at a destination, nil if there is none.
func (t *Tracker) refusalAt(ri uint32, r *recipient, place Cell) *refusal {
	switch {
	case !r.is(isRefused):
		return nil
	case t.destination(r.refused.cell) == place:
		return &r.refused
	case r.is(isMore):
		return t.memory.refusals[ri].find(t, place)
	}
	return nil
}

// scratch is where a fate is made that emit hands out.
func (t *Tracker) scratch() *Fate { return &t.memory.fate }

// emit hands the fate out that was made in scratch.
func (t *Tracker) emit(n Names) {
	s := t.memory
	s.names = n
	s.fate.HasID = len(n.MessageID) > 0
	t.fate(&s.fate, &s.names)
}

// fateOf makes the fate of what is known of a recipient's end.
func (t *Tracker) fateOf(m *message, r *recipient) *Fate {
	f := t.scratch()
	*f = Fate{
		Cell: r.cell, Outcome: r.outcome, Trouble: r.is(isTrouble), Attempts: int(r.attempts), End: r.mark, Notice: m.isNotice(),
		Number: int(r.number),
	}
	return f
}

// namesOf are the texts of a message and of one of its recipients, if any.
func (t *Tracker) namesOf(m *message, r *recipient) Names {
	x := &t.memory.texts
	n := Names{QueueID: t.memory.id(m), MessageID: t.memory.messageID(m)}
	n.Sender, _ = t.memory.sender(m)
	if r != nil {
		n.Recipient = x.get(r.address)
	}
	return n
}

// still is the outcome of recipients that are put off when the log is over: they are
// still queued (mail.Deferred) where the log has the queue manager's lines, which would
// have told of their end, and unknown elsewhere (requirement C100).
func (t *Tracker) still() mail.Outcome {
	if t.queues.managed != 0 {
		return mail.Deferred
	}
	return mail.OutcomeUnknown
}

// Finish ends the log of the host. Order is by queue id, so that the same log gives the
// same calls.
func (t *Tracker) Finish() {
	s := t.memory
	// Of a provider's messages no line tells that they are gone: most are of no account by
	// now, and in no order.
	all := s.openOf(t)
	open := all[:0]
	for _, i := range all {
		if t.tells(i) {
			open = append(open, i)
		} else {
			t.release(i, mail.OutcomeUnknown, 0)
		}
	}
	slices.SortFunc(open, func(a, b uint32) int {
		x, y := s.messages.get(a), s.messages.get(b)
		return bytes.Compare(s.id(x), s.id(y))
	})
	for _, i := range open {
		t.release(i, t.still(), 0)
	}
}

// tells says that the end of a message may tell of a recipient or a refusal.
func (t *Tracker) tells(i uint32) bool {
	s := t.memory
	m := s.messages.get(i)
	for ri := range s.of(m) {
		if s.recipients.get(ri).is(isOpen | isRefused) {
			return true
		}
	}
	return m.is(isRare)
}

// openOf are the open messages of a host. All hosts share one look at all messages, as
// long as it is true.
func (s *Memory) openOf(t *Tracker) []uint32 {
	if len(s.byHost) != len(s.trackers) || len(s.byHost[t.host]) != t.live {
		s.byHost = make([][]uint32, len(s.trackers))
		for n := range s.messages.n {
			if m := s.messages.get(n + 1); m.is(live) {
				host := s.tracker(m).host
				s.byHost[host] = append(s.byHost[host], n+1)
			}
		}
	}
	open := s.byHost[t.host]
	s.byHost[t.host] = nil
	return open
}
