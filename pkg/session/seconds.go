package session

import (
	"cmp"
	"slices"
)

// load is what one second saw.
type load struct {
	at   int64 // the second
	used int64 // microseconds of session time
	// busy is how many processes were at work in it, around how many in it, the second
	// before and the second after.
	busy, around int
}

// longest bounds over how many seconds one span is spread: its last ones.
const longest = 900

// first and last are the seconds over which a span is spread.
func (s *Span) first() int64 { return max(s.Open/second, s.last()-longest) }
func (s *Span) last() int64  { return s.Close / second }

// eachSecond tells, in order, of the seconds in which sorted spans open, and of those in
// which the load may be highest: it grows only where a span begins, and is used in full
// one second later.
func eachSecond(spans []Span, visit func(load)) {
	at, order := seconds(spans)
	process, n := processes(spans)
	seen := make([]int64, n) // by process: the last mark that it was counted under
	var active []int32       // spans
	for i, next := 0, 0; i < len(at); i++ {
		q, mark := at[i], int64(2*i+2)
		active = slices.DeleteFunc(active, func(s int32) bool { return spans[s].last() < q-1 })
		for ; next < len(order) && spans[order[next]].first() <= q+1; next++ {
			active = append(active, order[next])
		}
		l := load{at: q}
		for _, s := range active {
			p := &seen[process[s]]
			if *p < mark {
				*p = mark
				l.around++
			}
			span := &spans[s]
			if span.first() > q || span.last() < q {
				continue
			}
			l.used += max(min(span.Close, (q+1)*second)-max(span.Open, q*second), 0)
			if *p == mark {
				*p = mark + 1
				l.busy++
			}
		}
		visit(l)
	}
}

// seconds are those to look at, and the order in which spans begin.
func seconds(spans []Span) (at []int64, order []int32) {
	at, order = make([]int64, 0, len(spans)), make([]int32, len(spans))
	for i := range spans {
		order[i] = int32(i)
		open, first := spans[i].Open/second, spans[i].first()
		for _, q := range [...]int64{open, first, first + 1} {
			if n := len(at); n == 0 || at[n-1] != q {
				at = append(at, q)
			}
		}
	}
	slices.Sort(at)
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(spans[a].first(), spans[b].first()) })
	return slices.Compact(at), order
}

// processes numbers the processes of spans.
func processes(spans []Span) (of []int32, n int32) {
	number := map[uint32]int32{}
	of = make([]int32, len(spans))
	for i := range spans {
		k, ok := number[spans[i].PID]
		if !ok {
			k = n
			number[spans[i].PID], n = k, n+1
		}
		of[i] = k
	}
	return of, n
}
