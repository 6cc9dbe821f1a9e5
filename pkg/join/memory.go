package join

import (
	"hash/maphash"
	"math"
	"unsafe"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Memory holds the open messages of all hosts, each in about 200 bytes with its texts and
// no pointers. It is bounded: beyond that the messages that were not seen for the longest
// time are forgotten, about in that order, and counted.
type Memory struct {
	// Most is how many bytes open messages may take.
	Most int64
	// Forgotten are open messages that had to make way. What the log tells of one later
	// counts as a message of its own.
	Forgotten int64
	// Crowded are lines of instances beyond those that are told apart on one host.
	Crowded int64

	seed        maphash.Seed
	trackers    []*Tracker
	index       index
	messages    pool[message]
	recipients  pool[recipient]
	rare        map[uint32]*rare     // what few messages have, by their number
	refusals    map[uint32]*refusals // further ones of few recipients, by their number
	texts       texts
	ids         messageIDs
	senders     map[string]uint32 // numbers of those that are kept once
	shared      []text            // their texts, by number from 1
	sharedSize  int64             // bytes of these
	unused      []*rare
	rareSize    int64      // bytes, about
	open, named int64      // messages and recipients
	latest      spot       // of the queue id that was looked up last, if it has a message
	hand        uint32     // the message that was looked at last for room
	watch       uint32     // and for whether it is silent
	listed      []uint32   // recipients, for one call
	gone        []int      // numbers of recipients, for one call
	byHost      [][]uint32 // open messages, at the end
	twins       twinPool
	fate        Fate
	names       Names
}

const (
	// DefaultMost is the bound of a Memory that none is set for: well over a million
	// messages.
	DefaultMost = 256 << 20
	// MaxHosts is how many trackers a Memory has place for.
	MaxHosts = math.MaxUint16 / hostQueues
	// maxSenders are kept once; further ones with each message.
	maxSenders = 1 << 14
	// sharedPart is the part of the memory that they may take: they stay.
	sharedPart = 4
	// maxPath is the longest sender that is kept once (RFC 5321 4.5.3.1.3), in bytes.
	maxPath = 256
	// silentDays is after how many days without a line a message is taken to be gone: its
	// end is not in the log. Postfix gives up after five (maximal_queue_lifetime), Exim
	// after four (the usual retry rule).
	silentDays = 10
	day        = 86_400 * 1_000_000
	// days are told apart, by numbers from 1.
	days = 255
)

// NewMemory returns an empty memory; most is its bound in bytes, 0 for DefaultMost.
func NewMemory(most int64) *Memory {
	if most <= 0 {
		most = DefaultMost
	}
	return &Memory{Most: most, seed: maphash.MakeSeed(), rare: map[uint32]*rare{}, refusals: map[uint32]*refusals{}, senders: map[string]uint32{}}
}

// Open returns how many messages are open.
func (s *Memory) Open() int { return int(s.open) }

// Size returns about how many bytes the open messages take.
func (s *Memory) Size() int64 {
	return s.open*int64(unsafe.Sizeof(message{})) + s.named*int64(unsafe.Sizeof(recipient{})) +
		int64(len(s.index.slots))*int64(unsafe.Sizeof(entry{})) + s.texts.live + s.rareSize
}

// makeRoom forgets messages until there is room for one more. Each is passed over once
// if it was seen since the last round.
func (s *Memory) makeRoom() {
	for s.Size() > s.Most && s.open > 0 {
		s.hand = s.hand%s.messages.n + 1
		switch m := s.messages.get(s.hand); {
		case !m.is(live):
		case m.is(touched):
			m.flags &^= touched
		default:
			s.Forgotten++
			s.tracker(m).release(s.hand, mail.OutcomeUnknown, 0)
		}
	}
	if s.texts.scattered() {
		s.gather()
	}
}

// watchSilent ends messages that have not been seen for a long time. Each new message
// pays for a look at two.
func (s *Memory) watchSilent() {
	for range 2 {
		s.watch = s.watch%s.messages.n + 1
		m := s.messages.get(s.watch)
		if !m.is(live) {
			continue
		}
		t := s.tracker(m)
		if silent := (int(t.today) - int(m.day) + days) % days; m.day != 0 && silent > silentDays && silent < days/2 {
			t.release(s.watch, t.still(), 0)
		}
	}
}

// gather moves all texts close together.
func (s *Memory) gather() {
	old := s.texts
	s.texts = texts{}
	move := func(x *text) { *x = s.texts.put(old.get(*x)) }
	for i := range s.shared {
		move(&s.shared[i])
	}
	for i := range s.messages.n {
		m := s.messages.get(i + 1)
		if !m.is(live) {
			continue
		}
		if x, ok := m.longID(); ok {
			move(&x)
			m.setLong(x)
		}
		move(&m.messageID)
		if !m.is(sharedSender) {
			move(&m.sender)
		}
		for r := range s.of(m) {
			move(&s.recipients.get(r).address)
		}
	}
}

// tracker is the one that follows a message.
func (s *Memory) tracker(m *message) *Tracker { return s.trackers[m.queue/hostQueues] }

// hash is that of a queue id on a host.
func (s *Memory) hash(host uint16, id []byte) uint32 {
	h := maphash.Bytes(s.seed, id)
	return uint32(h>>32) ^ uint32(h) ^ uint32(host)*0x9e3779b1
}

// find returns the number of the first open message with a queue id on a host.
func (s *Memory) find(host uint16, hash uint32, id []byte) uint32 {
	return s.index.find(hash, func(i uint32) bool {
		m := s.messages.get(i)
		return m.queue/hostQueues == host && s.has(m, id)
	})
}

// spot is where the messages with a queue id on a host are: its hash, and the first of
// them, 0 if there is none.
type spot struct{ hash, first uint32 }

// look is find for lines: many follow one of the same message.
func (s *Memory) look(host uint16, id []byte) spot {
	if s.latest.first != 0 {
		if m := s.messages.get(s.latest.first); m.queue/hostQueues == host && s.has(m, id) {
			return s.latest
		}
	}
	at := spot{hash: s.hash(host, id)}
	if at.first = s.find(host, at.hash, id); at.first != 0 {
		s.latest = at
	}
	return at
}

// setSender keeps a sender, once for all messages if there are few.
func (s *Memory) setSender(m *message, ev *mail.Event) {
	m.flags &^= nullSender
	if ev.NullSender {
		m.flags |= nullSender
	}
	switch {
	case m.sender == 0:
	case !m.is(sharedSender):
		s.texts.drop(m.sender)
	case string(s.texts.get(s.shared[m.sender-1])) == string(ev.Sender):
		return // it was told before
	}
	m.flags &^= sharedSender
	n, ok := s.senders[string(ev.Sender)]
	if !ok {
		m.sender = s.texts.put(ev.Sender)
		if m.sender == 0 || len(s.senders) >= maxSenders || len(ev.Sender) > maxPath || s.sharedSize+int64(len(ev.Sender)) > s.Most/sharedPart {
			return
		}
		s.sharedSize += int64(len(ev.Sender))
		s.shared = append(s.shared, m.sender)
		n = uint32(len(s.shared))
		s.senders[string(ev.Sender)] = n
	}
	m.sender = text(n)
	m.flags |= sharedSender
}

// sender returns the sender of a message, and its number if it is kept once.
func (s *Memory) sender(m *message) (sender []byte, number int) {
	if !m.is(sharedSender) {
		return s.texts.get(m.sender), 0
	}
	return s.texts.get(s.shared[m.sender-1]), int(m.sender)
}
