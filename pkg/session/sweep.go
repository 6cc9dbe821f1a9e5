package session

import (
	"cmp"
	"slices"
)

// Sort orders spans by opening, so that any order of arrival gives the same sweep.
func Sort(spans []Span) {
	slices.SortFunc(spans, func(a, b Span) int {
		if a.Open != b.Open { // nearly always, and all that follows costs
			return cmp.Compare(a.Open, b.Open)
		}
		return cmp.Or(
			cmp.Compare(a.Close, b.Close), cmp.Compare(a.PID, b.PID),
			cmp.Compare(a.Attempts, b.Attempts), cmp.Compare(a.Refused, b.Refused), cmp.Compare(a.Served, b.Served),
			cmp.Compare(a.Use, b.Use), cmp.Compare(a.Setup, b.Setup), cmp.Compare(a.Host, b.Host),
		)
	})
}

// Levels returns for each span how many sessions were open when it opened, itself
// included. Ends count before starts at equal times. Spans must be sorted.
func Levels(spans []Span) []int32 {
	ends := make([]int64, len(spans))
	for i := range spans {
		ends[i] = spans[i].Close
	}
	slices.Sort(ends)
	levels := make([]int32, len(spans))
	closed := 0
	for i := range spans {
		for closed < len(ends) && ends[closed] <= spans[i].Open {
			closed++
		}
		// A span of no length has its own end among those that closed.
		levels[i] = int32(max(i+1-closed, 1))
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
func FindPeak(spans []Span, levels []int32) (p Peak, capped []int32) {
	if len(spans) == 0 {
		return Peak{}, nil
	}
	p, capped = Peak{Estimate: 1, Low: 1, High: 1}, slices.Clone(levels)
	i := 0
	eachSecond(spans, func(l load) {
		p.Low, p.High = max(p.Low, int(l.used/second)), max(p.High, l.busy)
		for ; i < len(spans) && spans[i].Open/second == l.at; i++ {
			capped[i] = min(levels[i], int32(max(l.around, 1)))
			p.Estimate = max(p.Estimate, int(capped[i]))
		}
	})
	p.Low = min(p.Low, p.Estimate)
	p.High = max(p.High, p.Estimate)
	return p, capped
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
