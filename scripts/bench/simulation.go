package main

import (
	"math"
	"math/rand/v2"
	"time"
)

const (
	sendingIP = "198.51.100.25"
	ownHost   = "mail.example.com"

	second   = int64(1e6) // times are microseconds
	minute   = 60 * second
	lifetime = 8 * 60 * minute // maximal_queue_lifetime

	flushAt = 1 << 20 // bytes in the buffer that are worth a write
)

// begin is when the log starts.
var begin = time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC).Unix() * second

// scribe writes what happens in the words of one program.
type scribe interface {
	arrive(*message)                      // a client hands a message in
	queued(*message)                      // it is in the queue, with all its recipients
	activate(*message)                    // it is taken up again for a retry
	try(*attempt)                         // one recipient has been attempted
	expire(*message, []*recipient)        // recipients are given up
	notify(parent, bounce *message)       // a bounce mail is queued for a local sender
	local(bounce *message, to *recipient) // and delivered
	done(*message)                        // nothing is left to do
	noise()                               // something else happens
}

// simulation is one sender with its queue.
type simulation struct {
	settings
	rng    *rand.Rand
	world  *world
	scribe scribe
	buffer []byte
	now    int64
	events agenda
	slots  []*message
	free   []int32
	busy   []int64 // until when each smtp process is busy
	number uint64
	truth  *truth
	open   int

	dateOf   int64
	dateText []byte
	mark     int // bytes of the buffer that are counted
}

func newSimulation(s settings, scribe func(*simulation) scribe) *simulation {
	rng := rand.New(rand.NewPCG(s.Seed, 0x6d61696c))
	sim := &simulation{settings: s, rng: rng, world: newWorld(rng, s.Deferrals), now: begin, truth: &truth{Version: version, Settings: s, Classes: map[string]int{}}}
	sim.scribe = scribe(sim)
	sim.events.push(event{at: begin, kind: arrival})
	return sim
}

func (s *simulation) clock() time.Time { return time.UnixMicro(s.now) }

// step lets one event happen and says whether the buffer is worth writing.
func (s *simulation) step() bool {
	e := s.events.pop()
	s.now = e.at
	switch e.kind {
	case arrival:
		s.arrive()
	case entry:
		m := s.slots[e.slot]
		s.scribe.queued(m)
		s.activate(m)
	case retry:
		m := s.slots[e.slot]
		s.scribe.activate(m)
		s.activate(m)
	case completion:
		s.complete(s.slots[e.slot], int(e.rcpt))
	case mailbox:
		m := s.slots[e.slot]
		s.scribe.local(m, &m.rcpts[0])
		s.truth.Local++
		s.remove(m)
	}
	s.truth.Bytes += int64(len(s.buffer) - s.mark)
	s.mark = len(s.buffer)
	if s.mark < flushAt && s.truth.Bytes < s.Size {
		return false
	}
	s.mark = 0
	return true
}

// line ends a line.
func (s *simulation) line(b []byte) {
	b = append(b, '\n')
	s.buffer = b
	s.truth.Lines++
}

// arrive takes one message in and plans the next.
func (s *simulation) arrive() {
	s.events.push(event{at: s.now + int64(s.rng.ExpFloat64()/s.Rate*float64(second)), kind: arrival})
	if s.rng.Float64() < 0.6 {
		s.scribe.noise()
	}
	m := s.message()
	m.sender = s.world.senders[s.rng.IntN(len(s.world.senders))]
	m.client = int32(s.rng.IntN(len(s.world.clients)+8)) - 8 // below 0: handed in on this machine
	n := 1
	if x := s.rng.Float64(); x < 0.03 {
		n = 5
	} else if x < 0.07 {
		n = 3
	} else if x < 0.15 {
		n = 2
	}
	for range n {
		d := s.world.choose(s.rng)
		m.rcpts = append(m.rcpts, recipient{address: s.person() + "@" + d.name, domain: d})
	}
	s.scribe.arrive(m)
	s.events.push(event{at: s.now + 20_000 + s.rng.Int64N(300_000), kind: entry, slot: m.slot})
}

// person is a local part, of about 80,000.
func (s *simulation) person() string {
	b := append(make([]byte, 0, 16), names[s.rng.IntN(len(names))]...)
	if s.rng.IntN(2) == 0 {
		b = append(append(b, '.'), names[s.rng.IntN(len(names))]...)
	}
	return string(pad(b, s.rng.Uint64N(100), 2))
}

var names = [...]string{"ann", "ben", "carla", "dana", "emil", "fred", "gina", "hugo", "ines", "jan", "karl", "lena", "marta", "nils", "olga", "paul", "rosa", "sven", "tina", "ute", "vera", "wim"}

// message takes a free slot. Slots stand for inodes: they are used again.
func (s *simulation) message() *message {
	if len(s.free) == 0 {
		s.free = append(s.free, int32(len(s.slots)))
		s.slots = append(s.slots, &message{})
	}
	last := len(s.free) - 1
	slot := s.free[last]
	s.free = s.free[:last]
	m := s.slots[slot]
	*m = message{slot: slot, born: s.now, size: 2000 + int32(math.Exp(s.rng.NormFloat64()*1.2)*9000), number: s.number, id: m.id[:0], rcpts: m.rcpts[:0]}
	s.number++
	s.open++
	s.truth.Messages++
	s.truth.MaxOpen = max(s.truth.MaxOpen, s.open)
	return m
}

// activate starts an attempt for every recipient left.
func (s *simulation) activate(m *message) {
	for i := range m.rcpts {
		r := &m.rcpts[i]
		if r.done {
			continue
		}
		m.pending++
		s.begin(m, r)
		s.events.push(event{at: s.now + r.next.wait + r.next.setup + r.next.send, kind: completion, slot: m.slot, rcpt: uint8(i)})
	}
}

// begin draws what will come of the attempt.
func (s *simulation) begin(m *message, r *recipient) {
	d := r.domain
	a := attempt{msg: m, rcpt: r, host: s.host(d), wait: s.rng.Int64N(60_000), setup: 80_000 + s.rng.Int64N(500_000), send: 100_000 + s.rng.Int64N(900_000)}
	// Who was deferred once is deferred more readily than others.
	chance := d.defers
	if r.tries > 0 {
		chance = max(chance, min(0.42*math.Sqrt(s.Deferrals), 0.95))
	}
	r.tries++
	switch x := s.rng.Float64(); {
	case d.dead || x < chance:
		a.outcome, a.reply = deferred, pick(s.rng, *d.refusals)
	case x < chance+d.bounces:
		a.outcome, a.reply = bounced, pick(s.rng, *d.rejects)
	default:
		if s.rng.Float64() < 0.04 {
			a.reused, a.setup = 2+s.rng.IntN(8), 0
		} else if s.Kind != "mailgun" && s.rng.Float64() < 0.01 {
			a.before, a.beside = pick(s.rng, *d.refusals), s.host(d)
		}
	}
	if a.reply != nil {
		switch a.reply.form {
		case connect:
			a.setup, a.send = 30*second, 0
		case timedOut:
			a.send = 300 * second
		case refused, lost:
			a.send = 0
		case said, suspended:
		}
		if a.outcome == deferred && a.reply.form == refused && s.Kind != "mailgun" && s.rng.Float64() < 0.1 {
			waiting := *a.reply
			waiting.form = suspended
			a.reply, a.setup, a.send = &waiting, 0, 0
		}
	}
	a.slot = s.process(s.now+a.wait, s.now+a.wait+a.setup+a.send)
	r.next = a
}

// host is the one tried: the first of the list most often.
func (s *simulation) host(d *domain) *endpoint {
	return &d.hosts[min(s.rng.IntN(len(d.hosts)), s.rng.IntN(len(d.hosts)))]
}

// process finds an idle process, or starts one.
func (s *simulation) process(from, until int64) int {
	for i, busy := range s.busy {
		if busy <= from {
			s.busy[i] = until
			return i
		}
	}
	s.busy = append(s.busy, until)
	return len(s.busy) - 1
}

// complete writes the outcome of an attempt and plans what follows.
func (s *simulation) complete(m *message, i int) {
	r := &m.rcpts[i]
	a := &r.next
	s.scribe.try(a)
	s.truth.count(a)
	m.pending--
	r.done = a.outcome != deferred
	m.failed = m.failed || a.outcome == bounced
	if m.pending > 0 {
		return
	}
	var left []*recipient
	for i := range m.rcpts {
		if !m.rcpts[i].done {
			left = append(left, &m.rcpts[i])
		}
	}
	if len(left) > 0 && s.now-m.born >= lifetime {
		s.scribe.expire(m, left)
		s.truth.Expired += len(left)
		m.failed, left = true, nil
	}
	if m.failed {
		m.failed = false
		s.notify(m)
	}
	if len(left) == 0 {
		s.remove(m)
		return
	}
	// minimal_backoff_time 300s, maximal_backoff_time 4000s; the queue is scanned every so often.
	wait := min(max(s.now-m.born, 300*second), 4000*second)
	s.events.push(event{at: s.now + wait + s.rng.Int64N(wait/4), kind: retry, slot: m.slot})
}

// notify queues a bounce mail, which is delivered to a mailbox of our own. Mailgun sends
// an event instead.
func (s *simulation) notify(parent *message) {
	if s.Kind == "mailgun" {
		return
	}
	m := s.message()
	m.bounce, m.client = true, -1
	m.rcpts = append(m.rcpts, recipient{address: parent.sender})
	s.truth.Notifications++
	s.scribe.notify(parent, m)
	s.events.push(event{at: s.now + 10_000 + s.rng.Int64N(90_000), kind: mailbox, slot: m.slot})
}

// remove ends a message.
func (s *simulation) remove(m *message) {
	s.scribe.done(m)
	s.open--
	s.free = append(s.free, m.slot)
}

// finish completes the truth.
func (s *simulation) finish() *truth {
	s.truth.Open = s.open
	s.truth.Hours = float64(s.now-begin) / float64(60*minute)
	s.truth.Domains = map[string]tally{}
	s.truth.Platforms = map[string]tally{}
	for i := range s.world.domains {
		d := &s.world.domains[i]
		if d.delivered == (tally{}) {
			continue
		}
		s.truth.Domains[d.name] = d.delivered
		sum := s.truth.Platforms[d.platform]
		sum.add(d.delivered)
		s.truth.Platforms[d.platform] = sum
		s.truth.All.add(d.delivered)
	}
	return s.truth
}
