// Package join follows messages through their life on one host: from the line
// that puts them into the queue, over every attempt and suspension, to their end.
//
// Queue ids mean something on one host only, so there is one Tracker per log host,
// fed in time order. It tells for every attempt whether it is the message's first
// or a retry and after which gap, and for every recipient that was deferred or met a
// refusal what became of it.
package join

import (
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Cell names the accumulator that an attempt belongs to. The tracker only keeps it.
type Cell int32

// NoCell is the cell of a recipient whose destination is not known.
const NoCell Cell = -1

// Attempt is what the tracker knows about one attempt besides its own line.
type Attempt struct {
	// FirstOfMessage says that the message was not seen at this destination before,
	// FirstOfRecipient that the recipient was not.
	FirstOfMessage, FirstOfRecipient bool
	// Retry is the number of earlier attempts for this recipient (0: the first). A
	// suspension is no attempt.
	Retry int
	// Gap is the time since the previous attempt in microseconds, 0 if unknown.
	Gap int64
	// AfterTrouble says that an earlier attempt met a refusal that severity counts,
	// FirstTroubleOfMessage that this is the first one for the message at this
	// destination. A suspension that repeats the text of a refusal is none.
	AfterTrouble, FirstTroubleOfMessage bool
	// Arrival is when the message entered the queue, 0 if the log does not show it.
	Arrival int64
	// Notice marks a message that is itself a delivery status notification.
	Notice bool
	// HasID says that the log has a Message-ID of the message so far (Tracker.MessageID).
	HasID bool
	// Sender is what the log has of it so far, or empty; valid until the next call.
	Sender []byte
	// SenderNumber tells senders apart: that of a Memory, from 1, is always the same
	// sender. 0 is one without a number.
	SenderNumber int
	// Message and Recipient number what the tracker follows, from 1. They are 0 on a
	// line without a queue id, Recipient also for a refusal that names none.
	Message, Recipient int
	message            uint32 // in Memory
	// Repeated marks a line that tells of the same try as an earlier one: the
	// connection lost right after the refusal that ended it.
	Repeated bool
}

// Fate is what became of one recipient that was deferred or suspended at least once,
// or whose message met a refusal that severity counts.
type Fate struct {
	Cell    Cell
	Outcome mail.Outcome // Delivered, Bounced, Expired, OutcomeUnknown; Deferred = still queued
	// Trouble says that a refusal which severity counts was among the failures, or a
	// suspension because of one.
	Trouble bool
	// Met says that such a refusal was met at this destination: one of its own, or one by
	// an earlier MX in the same delivery. Refused is the time of the first. Of all fates
	// of a recipient at a destination one at most has it. HeldBack says that there was a
	// suspension only: the refusal was of other mail, and Refused is 0.
	Met, HeldBack bool
	Refused       int64
	// AtOnce marks a recipient that ended without being put off, or whose end was told
	// before its refusal was known: it is told because of the refusal only.
	AtOnce bool
	// Attempts is the number of tries on the wire, the last one included.
	Attempts int
	// Wait is the time from the first failure to the end, in microseconds, 0 if unknown.
	Wait int64
	// End is the time of the end, 0 if unknown.
	End    int64
	Notice bool
	// Number is Attempt.Recipient, 0 for a recipient that no attempt named.
	Number int
	// HasID says that the log has the Message-ID.
	HasID bool
	// The texts are empty unless Names filled them in; Recipient also where the log
	// names none.
	QueueID, MessageID, Sender, Recipient string
}

// Retried says that the recipient was tried on the wire more than once. One that was
// only suspended, and taken when it was tried, was not.
func (f *Fate) Retried() bool { return f.Attempts > 1 }

// Names are the texts of a fate, valid until the function returns that they are handed
// to.
type Names struct{ QueueID, MessageID, Sender, Recipient []byte }

// Fill copies the texts into a fate: into one piece of memory, but for the recipient, whom
// a tag may replace.
func (n *Names) Fill(f *Fate) {
	all := string(slices.Concat(n.QueueID, n.MessageID, n.Sender))
	id, sender := len(n.QueueID), len(n.QueueID)+len(n.MessageID)
	f.QueueID, f.MessageID, f.Sender, f.Recipient = all[:id], all[id:sender], all[sender:], string(n.Recipient)
}

// Tracker follows the messages of one host.
type Tracker struct {
	// Destination, if set, says which cell stands for the destination of another one: a
	// destination has a cell for each sending IP.
	Destination func(Cell) Cell
	// Gone, if set, is called when a message is over, with its number (Attempt.Message) and
	// those of its recipients in the order in which they were named: nothing more will be
	// told of them. The list is valid until the function returns.
	Gone func(message int, recipients []int)

	memory *Memory
	host   uint16
	fate   func(*Fate, *Names)
	queues queues
	today  uint8 // the day of the last line, 0 if it is not known
	live   int   // open messages
	// messages and recipients count what was numbered.
	messages, recipients int
}

// New returns a tracker with a memory of its own. See Memory.Tracker.
func New(fate func(*Fate, *Names)) *Tracker { return NewMemory(0).Tracker(fate) }

// Tracker returns the tracker of one more host, of MaxHosts at most. It reports each
// recipient's end to fate, which must not keep what it is handed. The Fate of a recipient
// that was delivered at once and met no refusal is not reported.
func (s *Memory) Tracker(fate func(*Fate, *Names)) *Tracker {
	t := &Tracker{memory: s, host: uint16(len(s.trackers)), fate: fate}
	s.trackers = append(s.trackers, t)
	return t
}

// find returns the number of the open message of the event, 0 if there is none, and where
// those with its queue id are. A delivery agent with a syslog_name of its own (outlook5/smtp)
// belongs to whichever queue has the id.
func (t *Tracker) find(ev *mail.Event) (at spot, message uint32) {
	if at = t.memory.look(t.host, ev.QueueID); at.first == 0 {
		return at, 0
	}
	return at, t.among(at.first, ev)
}

// among returns the message of the event among those with its queue id, 0 if it is none
// of them.
func (t *Tracker) among(first uint32, ev *mail.Event) uint32 {
	q := t.queue(ev)
	m := t.memory.messages.get(first)
	if m.queue == q {
		return first
	}
	next := t.memory.next(first, m)
	if next == 0 && (m.queue == t.queues.unnamed(t.host) || !t.queues.isManaged(q)) {
		return first
	}
	for i := next; i != 0; {
		m = t.memory.messages.get(i)
		if m.queue == q {
			return i
		}
		i = t.memory.next(i, m)
	}
	return 0
}

// entry returns the open message of the event, which find found, and makes one if there
// is none. managing says that the line is of the queue manager or of what fills its queue.
func (t *Tracker) entry(at spot, i uint32, ev *mail.Event, managing bool) (uint32, *message) {
	q := t.queue(ev)
	if managing {
		t.queues.manage(q)
	}
	if ev.Time > 0 {
		t.today = uint8(1 + ev.Time/day%days)
	}
	if i == 0 {
		i = t.open(at, ev.QueueID)
	}
	m := t.memory.messages.get(i)
	if managing && m.queue == t.queues.unnamed(t.host) {
		m.queue = q
	}
	m.day = t.today
	m.flags |= touched
	return i, m
}

// open makes a message.
func (t *Tracker) open(at spot, id []byte) uint32 {
	s := t.memory
	s.makeRoom()
	i := s.messages.add()
	s.watchSilent()
	t.messages++
	s.open++
	t.live++
	m := s.messages.get(i)
	*m = message{number: uint32(t.messages), queue: t.queues.unnamed(t.host), flags: live}
	s.setID(m, id)
	if at.first != 0 {
		at.first = s.find(t.host, at.hash, id) // it may have made room
	}
	if at.first != 0 {
		last := at.first
		for n := last; n != 0; n = s.next(n, s.messages.get(n)) {
			last = n
		}
		s.setNext(last, s.messages.get(last), i)
	} else {
		s.index.add(at.hash, i)
		s.latest = spot{at.hash, i}
	}
	return i
}

// Sender returns the envelope sender of an attempt's message: what the log told before,
// else what its own line says; empty if unknown or null. It is valid until the next call.
func (t *Tracker) Sender(ev *mail.Event) []byte {
	if _, i := t.find(ev); i != 0 {
		if m := t.memory.messages.get(i); m.sender != 0 {
			sender, _ := t.memory.sender(m)
			return sender
		}
	}
	return ev.Sender
}

// MessageID returns the Message-ID of an attempt's message, empty if the log has none so
// far. It must be asked for before the next call.
func (t *Tracker) MessageID(a *Attempt) []byte {
	if !a.HasID {
		return nil
	}
	return t.memory.messageID(t.memory.messages.get(a.message))
}

// Note takes an event that is no attempt: arrival, message-id, activation, notice,
// expiry, removal.
func (t *Tracker) Note(ev *mail.Event) {
	if len(ev.QueueID) == 0 {
		return
	}
	switch ev.Kind {
	case mail.KindArrival:
		t.arrive(ev)
	case mail.KindMessageID:
		at, i := t.find(ev)
		_, m := t.entry(at, i, ev, true)
		t.memory.setMessageID(m, ev.MessageID)
	case mail.KindActive:
		at, i := t.find(ev)
		_, m := t.entry(at, i, ev, true)
		t.memory.setSender(m, ev)
	case mail.KindNotice:
		if len(ev.Child) > 0 {
			child := *ev
			child.QueueID = ev.Child
			at, i := t.find(&child)
			_, m := t.entry(at, i, &child, true)
			m.flags |= notice
		}
	case mail.KindExpiry:
		t.expire(ev)
	case mail.KindRemoved:
		t.remove(ev)
	default: // attempts have their own method; the rest is no life of a message
	}
}

// arrive takes the birth of a message. One under an id that is still open tells that the
// end of the old one is not in this log (short ids are reused, mail_queue.h).
func (t *Tracker) arrive(ev *mail.Event) {
	at, i := t.find(ev)
	if i != 0 {
		if m := t.memory.messages.get(i); m.arrival != 0 || m.last != 0 {
			t.release(i, mail.OutcomeUnknown, ev.Time)
			at, i = t.find(ev)
		}
	}
	_, m := t.entry(at, i, ev, true)
	m.arrival = ev.Time
	// Exim tells sender and Message-ID on the line of the arrival.
	if len(ev.Sender) > 0 || ev.NullSender {
		t.memory.setSender(m, ev)
	}
	if len(ev.MessageID) > 0 {
		t.memory.setMessageID(m, ev.MessageID)
	}
}
