package session

import (
	"math/rand/v2"
	"testing"
)

// The load of each second is what counting it in every second gives, and no second that
// is left out has a higher one.
func TestEachSecond(t *testing.T) {
	type load struct {
		at, used           int64
		open, busy, around int
	}
	r := rand.New(rand.NewPCG(8, 9))
	var all loads
	for range 200 {
		var spans []Span
		for range 1 + r.IntN(40) {
			open, length := r.Int64N(60*second), r.Int64N(4*second)
			if r.IntN(9) == 0 {
				length = r.Int64N(2000 * second)
			}
			spans = append(spans, Span{Open: open, Close: open + length, PID: uint32(r.IntN(9))})
		}
		Sort(spans)
		count := func(q int64) (l load) {
			busy, around := map[uint32]bool{}, map[uint32]bool{}
			for i := range spans {
				s := &spans[i]
				for p := max(s.Open/second, s.Close/second-longest); p <= s.Close/second; p++ {
					if p >= q-1 && p <= q+1 {
						around[s.PID] = true
					}
					if p == q {
						l.open++
						busy[s.PID] = true
						l.used += max(min(s.Close, (q+1)*second)-max(s.Open, q*second), 0)
					}
				}
			}
			l.at, l.busy, l.around = q, len(busy), len(around)
			return l
		}
		var most load
		seen := map[int64]bool{}
		all.each(spans, func(loads *loads) {
			l, want := load{at: loads.at, used: loads.used, open: loads.open}, count(loads.at)
			if seen[l.at] {
				t.Fatalf("second %d twice", l.at)
			}
			seen[l.at] = true
			if l.busy, l.around = want.busy, want.around; r.IntN(3) > 0 { // who asks for all of them?
				l.busy, l.around = loads.busy(), loads.around()
			}
			most.used, most.busy = max(most.used, l.used), max(most.busy, l.busy)
			if l != want {
				t.Fatalf("load %+v, want %+v of %+v", l, want, spans)
			}
		})
		for q := range int64(2100) {
			if l := count(q); l.used > most.used || l.busy > most.busy {
				t.Fatalf("second %d is left out: %+v, most %+v", q, l, most)
			}
		}
		for i := range spans {
			if !seen[spans[i].Open/second] {
				t.Fatalf("nobody looked at the second of %+v", spans[i])
			}
		}
	}
}
