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
	"hash/maphash"
	"math"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// interim is how long a refusal by an earlier MX is taken to last: the log has no
// duration for it.
const interim = 20_000 // microseconds

// quiet is how long a process is remembered after its last delivery: far longer than
// one delivery takes to log all its recipients.
const quiet = 900 * second

const (
	// fewProcesses are kept without looking whether any of them is gone.
	fewProcesses = 4096
	// maxProcesses are kept at most, however short ago they ended; log text is hostile.
	maxProcesses = 1 << 16
	// logged is the longest that one delivery takes to log its recipients.
	logged = 60 * second
	// maxItems is how many deliveries of one second get their place in it.
	maxItems = 1 << 16
)

// assumed is how long a delivery is taken to last whose line does not tell: Exim
// without deliver_time, Postfix before 2.3.
const assumed = 100_000 // microseconds

const second = 1_000_000

// item is a delivery line that waits for the end of its second.
type item struct {
	held
	busy  int64 // c + d
	index int   // position of the line in its second
	older int32 // place of the item before it in its row, from 1; 0 if there is none
}

// held is the span of one delivery that waits, and what tells further recipients of it.
type held struct {
	span    Span
	queue   uint64
	slot    Slot
	interim bool
	open    bool // by a process: it is not handed out
}

// Stream rebuilds the sessions of one log host, fed in log order.
type Stream struct {
	// Early are deliveries that were handed out before all their recipients can have been
	// seen, or without a place in their second, because there were too many.
	Early int64

	emit  func(Slot, Span)
	seed  maphash.Seed // of queue ids
	host  uint32
	stamp int64 // the second being collected, in microseconds; 0 before the first line
	lines int   // lines of all programs with that stamp
	items []item
	rows  [lookBack]int32 // place of the last item of a process, from 1, by the low bits of its number
	procs processTable
	prune int   // look for processes that are gone at so many
	look  int64 // and at this time, so that no span is handed out long after its end
}

// process is the last delivery of one process, which span.PID tells. It waits for further
// recipients.
type process struct{ held }

// end is when a process ended its last delivery.
func (p *process) end() int64 { return p.span.Close }

// NewStream returns a stream that hands each span to emit. host tells streams of
// different log hosts apart.
func NewStream(host string, emit func(Slot, Span)) *Stream {
	h := fnv.New32a()
	_, _ = h.Write([]byte(host)) // a hash never fails
	return &Stream{emit: emit, seed: maphash.MakeSeed(), host: h.Sum32(), procs: newProcessTable(), prune: fewProcesses}
}

// Lines counts n log lines of one time, of any program, so that positions inside a second
// are known. It must be called for every line with a time, before Delivery.
func (s *Stream) Lines(time int64, precise bool, n int) {
	if time == 0 || precise {
		return
	}
	if since := time - s.stamp; since < 0 || since >= second {
		s.flush()
		s.stamp = time - time%second
	}
	s.lines += n
}

// Delivery takes an attempt or refusal on the wire. limited says that it met a
// connection or rate limit.
func (s *Stream) Delivery(ev *mail.Event, slot Slot, limited bool) {
	if ev.Time == 0 || ev.Outcome == mail.Suspended {
		return
	}
	it := item{
		held: held{
			slot: slot, queue: maphash.Bytes(s.seed, ev.QueueID), interim: ev.Kind == mail.KindRefusal,
			span: Span{
				PID: ev.PID ^ s.host, Attempts: 1, Use: uint16(min(max(ev.ConnUse, 1), math.MaxUint16)),
				Setup: uint16(min(max(ev.Delays[2]/1000, 0), math.MaxUint16)), Host: uint8(hash(ev.MXIP)), Precise: ev.Precise,
			},
		},
		index: s.lines - 1, busy: ev.Delays[2] + ev.Delays[3],
	}
	switch {
	case it.interim:
		it.busy = interim
	case !ev.HasDelays:
		it.busy = assumed
	}
	if ev.PID == 0 {
		it.span.PID = uint32(hash(ev.QueueID)) ^ s.host
	}
	if limited {
		it.span.Refused = 1
	}
	if ev.Outcome == mail.Delivered || !limited && ev.Stage >= mail.StageRcpt {
		it.span.Served = 1
	}
	if ev.Precise {
		s.finish(&it, ev.Time)
		return
	}
	if stamp := ev.Time - ev.Time%second; stamp != s.stamp { // told late: its place in its second is gone
		s.finish(&it, stamp+second/2)
		return
	}
	row := &s.rows[it.span.PID%lookBack]
	if s.merge(&it, *row) {
		return
	}
	if len(s.items) >= maxItems {
		s.Early++
		s.finish(&it, s.stamp+second/2)
		return
	}
	s.items = append(s.items, it)
	s.items[len(s.items)-1].older, *row = *row, int32(len(s.items))
}

// lookBack is among how many items a further recipient looks for its delivery.
const lookBack = 64

// merge adds a further recipient of the same delivery (same process, queue id and
// second) to its item, which is in the row that ends at a place.
func (s *Stream) merge(it *item, place int32) bool {
	for int(place) > max(len(s.items)-lookBack, 0) {
		o := &s.items[place-1]
		if o.same(&it.held) {
			o.add(&it.held)
			return true
		}
		place = o.older
	}
	return false
}

// same says that two are recipients of one delivery, as far as process, message and
// receiver tell.
func (d *held) same(o *held) bool {
	return d.queue == o.queue && d.span.PID == o.span.PID && d.slot == o.slot && !d.interim && !o.interim &&
		d.span.Attempts < math.MaxUint16
}

func (d *held) add(o *held) {
	d.span.Attempts++
	d.span.Refused += o.span.Refused
	d.span.Served += o.span.Served
}

// flush gives the items of the collected second their place in it.
func (s *Stream) flush() {
	for i := range s.items {
		it := &s.items[i]
		s.finish(it, s.stamp+(2*int64(it.index)+1)*second/(2*int64(s.lines)))
	}
	if len(s.items) > 0 {
		s.rows = [lookBack]int32{}
	}
	s.items, s.lines = s.items[:0], 0
}

// finish gives an item its span. A process has one session at a time: it closed the
// one with an earlier MX before it opened the next. What would have begun before the
// process ended its delivery of the same message is a further recipient of that.
func (s *Stream) finish(it *item, end int64) {
	it.span.Open, it.span.Close = end-it.busy, end
	if end >= s.look {
		s.look = end + quiet
		s.forgetBefore(end-quiet, end)
	}
	p := s.procs.find(it.span.PID)
	switch {
	case p == nil:
		s.forget(end)
		p = s.procs.add(it.span.PID)
	case end < p.end(): // told late (join.Twins): the process has gone on since
		s.emit(it.slot, it.span)
		return
	case p.open && p.same(&it.held) && it.span.Open < p.end():
		p.add(&it.held)
		p.span.Close = end
		return
	default:
		it.span.Open = max(it.span.Open, p.end())
		s.release(p)
	}
	p.held, p.open = it.held, true
}

// release hands the span of a process out.
func (s *Stream) release(p *process) {
	if p.open {
		s.emit(p.slot, p.span)
		p.open = false
	}
}

// forget lets go of processes that ended long before now, once there are many. If they
// are too many, those that ended a short while ago go too.
func (s *Stream) forget(now int64) {
	if len(s.procs.list) < s.prune {
		return
	}
	s.forgetBefore(now-quiet, now)
	for ago := int64(quiet); len(s.procs.list) > maxProcesses/2; ago /= 4 {
		s.forgetBefore(now-ago, now)
		if ago == 0 {
			s.forgetBefore(math.MaxInt64, now)
		}
	}
	s.prune = min(max(fewProcesses, 2*len(s.procs.list)), maxProcesses)
}

// forgetBefore lets go of processes that ended before a time.
func (s *Stream) forgetBefore(end, now int64) {
	for i := 0; i < len(s.procs.list); {
		p := &s.procs.list[i]
		if p.end() >= end {
			i++
			continue
		}
		if p.open && p.end() > now-logged {
			s.Early++
		}
		s.release(p)
		s.procs.remove(i)
	}
}

// Settle hands out what waits for further recipients, at a time when there can be none.
func (s *Stream) Settle(now int64) {
	for i := range s.procs.list {
		if p := &s.procs.list[i]; p.end() <= now-logged {
			s.release(p)
		}
	}
}

// Held tells of the spans that wait for further recipients, as they are at a time of the log.
func (s *Stream) Held(now int64, visit func(Slot, Span)) {
	if now >= s.stamp+second { // what is told of it from now on comes too late for a place in it
		s.flush()
		s.stamp = 0
	}
	for i := range s.procs.list {
		if p := &s.procs.list[i]; p.open {
			visit(p.slot, p.span)
		}
	}
}

// Finish ends the log.
func (s *Stream) Finish() {
	s.flush()
	for i := range s.procs.list {
		s.release(&s.procs.list[i])
	}
}

// hash is FNV-1a with 64 bits: what comes of it must be the same in every run.
func hash(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}
