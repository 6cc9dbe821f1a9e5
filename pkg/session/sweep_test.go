package session

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// spansNearly are spans in the order in which a log tells of them, some of them far from
// where they belong.
func spansNearly(r *rand.Rand, n int) (spans []Span) {
	end, far := int64(0), r.IntN(3) == 0
	for range n {
		end += r.Int64N(2 * second)
		s := Span{Open: max(end-r.Int64N(4*second), 0), Close: end, PID: uint32(r.IntN(6)), Use: uint16(1 + r.IntN(3))}
		if far && r.IntN(2) == 0 {
			s.Open, s.Close = s.Open/7, s.Close/7
		}
		spans = append(spans, s)
	}
	return spans
}

// Whatever the order spans come in, they are sorted, and what is in order stays so.
func TestSort(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		spans := spansNearly(r, r.IntN(600))
		want := slices.Clone(spans)
		slices.SortFunc(want, func(a, b Span) int { return compare(&a, &b) })
		times, ends := make([]int64, 0, len(spans)), make([]int64, 0, len(spans))
		for _, s := range spans {
			times, ends = append(times, s.Close), append(ends, s.Close)
		}
		Sort(spans)
		if !slices.Equal(spans, want) {
			t.Fatalf("%d spans are not in order", len(spans))
		}
		SortTimes(times)
		slices.Sort(ends)
		if !slices.Equal(times, ends) {
			t.Fatalf("%d times are not in order", len(times))
		}
	}
}

// The peak and the levels are what counting processes in every second gives, also where
// one Sweep measures them all, and where only some spans are asked for.
func TestPeakAgreesWithCounting(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	var w Sweep
	for range 200 {
		spans := spansNearly(r, 1+r.IntN(80))
		Sort(spans)
		levels := w.Levels(spans)
		if !slices.Equal(levels, new(Sweep).Levels(spans)) {
			t.Fatalf("levels %v, want %v", levels, new(Sweep).Levels(spans))
		}
		busy := func(from, to int64) (n int) {
			seen := map[uint32]bool{}
			for i := range spans {
				if s := &spans[i]; s.first() <= to && s.last() >= from && !seen[s.PID] {
					seen[s.PID] = true
					n++
				}
			}
			return n
		}
		want, wantCapped := Peak{Estimate: 1, Low: 1, High: 1}, make([]int32, len(spans))
		for i := range spans {
			q := spans[i].Open / second
			wantCapped[i] = min(levels[i], int32(busy(q-1, q+1)))
			want.Estimate = max(want.Estimate, int(wantCapped[i]))
			for q := spans[i].first(); q <= spans[i].last(); q++ {
				used := int64(0)
				for j := range spans {
					used += max(min(spans[j].Close, (q+1)*second)-max(spans[j].Open, q*second), 0)
				}
				want.Low, want.High = max(want.Low, int(used/second)), max(want.High, busy(q, q))
			}
		}
		want.Low, want.High = min(want.Low, want.Estimate), max(want.High, want.Estimate)
		p, capped := new(Sweep).FindPeak(spans, levels)
		if p != want || !slices.Equal(capped, wantCapped) {
			t.Fatalf("peak %+v, want %+v; %v, want %v", p, want, capped, wantCapped)
		}
		some := func(i int) bool { return i%3 == 0 }
		told := map[int]int32{}
		if p := w.Peak(spans, levels, some, func(i int, level int32) { told[i] = level }); p != want {
			t.Fatalf("peak %+v, want %+v", p, want)
		}
		for i := range spans {
			if level, ok := told[i]; some(i) && !ok || ok && level != wantCapped[i] {
				t.Fatalf("span %d has level %d, want %d", i, level, wantCapped[i])
			}
		}
	}
}

// However far apart the times that are asked for, the count is that of looking at each
// connection.
func TestOpenAgreesWithCounting(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	var o Open
	for range 200 {
		var list []Connection
		for range r.IntN(200) {
			open := r.Int64N(1000)
			list = append(list, Connection{Open: open, Ready: open + r.Int64N(5), Close: open + 5 + r.Int64N(60)})
		}
		blur, idle := r.Int64N(8), r.Int64N(8)
		o.Count(list, blur, idle)
		for range 100 {
			from := r.Int64N(1100)
			to := from + r.Int64N(10)
			sure, exact, maybe := 0, 0, 0
			for _, c := range list {
				if c.Ready <= from && from <= c.Close {
					exact++
				}
				if c.Ready+blur <= from && from <= c.Close-blur {
					sure++
				}
				if c.Open-blur <= to && from <= c.Close+blur+idle {
					maybe++
				}
			}
			if got := o.Exact(from); got != exact {
				t.Fatalf("at %d: %d open, want %d", from, got, exact)
			}
			if got := o.Sure(from); got != sure {
				t.Fatalf("at %d: %d surely, want %d", from, got, sure)
			}
			if got := o.Maybe(from, to); got != maybe {
				t.Fatalf("from %d to %d: %d maybe, want %d", from, to, got, maybe)
			}
		}
	}
}
