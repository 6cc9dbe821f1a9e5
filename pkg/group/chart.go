package group

import (
	"cmp"
	"iter"
	"slices"
)

// Window is one window of the chart of a platform.
type Window struct {
	Start int64 // Unix time
	Bucket
	// Sessions is the highest number that one sending IP had open at once.
	Sessions int32
	// busiest is the most new connections in one bucket, taken and hit in how many retry
	// windows mail was taken and refused, as severity counts.
	busiest, taken, hit int32
}

func (w *Window) merge(o *Window) {
	w.add(&o.Bucket)
	w.Sessions, w.busiest = max(w.Sessions, o.Sessions), max(w.busiest, o.busiest)
	w.taken, w.hit = w.taken+o.taken, w.hit+o.hit
}

// chartSteps are the lengths a window may have, in seconds, each a multiple of the one
// before; the shortest that shows a log in at most mostWindows is taken. A retry window
// is 15 minutes (X08).
var chartSteps = [...]int64{10, 30, 60, 300, 900, 3600, 6 * 3600, 86400}

const mostWindows = 96

// chartStep is the length of windows that show so many seconds.
func chartStep(span int64) int64 {
	for _, s := range chartSteps {
		if span <= s*mostWindows {
			return s
		}
	}
	return chartSteps[len(chartSteps)-1]
}

// chart is a series of windows of one length, in order of time, in few bytes: there is one
// of each receiver, and little in most of its windows.
type chart struct {
	step int64
	list []smallWindow
	wide []Window // those that do not fit into few bytes
}

// smallWindow is a Window in few bytes.
type smallWindow struct {
	start                         int64
	wide                          uint32 // its number in chart.wide, from 1 on: there it is whole; 0 if all is here
	n                             small[int16]
	sessions, busiest, taken, hit int16
}

// whole is the i-th window as it is.
func (c *chart) whole(i int) Window {
	w := &c.list[i]
	if w.wide > 0 {
		return c.wide[w.wide-1]
	}
	return Window{
		Start: w.start, Bucket: w.n.bucket(), Sessions: int32(w.sessions),
		busiest: int32(w.busiest), taken: int32(w.taken), hit: int32(w.hit),
	}
}

// put makes the i-th window what it now is.
func (c *chart) put(i int, w *Window) {
	p := &c.list[i]
	if p.wide > 0 {
		c.wide[p.wide-1] = *w
		return
	}
	p.sessions, p.busiest, p.taken, p.hit = int16(w.Sessions), int16(w.busiest), int16(w.taken), int16(w.hit)
	if p.n.set(&w.Bucket) && int32(p.sessions) == w.Sessions && int32(p.busiest) == w.busiest && int32(p.taken) == w.taken && int32(p.hit) == w.hit {
		return
	}
	c.wide = append(c.wide, *w)
	p.wide = uint32(len(c.wide))
}

// all are the windows. One is there until the next.
func (c *chart) all() iter.Seq[*Window] {
	return func(yield func(*Window) bool) {
		var w Window
		for i := range c.list {
			if w = c.whole(i); !yield(&w) {
				return
			}
		}
	}
}

// find is the place of the window that holds a second, and whether it is there.
func (c *chart) find(sec int64) (int, bool) {
	start := sec - sec%c.step
	if n := len(c.list); n > 0 && c.list[n-1].start <= start {
		if c.list[n-1].start < start {
			return n, false
		}
		return n - 1, true
	}
	return slices.BinarySearchFunc(c.list, start, func(w smallWindow, s int64) int { return cmp.Compare(w.start, s) })
}

// at is the window that holds a second, an empty one if nothing happened in it.
func (c *chart) at(sec int64) Window {
	if i, ok := c.find(sec); ok {
		return c.whole(i)
	}
	return Window{Start: sec - sec%c.step}
}

// add adds what happened in a window, or a part of one, that begins at its start.
func (c *chart) add(o *Window) {
	i, ok := c.find(o.Start)
	if !ok {
		if n := len(c.list); n == cap(c.list) && n <= mostWindows { // few have more
			c.list = append(make([]smallWindow, 0, min(n+n/2+2, mostWindows+1)), c.list...)
		}
		w := *o
		w.Start -= w.Start % c.step
		c.list = slices.Insert(room(c.list), i, smallWindow{start: w.Start})
		c.put(i, &w)
		return
	}
	w := c.whole(i)
	w.merge(o)
	c.put(i, &w)
}

// between says that a window that reaches into a stretch of time has a property.
func (c *chart) between(from, to int64, has func(*Window) bool) bool {
	i, _ := slices.BinarySearchFunc(c.list, from-c.step+1, func(w smallWindow, s int64) int { return cmp.Compare(w.start, s) })
	for ; i < len(c.list) && c.list[i].start <= to; i++ {
		if w := c.whole(i); has(&w) {
			return true
		}
	}
	return false
}

// coarsen makes windows longer.
func (c *chart) coarsen(step int64) {
	if step <= c.step {
		return
	}
	old := *c
	*c = chart{step: step, list: old.list[:0]} // what is added is behind what was read
	for w := range old.all() {
		c.add(w)
	}
}

// take adds buckets in order. length is that of a retry window in seconds.
func (c *chart) take(buckets []timed, length int64) {
	var w Window
	until := int64(0) // the end of w
	last, taken, hit := int64(-1), false, false
	for i := range buckets {
		b := &buckets[i]
		sec := int64(b.K) * BucketSeconds
		if q := sec / max(length, BucketSeconds); q != last {
			last, taken, hit = q, false, false
		}
		if sec >= until {
			if until > 0 {
				c.add(&w)
			}
			w = Window{Start: sec - sec%c.step}
			until = w.Start + c.step
		}
		w.add(&b.Bucket)
		w.busiest = max(w.busiest, b.New)
		if b.Accepted > 0 && !taken {
			taken = true
			w.taken++
		}
		if b.Trouble > 0 && !hit {
			hit = true
			w.hit++
		}
	}
	if until > 0 {
		c.add(&w)
	}
}

// windows draws the chart of a platform: what happened, and the highest number of
// sessions that one sending IP had open at once: the peak, window by window.
func (s *Summary) windows() {
	a := s.All.Acc
	first, last, ok := a.extent()
	if !ok {
		return
	}
	tools := s.All.tools()
	c := chart{step: chartStep(int64(last-first+1) * BucketSeconds), list: tools.chart[:0]}
	if a.past != nil {
		for w := range a.past.chart.all() {
			c.add(w)
		}
	}
	var w *Window // the one at hand: pieces come in order mostly
	at := func(sec int64) *Window {
		start := sec - sec%c.step
		switch {
		case w == nil:
			w = &Window{Start: start}
		case w.Start != start:
			c.add(w)
			*w = Window{Start: start}
		}
		return w
	}
	for b := range a.Buckets.all() {
		at(int64(b.K) * BucketSeconds).add(&b.Bucket)
	}
	for i := range s.ByIP {
		s.ByIP[i].eachSession(func(open int64, sessions int32) {
			one := at(open / second)
			one.Sessions = max(one.Sessions, sessions)
		})
	}
	if w != nil {
		c.add(w)
	}
	s.Windows = slices.Grow(s.Windows, len(c.list))
	for w := range c.all() {
		s.Windows = append(s.Windows, *w)
	}
	tools.chart = c.list
}
