package group

import (
	"cmp"
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

// chart is a series of windows of one length, in order of time.
type chart struct {
	step int64
	list []Window
}

// at is the window that holds a second.
func (c *chart) at(sec int64) *Window {
	start := sec - sec%c.step
	if n := len(c.list); n > 0 && c.list[n-1].Start == start {
		return &c.list[n-1]
	}
	i, ok := slices.BinarySearchFunc(c.list, start, func(w Window, s int64) int { return cmp.Compare(w.Start, s) })
	if !ok {
		c.list = slices.Insert(c.list, i, Window{Start: start})
	}
	return &c.list[i]
}

// between says that a window that reaches into a stretch of time has a property.
func (c *chart) between(from, to int64, has func(*Window) bool) bool {
	i, _ := slices.BinarySearchFunc(c.list, from-c.step+1, func(w Window, s int64) int { return cmp.Compare(w.Start, s) })
	for ; i < len(c.list) && c.list[i].Start <= to; i++ {
		if has(&c.list[i]) {
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
	old := c.list
	c.step, c.list = step, nil
	for i := range old {
		c.at(old[i].Start).merge(&old[i])
	}
	c.list = trim(c.list)
}

// take adds buckets in order. length is that of a retry window in seconds.
func (c *chart) take(buckets []timed, length int64) {
	last, taken, hit := int64(-1), false, false
	for i := range buckets {
		b := &buckets[i]
		sec := int64(b.K) * BucketSeconds
		if q := sec / max(length, BucketSeconds); q != last {
			last, taken, hit = q, false, false
		}
		w := c.at(sec)
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
}

// windows draws the chart of a platform: what happened, and the highest number of
// sessions that one sending IP had open at once: the peak, window by window.
func (s *Summary) windows() {
	a := s.All.Acc
	first, last, ok := a.extent()
	if !ok {
		return
	}
	c := chart{step: chartStep(int64(last-first+1) * BucketSeconds)}
	if a.past != nil {
		for i := range a.past.chart.list {
			c.at(a.past.chart.list[i].Start).merge(&a.past.chart.list[i])
		}
	}
	buckets := a.Buckets.all()
	for i := range buckets {
		c.at(int64(buckets[i].K) * BucketSeconds).add(&buckets[i].Bucket)
	}
	for i := range s.ByIP {
		s.ByIP[i].eachSession(func(open int64, sessions int32) {
			w := c.at(open / second)
			w.Sessions = max(w.Sessions, sessions)
		})
	}
	s.Windows = c.list
}
