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

	spans  []Span
	active []int32 // spans that are at work in it, the second before or the one after
	// Memory that is used again.
	over    []stretch // the seconds of each span
	seconds []int64
	order   []int32
	pids    []uint32
}

// stretch are the seconds over which a span is spread.
type stretch struct{ first, last int64 }

func (s stretch) covers(q int64) bool { return s.first <= q && q <= s.last }

// longest bounds over how many seconds one span is spread: its last ones.
const longest = 900

// stretch returns the seconds over which a span is spread.
func (s *Span) stretch() stretch {
	last := s.Close / second
	return stretch{max(s.Open/second, last-longest), last}
}

// each tells, in order, of the seconds in which sorted spans open, and of those in
// which the load may be highest: it grows only where a span begins, and is used in full
// one second later.
func (l *loads) each(spans []Span, visit func(*loads)) {
	l.spans, l.active = spans, l.active[:0]
	l.find()
	next := 0
	for _, q := range l.seconds {
		stay := l.active[:0]
		for _, s := range l.active {
			if l.over[s].last >= q-1 {
				stay = append(stay, s)
			}
		}
		for ; next < len(l.order) && l.over[l.order[next]].first <= q+1; next++ {
			stay = append(stay, l.order[next])
		}
		l.active, l.at, l.used, l.open = stay, q, 0, 0
		for _, s := range stay {
			if l.over[s].covers(q) {
				l.open++
				span := &spans[s]
				l.used += max(min(span.Close, (q+1)*second)-max(span.Open, q*second), 0)
			}
		}
		visit(l)
	}
	l.spans = nil
}

// find finds the seconds to look at, and the order in which spans begin.
func (l *loads) find() {
	at, order, over, long := l.seconds[:0], l.order[:0], l.over[:0], false
	see := func(q int64) {
		if n := len(at); n == 0 || at[n-1] < q {
			at = append(at, q)
		}
	}
	for i := range l.spans {
		s := l.spans[i].stretch()
		order, over = append(order, int32(i)), append(over, s)
		open := l.spans[i].Open / second
		see(open)
		if s.first == open {
			see(open + 1)
		} else {
			long = true
		}
	}
	if long {
		for _, s := range over {
			at = append(at, s.first, s.first+1)
		}
		slices.Sort(at)
		at = slices.Compact(at)
		slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(over[a].first, over[b].first) })
	}
	l.seconds, l.order, l.over = at, order, over
}

// busy is how many processes were at work in the second, around how many in it, the second
// before and the one after.
func (l *loads) busy() int {
	return l.processes(func(s stretch) bool { return s.covers(l.at) })
}

func (l *loads) around() int { return l.processes(func(stretch) bool { return true }) }

func (l *loads) processes(of func(stretch) bool) (n int) {
	pids := l.pids[:0]
	for _, s := range l.active {
		if of(l.over[s]) {
			pids = append(pids, l.spans[s].PID)
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
