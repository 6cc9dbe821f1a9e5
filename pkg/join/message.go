package join

import (
	"bytes"
	"hash/maphash"
	"iter"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// message is one queue entry.
type message struct {
	arrival int64
	number  uint32
	last    uint32 // recipient; the next one after it is the first
	place   Cell   // the destination it was seen at first; flags say how
	// messageID (as messageIDs keeps it) and sender are empty as long as they are not
	// known. A shared sender is told by its number.
	messageID, sender text
	id                queueID
	queue             uint16 // its own, or that of the host as long as it is not known
	day               uint8  // it was seen last, 0 if that is not known
	flags             uint8
}

// What flags say of a message.
const (
	live = 1 << iota
	touched
	nullSender
	notice
	sharedSender // the sender is kept once for all messages
	isRare       // there is more in Memory.rare
	seenAt       // it was tried at place
	refusedAt    // it met a refusal there that severity counts
)

func (m *message) is(flag uint8) bool { return m.flags&flag != 0 }

// isNotice says that the message is itself a delivery status notification.
func (m *message) isNotice() bool { return m.is(notice | nullSender) }

// recipient is the state of one recipient of one message.
type recipient struct {
	last    int64   // time of the last attempt
	mark    int64   // time of the first failure while it is open, then of the end
	refused refusal // the first one that severity counts
	address text
	next    uint32
	number  uint32
	cell    Cell
	// attempts stop counting at 65535.
	attempts uint16
	outcome  mail.Outcome
	flags    uint8
}

// What flags say of a recipient.
const (
	isOpen    = 1 << iota // the last outcome was a deferral or suspension
	isTrouble             // refused, or suspended because of a refusal
	isRefused             // there is a refusal
	isMore                // there are more in Memory.refusals
	isListed              // it is in rare.opened
)

func (r *recipient) is(flag uint8) bool { return r.flags&flag != 0 }

// rare is what few messages have.
type rare struct {
	next    uint32   // the next message with the same queue id, of another queue
	places  places   // destinations but the first
	refused refusals // those that named no recipient
	// lastMX remembers the MX of a refusal that ended the session, to know the
	// "lost connection" line that follows it (Postfix, 421 to a pipelined MAIL).
	lastMX  []byte
	lastPID uint32
	// byAddress finds one of many recipients by hash, opened those to end at an expiry.
	byAddress map[uint64]uint32
	opened    []uint32
	size      int64
}

// manyRecipients are found by hash.
const manyRecipients = 16

// Sizes of what a message may have beside its record, in bytes, about.
const (
	rareBytes  = 256
	placeBytes = 16
	findBytes  = 32
)

// rarely returns the rare part of a message.
func (s *Memory) rarely(i uint32, m *message) *rare {
	if m.is(isRare) {
		return s.rare[i]
	}
	m.flags |= isRare
	var x *rare
	if n := len(s.unused); n > 0 {
		x, s.unused = s.unused[n-1], s.unused[:n-1]
	} else {
		x = &rare{}
	}
	s.rare[i] = x
	s.grow(x, rareBytes)
	return x
}

// next is the next message with the same queue id, of another queue, 0 if there is none.
func (s *Memory) next(i uint32, m *message) uint32 {
	if !m.is(isRare) {
		return 0
	}
	return s.rare[i].next
}

// setNext sets it.
func (s *Memory) setNext(i uint32, m *message, next uint32) {
	if next != s.next(i, m) {
		s.rarely(i, m).next = next
	}
}

func (s *Memory) grow(x *rare, bytes int64) {
	x.size += bytes
	s.rareSize += bytes
}

// dropRare frees the rare part of a message. Small ones serve again.
func (s *Memory) dropRare(i uint32) {
	x := s.rare[i]
	delete(s.rare, i)
	s.rareSize -= x.size
	if x.byAddress != nil || x.places.many != nil || len(x.refused.list) > manyRecipients {
		return
	}
	*x = rare{places: places{few: x.places.few[:0]}, refused: refusals{list: x.refused.list[:0]}, lastMX: x.lastMX[:0]}
	s.unused = append(s.unused, x)
}

// at notes a destination of a message, and how it was met (seenAt, refusedAt). It says
// whether that is new.
func (s *Memory) at(i uint32, m *message, place Cell, how uint8) bool {
	if !m.is(seenAt | refusedAt) {
		m.place = place
	}
	if m.place == place {
		isNew := !m.is(how)
		m.flags |= how
		return isNew
	}
	x := s.rarely(i, m)
	was, isNew := x.places.add(place, how)
	if isNew {
		s.grow(x, placeBytes)
	}
	return was&how == 0
}

// of goes over the recipients of a message, in the order in which they were named.
func (s *Memory) of(m *message) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		if m.last == 0 {
			return
		}
		for i := m.last; ; {
			i = s.recipients.get(i).next
			if !yield(i) || i == m.last {
				return
			}
		}
	}
}

// recipient returns the number of a recipient, 0 if the message has none of that address.
func (s *Memory) recipient(i uint32, m *message, address []byte) uint32 {
	many := m.is(isRare) && s.rare[i].byAddress != nil
	if many {
		found, ok := s.rare[i].byAddress[maphash.Bytes(s.seed, address)]
		if !ok || bytes.Equal(s.texts.get(s.recipients.get(found).address), address) {
			return found
		}
	}
	n := 0
	for r := range s.of(m) {
		if bytes.Equal(s.texts.get(s.recipients.get(r).address), address) {
			return r
		}
		n++
	}
	if n >= manyRecipients && !many {
		s.listRecipients(i, m)
	}
	return 0
}

// listRecipients makes the recipients of a message be found by hash.
func (s *Memory) listRecipients(i uint32, m *message) {
	x := s.rarely(i, m)
	x.byAddress = map[uint64]uint32{}
	for r := range s.of(m) {
		s.list(x, r)
	}
}

func (s *Memory) list(x *rare, i uint32) {
	r := s.recipients.get(i)
	x.byAddress[maphash.Bytes(s.seed, s.texts.get(r.address))] = i
	s.grow(x, findBytes)
	if r.is(isOpen) {
		x.opens(i, r)
	}
}

// opens notes that a recipient is open, once.
func (x *rare) opens(i uint32, r *recipient) {
	if !r.is(isListed) {
		r.flags |= isListed
		x.opened = append(x.opened, i)
	}
}

// addRecipient adds a recipient to a message.
func (s *Memory) addRecipient(i uint32, m *message, address []byte, cell Cell, number int) uint32 {
	n := s.recipients.add()
	r := s.recipients.get(n)
	*r = recipient{address: s.texts.put(address), cell: cell, number: uint32(number), next: n}
	s.named++
	if m.last != 0 {
		last := s.recipients.get(m.last)
		r.next, last.next = last.next, n
	}
	m.last = n
	if m.is(isRare) && s.rare[i].byAddress != nil {
		s.list(s.rare[i], n)
	}
	return n
}

// free lets go of a message and of all that belongs to it. It is not in the index any
// more.
func (s *Memory) free(i uint32) {
	m := s.messages.get(i)
	for r := m.last; r != 0; {
		one := s.recipients.get(r)
		next := one.next
		s.texts.drop(one.address)
		if one.is(isMore) {
			s.rareSize -= s.refusals[r].size()
			delete(s.refusals, r)
		}
		s.recipients.drop(r)
		s.named--
		if r = next; r == m.last {
			break
		}
	}
	if m.is(isRare) {
		s.dropRare(i)
	}
	if x, ok := m.longID(); ok {
		s.texts.drop(x)
	}
	s.texts.drop(m.messageID)
	if !m.is(sharedSender) {
		s.texts.drop(m.sender)
	}
	if i == s.latest.first {
		s.latest = spot{}
	}
	s.tracker(m).live--
	*m = message{}
	s.messages.drop(i)
	s.open--
}
