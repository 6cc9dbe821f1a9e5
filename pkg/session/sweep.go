package session

import (
	"cmp"
	"slices"
)

// Sort orders spans by opening, so that any order of arrival gives the same sweep.
func Sort(spans []Span) {
	slices.SortFunc(spans, func(a, b Span) int {
		return cmp.Or(
			cmp.Compare(a.Open, b.Open), cmp.Compare(a.Close, b.Close), cmp.Compare(a.PID, b.PID),
			cmp.Compare(a.Attempts, b.Attempts), cmp.Compare(a.Refused, b.Refused), cmp.Compare(a.Served, b.Served),
			cmp.Compare(a.Use, b.Use), cmp.Compare(a.Setup, b.Setup), cmp.Compare(a.Host, b.Host),
		)
	})
}

// Levels returns for each span how many sessions were open when it opened, itself
// included. Ends count before starts at equal times. Spans must be sorted.
func Levels(spans []Span) []int {
	ends := make([]int64, len(spans))
	for i := range spans {
		ends[i] = spans[i].Close
	}
	slices.Sort(ends)
	levels := make([]int, len(spans))
	closed := 0
	for i := range spans {
		for closed < len(ends) && ends[closed] <= spans[i].Open {
			closed++
		}
		// A span of no length has its own end among those that closed.
		levels[i] = max(i+1-closed, 1)
	}
	return levels
}

// Peak is an estimate of the highest number of sessions open at once with its
// bounds: Low is the highest mean over one second (Little's law), High the highest
// number of processes that were busy in one second. A receiver may see more: idle
// cached connections leave no line.
type Peak struct {
	Estimate, Low, High int
}

// FindPeak measures the peak over sorted spans with their levels. It also returns the
// levels as it counts them: never above the number of processes that were busy in the
// seconds around.
func FindPeak(spans []Span, levels []int) (p Peak, capped []int) {
	if len(spans) == 0 {
		return Peak{}, nil
	}
	busy := perSecond(spans)
	p, capped = Peak{Estimate: 1, Low: 1, High: 1}, make([]int, len(spans))
	around, of := 0, int64(-1)
	for i := range spans {
		if q := spans[i].Open / second; q != of { // spans are in order: each second is asked for once
			around, of = max(union(busy[q-1].pids, busy[q].pids, busy[q+1].pids), 1), q
		}
		capped[i] = min(levels[i], around)
		p.Estimate = max(p.Estimate, capped[i])
	}
	for _, b := range busy {
		p.Low = max(p.Low, int(b.used/second))
		p.High = max(p.High, len(b.pids))
	}
	p.Low = min(p.Low, p.Estimate)
	p.High = max(p.High, p.Estimate)
	return p, capped
}

// load is what one second saw.
type load struct {
	used int64 // microseconds of session time
	pids map[uint32]struct{}
}

// longest bounds how many seconds one span is spread over.
const longest = 900

func perSecond(spans []Span) map[int64]load {
	busy := map[int64]load{}
	for i := range spans {
		s := &spans[i]
		first, last := s.Open/second, s.Close/second
		first = max(first, last-longest)
		for q := first; q <= last; q++ {
			b, ok := busy[q]
			if !ok {
				b.pids = map[uint32]struct{}{}
			}
			b.used += max(min(s.Close, (q+1)*second)-max(s.Open, q*second), 0)
			b.pids[s.PID] = struct{}{}
			busy[q] = b
		}
	}
	return busy
}

func union(a, b, c map[uint32]struct{}) int {
	n := len(b)
	for p := range a {
		if _, ok := b[p]; !ok {
			n++
		}
	}
	for p := range c {
		_, inA := a[p]
		_, inB := b[p]
		if !inA && !inB {
			n++
		}
	}
	return n
}

// Bin is one bin of the refusal curve: attempts made while Low to High own
// sessions were open (High 0: no upper end).
type Bin struct {
	Low, High         int
	Attempts, Refused int64
}

// bins are coarse because the level is known to about 2 only.
var bins = [...]Bin{{Low: 1, High: 2}, {Low: 3, High: 5}, {Low: 6, High: 12}, {Low: 13}}

// Curve counts attempts and refusals by the number of own sessions open.
func Curve(spans []Span, levels []int) []Bin {
	curve := slices.Clone(bins[:])
	for i := range spans {
		for j := range curve {
			if b := &curve[j]; levels[i] >= b.Low && (b.High == 0 || levels[i] <= b.High) {
				b.Attempts += int64(spans[i].Attempts)
				b.Refused += int64(spans[i].Refused)
			}
		}
	}
	return curve
}
