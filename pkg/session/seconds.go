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
	seconds []int64
	order   []int32
	pids    []uint32
}

// longest bounds over how many seconds one span is spread: its last ones.
const longest = 900

// first and last are the seconds over which a span is spread.
func (s *Span) first() int64 { return max(s.Open/second, s.last()-longest) }
func (s *Span) last() int64  { return s.Close / second }

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
			if spans[s].last() >= q-1 {
				stay = append(stay, s)
			}
		}
		for ; next < len(l.order) && spans[l.order[next]].first() <= q+1; next++ {
			stay = append(stay, l.order[next])
		}
		l.active, l.at, l.used, l.open = stay, q, 0, 0
		for _, s := range stay {
			if span := &spans[s]; span.covers(q) {
				l.open++
				l.used += max(min(span.Close, (q+1)*second)-max(span.Open, q*second), 0)
			}
		}
		visit(l)
	}
	l.spans = nil
}

// covers says that a span is spread over a second.
func (s *Span) covers(q int64) bool { return s.first() <= q && q <= s.last() }

// find finds the seconds to look at, and the order in which spans begin.
func (l *loads) find() {
	at, order, long := l.seconds[:0], l.order[:0], false
	see := func(q int64) {
		if n := len(at); n == 0 || at[n-1] < q {
			at = append(at, q)
		}
	}
	for i := range l.spans {
		order = append(order, int32(i))
		open, first := l.spans[i].Open/second, l.spans[i].first()
		see(open)
		if first == open {
			see(open + 1)
		} else {
			long = true
		}
	}
	if long {
		for i := range l.spans {
			first := l.spans[i].first()
			at = append(at, first, first+1)
		}
		slices.Sort(at)
		at = slices.Compact(at)
		slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(l.spans[a].first(), l.spans[b].first()) })
	}
	l.seconds, l.order = at, order
}

// busy is how many processes were at work in the second, around how many in it, the second
// before and the one after.
func (l *loads) busy() int {
	return l.processes(func(s *Span) bool { return s.covers(l.at) })
}

func (l *loads) around() int { return l.processes(func(*Span) bool { return true }) }

func (l *loads) processes(of func(*Span) bool) (n int) {
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
