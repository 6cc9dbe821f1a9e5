package session

import (
	"cmp"
	"slices"
)

// compare is the order of spans: by opening, and those of one time in an order that tells
// all that differ apart.
func compare(a, b *Span) int {
	if a.Open != b.Open { // nearly always, and all that follows costs
		return cmp.Compare(a.Open, b.Open)
	}
	return cmp.Or(
		cmp.Compare(a.Close, b.Close), cmp.Compare(a.PID, b.PID),
		cmp.Compare(a.Attempts, b.Attempts), cmp.Compare(a.Refused, b.Refused), cmp.Compare(a.Served, b.Served),
		cmp.Compare(a.Use, b.Use), cmp.Compare(a.Setup, b.Setup), cmp.Compare(a.Host, b.Host),
	)
}

// Before says that a span comes before another in the order of Sort.
func (s *Span) Before(o *Span) bool {
	return s.Open < o.Open || s.Open == o.Open && compare(s, o) < 0
}

// Sort orders spans by opening, so that any order of arrival gives the same sweep.
func Sort(spans []Span) {
	moves := 0
	for i := 1; i < len(spans); i++ {
		if !spans[i].Before(&spans[i-1]) { // as most are
			continue
		}
		s, j := spans[i], i
		for ; j > 0 && s.Before(&spans[j-1]); j-- {
			spans[j] = spans[j-1]
		}
		spans[j] = s
		if moves += i - j; moves > farMoves*i+fewMoves {
			slices.SortFunc(spans, func(a, b Span) int { return compare(&a, &b) })
			return
		}
	}
}

// SortTimes puts times in order that are nearly so, as those of a log are.
func SortTimes(times []int64) {
	moves := 0
	for i := 1; i < len(times); i++ {
		t, j := times[i], i
		if t >= times[i-1] { // most are in order
			continue
		}
		for ; j > 0 && t < times[j-1]; j-- {
			times[j] = times[j-1]
		}
		times[j] = t
		if moves += i - j; moves > farMoves*i+fewMoves {
			slices.Sort(times)
			return
		}
	}
}

// What is nearly in order moves so far, on average, and a little at the begin.
const (
	farMoves = 24
	fewMoves = 256
)

// Nearly puts in order what is nearly so, and leaves what is equal as it was. It gives up
// where much is out of order, and returns false.
func Nearly[T any](list []T, before func(a, b *T) bool) bool {
	moves := 0
	for i := 1; i < len(list); i++ {
		j := i
		for ; j > 0 && before(&list[j], &list[j-1]); j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
		if moves += i - j; moves > farMoves*i+fewMoves {
			return false
		}
	}
	return true
}

// Sweep measures spans that are sorted. It keeps its memory for the next ones.
type Sweep struct {
	ends   []int64
	levels []int32
	loads  loads
	order  []*Span
	idles  waiting
}

// Levels returns for each span how many sessions were open when it opened, itself
// included. Ends count before starts at equal times. Spans must be sorted. What it returns is there until the next call.
func (w *Sweep) Levels(spans []Span) []int32 {
	ends := slices.Grow(w.ends[:0], len(spans))[:len(spans)]
	for i := range spans {
		ends[i] = spans[i].Close
	}
	SortTimes(ends)
	levels := slices.Grow(w.levels[:0], len(spans))[:len(spans)]
	closed := 0
	for i := range spans {
		for closed < len(ends) && ends[closed] <= spans[i].Open {
			closed++
		}
		// A span of no length has its own end among those that closed.
		levels[i] = int32(max(i+1-closed, 1))
	}
	w.ends, w.levels = ends, levels
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
func (w *Sweep) FindPeak(spans []Span, levels []int32) (p Peak, capped []int32) {
	capped = slices.Clone(levels)
	all := func(i int) bool { return levels[i] > 1 }
	return w.Peak(spans, levels, all, func(i int, level int32) { capped[i] = level }), capped
}

// Peak measures the peak as FindPeak does, and tells the level of a span as it is counted
// where somebody wants it.
func (w *Sweep) Peak(spans []Span, levels []int32, wanted func(i int) bool, tell func(i int, level int32)) Peak {
	if len(spans) == 0 {
		return Peak{}
	}
	p, i := Peak{Estimate: 1, Low: 1, High: 1}, 0
	w.loads.each(spans, func(l *loads) {
		p.Low = max(p.Low, int(l.used/second))
		if l.open > p.High { // else there are not as many processes
			p.High = max(p.High, l.busy())
		}
		around := int32(0)
		for ; i < len(spans) && spans[i].Open/second == l.at; i++ {
			level := levels[i]
			if want := wanted(i); !want && int(level) <= p.Estimate {
				continue
			} else if level > 1 {
				if around == 0 {
					around = int32(max(l.around(), 1))
				}
				level = min(level, around)
				p.Estimate = max(p.Estimate, int(level))
			}
			tell(i, level)
		}
	})
	p.Low = min(p.Low, p.Estimate)
	p.High = max(p.High, p.Estimate)
	return p
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
func Curve(spans []Span, levels []int32) []Bin {
	curve := slices.Clone(bins[:])
	for i := range spans {
		for j := range curve {
			if b := &curve[j]; int(levels[i]) >= b.Low && (b.High == 0 || int(levels[i]) <= b.High) {
				b.Attempts += int64(spans[i].Attempts)
				b.Refused += int64(spans[i].Refused)
			}
		}
	}
	return curve
}
