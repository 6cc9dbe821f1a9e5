// Package session rebuilds SMTP sessions from delivery lines and measures how
// many were open at once.
//
// A delivery line is written when the delivery ends. It tells how long the
// connection set-up (c) and the transmission (d) took, so the session was busy
// over [end - c - d, end]. With whole-second stamps the end inside the second is
// taken from the order of the lines: the i-th of n lines of all programs with one
// stamp ended near (i+0.5)/n. Measured against real receivers this finds the peak
// to about 2 or 25 %.
//
//	second s:  |line 0 |line 1 |line 2 |line 3 |      n = 4
//	line 2 ends at s + 2.5/4, and began c + d earlier,
//	but not before the previous delivery of the same process ended.
package session

import (
	"hash/fnv"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Slot names where a span is handed to: one receiving host of one accumulator.
// The stream only keeps it.
type Slot int32

// Span is the time one session was busy with one delivery, in microseconds since
// 1970. Several recipients of one delivery are one Span.
type Span struct {
	Open, Close int64
	// PID is the delivery process, mixed with its host so that two hosts differ. The
	// queue id stands in for one that is not known.
	PID uint32
	// Attempts is the number of recipients tried, Refused how many of them (or the
	// session itself) met a connection or rate limit.
	Attempts, Refused uint16
	// New says that the connection was opened for this delivery (no conn_use=).
	New bool
	// Precise says that the stamp had a fraction of a second.
	Precise bool
}

// interim is how long a refusal by an earlier MX is taken to last: the log has no
// duration for it.
const interim = 20_000 // microseconds

// assumed is how long a delivery is taken to last whose line does not tell: Exim
// without deliver_time, Postfix before 2.3.
const assumed = 100_000 // microseconds

const second = 1_000_000

// item is a delivery line that waits for the end of its second.
type item struct {
	slot    Slot
	index   int // position of the line in its second
	queue   uint64
	busy    int64 // c + d
	interim bool
	span    Span
}

// Stream rebuilds the sessions of one log host, fed in log order.
type Stream struct {
	emit  func(Slot, Span)
	host  uint32
	stamp int64 // the second being collected, in microseconds; 0 before the first line
	lines int   // lines of all programs with that stamp
	items []item
	ended map[uint32]int64 // last end by pid
}

// NewStream returns a stream that hands each span to emit. host tells streams of
// different log hosts apart.
func NewStream(host string, emit func(Slot, Span)) *Stream {
	h := fnv.New32a()
	_, _ = h.Write([]byte(host)) // a hash never fails
	return &Stream{emit: emit, host: h.Sum32(), ended: map[uint32]int64{}}
}

// Line counts one log line of any program, so that positions inside a second are
// known. It must be called for every line with a time, before Delivery.
func (s *Stream) Line(time int64, precise bool) {
	if time == 0 || precise {
		return
	}
	if stamp := time - time%second; stamp != s.stamp {
		s.flush()
		s.stamp = stamp
	}
	s.lines++
}

// Delivery takes an attempt or refusal on the wire. limited says that it met a
// connection or rate limit.
func (s *Stream) Delivery(ev *mail.Event, slot Slot, limited bool) {
	if ev.Time == 0 || ev.Outcome == mail.Suspended {
		return
	}
	it := item{
		slot: slot, index: s.lines - 1, queue: hash(ev.QueueID), busy: ev.Delays[2] + ev.Delays[3],
		interim: ev.Kind == mail.KindRefusal,
		span:    Span{PID: ev.PID ^ s.host, Attempts: 1, New: ev.ConnUse < 2, Precise: ev.Precise},
	}
	switch {
	case it.interim:
		it.busy = interim
	case !ev.HasDelays:
		it.busy = assumed
	}
	if ev.PID == 0 {
		it.span.PID = uint32(it.queue) ^ s.host
	}
	if limited {
		it.span.Refused = 1
	}
	if ev.Precise {
		s.finish(&it, ev.Time)
		return
	}
	if stamp := ev.Time - ev.Time%second; stamp != s.stamp { // told late: its place in its second is gone
		s.finish(&it, stamp+second/2)
		return
	}
	if s.merge(&it) {
		return
	}
	s.items = append(s.items, it)
}

// merge adds a further recipient of the same delivery (same process, queue id and
// second) to its item.
func (s *Stream) merge(it *item) bool {
	if it.interim {
		return false
	}
	for i := len(s.items) - 1; i >= 0 && i >= len(s.items)-64; i-- {
		o := &s.items[i]
		if o.queue == it.queue && o.span.PID == it.span.PID && o.slot == it.slot && !o.interim {
			o.span.Attempts++
			o.span.Refused += it.span.Refused
			return true
		}
	}
	return false
}

// flush gives the items of the collected second their place in it.
func (s *Stream) flush() {
	for i := range s.items {
		it := &s.items[i]
		s.finish(it, s.stamp+(2*int64(it.index)+1)*second/(2*int64(s.lines)))
	}
	s.items, s.lines = s.items[:0], 0
}

func (s *Stream) finish(it *item, end int64) {
	// A process has one session at a time: it closed the one with an earlier MX
	// before it opened the next.
	it.span.Close = end
	if last := s.ended[it.span.PID]; end >= last {
		it.span.Open = max(end-it.busy, last)
		s.ended[it.span.PID] = end
	} else { // told late (join.Twins): the process has gone on since
		it.span.Open = end - it.busy
	}
	s.emit(it.slot, it.span)
}

// Finish ends the log.
func (s *Stream) Finish() { s.flush() }

func hash(b []byte) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(b) // a hash never fails
	return h.Sum64()
}
