package group

import (
	"cmp"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
)

// gauge is the memory that measuring needs for a while, for one cell after the other.
type gauge struct {
	buckets     []timed
	sweep       session.Sweep
	connections []session.Connection
	served      served
	open        session.Open
	moments     []moment
	visits      []session.Span
	chart       []smallWindow
	// What cells of one platform have side by side, one after the other.
	periods []period
	windows []Window
	spans   []session.Span
	levels  []int32
}

// tools are those of the cell. What they measured is there until they measure again.
func (c *Cell) tools() *gauge {
	if c.gauge == nil {
		c.gauge = &gauge{}
	}
	return c.gauge
}

// mostKept is how many spans, connections or windows there is room for from one platform
// to the next: a few have many more than the others.
const mostKept = 1 << 14

// begin makes room for the cells of the next platform: those of the last are measured.
func (w *gauge) begin() {
	if max(cap(w.connections), cap(w.spans), cap(w.windows), cap(w.visits), cap(w.moments), cap(w.levels), cap(w.buckets)) > mostKept {
		*w = gauge{}
	}
	w.periods, w.windows, w.spans, w.levels = w.periods[:0], w.windows[:0], w.spans[:0], w.levels[:0]
}

// mostSpare is how much room is made ahead for lists that stand side by side.
const mostSpare = 1 << 10

// behind returns a list that has room for n more: where there is none a new one, for the
// cells before hold on to theirs.
func behind[T any](list []T, n int) []T {
	if cap(list)-len(list) >= n {
		return list
	}
	return make([]T, 0, max(n, min(2*cap(list), mostSpare)))
}

// periodsOf are all pieces of time of an accumulator, in order of their begin.
func (w *gauge) periodsOf(a *Acc) []period {
	n := len(a.Buckets.tidied())
	if a.past != nil {
		n += len(a.past.chart.list)
	}
	w.periods, w.windows = behind(w.periods, n), behind(w.windows, n)
	first := len(w.periods)
	add := func(one Window, length int64) {
		w.windows = append(w.windows, one)
		w.periods = append(w.periods, period{one.Start, one.Start + length, &w.windows[len(w.windows)-1]})
	}
	for b := range a.Buckets.all() {
		add(Window{Start: int64(b.K) * BucketSeconds, Bucket: b.Bucket, busiest: b.New}, BucketSeconds)
	}
	if a.past != nil {
		for one := range a.past.chart.all() {
			add(*one, a.past.chart.step)
		}
		slices.SortStableFunc(w.periods[first:], func(a, b period) int { return cmp.Compare(a.from, b.from) })
	}
	return slices.Clip(w.periods[first:])
}

// spansOf are those of all hosts of an accumulator, to be put in order where they are.
func (w *gauge) spansOf(a *Acc) []session.Span {
	if hosts := a.hosts(); len(hosts) == 1 {
		return a.spansOf(hosts[0])
	}
	n := 0
	for _, h := range a.Spans {
		n += len(h.List)
	}
	w.spans = behind(w.spans, n)
	first := len(w.spans)
	for _, h := range a.Spans {
		w.spans = append(w.spans, h.List...)
	}
	return slices.Clip(w.spans[first:])
}

// levelsOf are the sessions open at each of some spans.
func (w *gauge) levelsOf(spans []session.Span) []int32 {
	levels := w.sweep.Levels(spans)
	w.levels = behind(w.levels, len(levels))
	first := len(w.levels)
	w.levels = append(w.levels, levels...)
	return slices.Clip(w.levels[first:])
}
