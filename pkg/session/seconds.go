package session

import (
	"cmp"
	"slices"
)

// loads goes through the seconds of spans and says what each one saw.
type loads struct {
	at   int64 // the second
	used int64 // microseconds of session time in it
	open int   // spans that are at work in it

	spans []Span
	order []int32 // of their begins; nil where it is theirs
	// begins and ends are in order: when each span begins to be spread, and closes.
	begins, ends []int64
	// active are spans that are at work in a second, the one before or the one after: those
	// of the second near, and of order the first next have been among them.
	active []int32
	near   int64
	next   int
	// Memory that is used again.
	seconds []int64
	orders  []int32
	pids    []uint32
}

// longest bounds over how many seconds one span is spread: its last ones.
const longest = 900

// first and last are the seconds over which a span is spread.
func (s *Span) first() int64 { return max(s.Open/second, s.last()-longest) }
func (s *Span) last() int64  { return s.Close / second }

// begin is when a span begins to be spread.
func (s *Span) begin() int64 { return max(s.Open, (s.last()-longest)*second) }

// each tells, in order, of the seconds in which sorted spans open, and of those in
// which the load may be highest: it grows only where a span begins, and is used in full
// one second later.
func (l *loads) each(spans []Span, visit func(*loads)) {
	l.spans, l.active, l.near, l.next = spans, l.active[:0], -1, 0
	l.find()
	var begun, ended clock
	until, sum := int64(-1), int64(0) // session time until a second
	for _, q := range l.seconds {
		if until != q {
			sum = begun.upTo(l.begins, q*second) - ended.upTo(l.ends, q*second)
		}
		before, over := sum, ended.n
		until, sum = q+1, begun.upTo(l.begins, (q+1)*second)-ended.upTo(l.ends, (q+1)*second)
		l.at, l.used, l.open = q, sum-before, begun.n-over
		visit(l)
	}
	l.spans = nil
}

// clock adds up the time since something began, each time it is asked later than before.
type clock struct {
	n   int   // how many began before the time that was asked for last
	sum int64 // of when
}

// upTo is the time until t since all in a list, which is in order.
func (c *clock) upTo(list []int64, t int64) int64 {
	for ; c.n < len(list) && list[c.n] < t; c.n++ {
		c.sum += list[c.n]
	}
	return int64(c.n)*t - c.sum
}

// covers says that a span is spread over a second.
func (s *Span) covers(q int64) bool { return s.first() <= q && q <= s.last() }

// find finds the seconds to look at, and when spans begin and end.
func (l *loads) find() {
	at, long := l.seconds[:0], false
	begins, ends := slices.Grow(l.begins[:0], len(l.spans)), slices.Grow(l.ends[:0], len(l.spans))
	see := func(q int64) {
		if n := len(at); n == 0 || at[n-1] < q {
			at = append(at, q)
		}
	}
	for i := range l.spans {
		s := &l.spans[i]
		open, begin := s.Open/second, s.begin()
		see(open)
		if begin == s.Open {
			see(open + 1)
		} else {
			long = true
		}
		begins, ends = append(begins, begin), append(ends, max(s.Close, begin))
	}
	l.order = nil
	if long {
		order := l.orders[:0]
		for i := range l.spans {
			first := l.spans[i].first()
			at, order = append(at, first, first+1), append(order, int32(i))
		}
		slices.Sort(at)
		at = slices.Compact(at)
		slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(l.spans[a].first(), l.spans[b].first()) })
		SortTimes(begins)
		l.order, l.orders = order, order
	}
	SortTimes(ends)
	l.seconds, l.begins, l.ends = at, begins, ends
}

// gather brings the active spans to the second at hand.
func (l *loads) gather() {
	if l.near == l.at {
		return
	}
	stay := l.active[:0]
	for _, s := range l.active {
		if l.spans[s].last() >= l.at-1 {
			stay = append(stay, s)
		}
	}
	for ; l.next < len(l.spans); l.next++ {
		s := int32(l.next)
		if l.order != nil {
			s = l.order[l.next]
		}
		if l.spans[s].first() > l.at+1 {
			break
		}
		if l.spans[s].last() >= l.at-1 {
			stay = append(stay, s)
		}
	}
	l.active, l.near = stay, l.at
}

// busy is how many processes were at work in the second, around how many in it, the second
// before and the one after.
func (l *loads) busy() int {
	return l.processes(func(s *Span) bool { return s.covers(l.at) })
}

func (l *loads) around() int { return l.processes(func(*Span) bool { return true }) }

func (l *loads) processes(of func(*Span) bool) (n int) {
	l.gather()
	pids := l.pids[:0]
	for _, s := range l.active {
		if span := &l.spans[s]; of(span) {
			pids = append(pids, span.PID)
		}
	}
	slices.Sort(pids)
	for i := range pids {
		if i == 0 || pids[i] != pids[i-1] {
			n++
		}
	}
	l.pids = pids
	return n
}
