package group

import (
	"github.com/seed-07ce53fa/diagnose/rules"
)

// pressure measures what retries add to the load: the sessions they open, how they
// clump, whether they and the deferrals drive each other, and whether the own pace
// went down after a refusal.
func (c *Cell) pressure() {
	c.retrySessions()
	c.clump()
	c.asAdvised()
	c.feedback()
	c.slowed()
}

// retrySessions compares the sessions that retries opened with those of the original
// send (H80).
func (c *Cell) retrySessions() {
	var all, retries int64
	for _, b := range c.times {
		all += int64(b.New)
		retries += int64(b.NewRetries)
	}
	if first := all - retries; first > 0 {
		c.Facts["retry_sessions_per_first"] = rules.Measure{Value: float64(max(retries, 0)) / float64(first), Basis: rules.Measured}
	}
}

// clump measures the retries that come at once, as those of one queue run do: how
// many in the busiest stretch, and the sessions that these need (as arrivals does).
func (c *Cell) clump() {
	most := clump(c.buckets(), c.th)
	if c.Acc.past != nil {
		most = max(most, c.Acc.past.clump)
	}
	if most == 0 {
		return
	}
	length := spikeBuckets(c.th)
	busy, basis := c.busy()
	c.Facts["retry_clump"] = rules.Measure{Value: float64(most), Basis: rules.Measured}
	c.Facts["retry_clump_sessions"] = rules.Measure{Value: float64(most) / float64(length*BucketSeconds) * busy, Basis: basis}
}

// spikeBuckets is the length of a spike in buckets.
func spikeBuckets(th rules.Thresholds) int64 { return max(th.Int(rules.Spike)/BucketSeconds, 1) }

// clump is the highest number of retries in one stretch, of buckets in order.
func clump(buckets []timed, th rules.Thresholds) (most int64) {
	length, at, n := spikeBuckets(th), int64(-1), int64(0)
	for i := range buckets {
		b := &buckets[i]
		if k := int64(b.K) / length; k != at {
			at, n = k, 0
		}
		n += int64(b.Retries)
		most = max(most, n)
	}
	return most
}

// grains divide a retry window: a loop may turn faster than advised retries would.
var grains = [...]int64{1, 3, 15}

// feedback looks for the loop of deferrals, faster retries and more connections
// (H15): the most windows in a row over which all three rise. A rise counts if they
// grow enough in all, and to a number that is no accident.
func (c *Cell) feedback() {
	var best, limited int64
	for _, b := range c.times {
		limited += int64(b.Limited)
	}
	if limited >= c.th.Int(rules.CurveFewest) { // else no window has enough
		for _, g := range grains {
			best = max(best, c.rising(max(c.th.Int(rules.Window)/g, BucketSeconds)))
		}
	}
	c.Facts["feedback_windows"] = rules.Measure{Value: float64(best), Basis: rules.Measured}
}

// load is what happened in the n-th window of a length.
type load struct {
	n                     int64
	limited, retries, new int32
}

// rising returns the most windows of so many seconds over which all three rise.
func (c *Cell) rising(length int64) (best int64) {
	var windows []load
	for _, b := range c.times { // in order
		if b.to-b.from > length {
			continue // nobody knows when in it
		}
		n := b.from / length
		if len(windows) == 0 || windows[len(windows)-1].n != n {
			windows = append(windows, load{n: n})
		}
		w := &windows[len(windows)-1]
		w.limited += b.Limited
		w.retries += b.Retries
		w.new += b.New
	}
	grown := func(from, to load) bool {
		few, by := c.th.Int(rules.CurveFewest), c.th.Value(rules.FeedbackGrowth)
		for _, s := range [...][2]int32{{from.limited, to.limited}, {from.retries, to.retries}, {from.new, to.new}} {
			if int64(s[1]) < few || float64(s[1]) < by*float64(s[0]) {
				return false
			}
		}
		return true
	}
	first := 0
	for i, w := range windows {
		var before load
		if i > 0 && windows[i-1].n == w.n-1 {
			before = windows[i-1]
		}
		if before.limited == 0 || before.retries == 0 || w.limited <= before.limited || w.retries <= before.retries || w.new <= before.new {
			first = i
			continue
		}
		if grown(windows[first], w) {
			best = max(best, w.n-windows[first].n+1)
		}
	}
	return best
}

// slowed compares the own pace before and after a refusal (H79): new connections per
// minute in the window up to the first limit refusal after a quiet one, and in the
// window after it.
func (c *Cell) slowed() {
	a := c.Acc
	window := max(c.th.Int(rules.Window)/BucketSeconds, 1)
	begin, end := c.begin/second/BucketSeconds, c.end/second/BucketSeconds
	var before, after pace
	var last int64
	for b := range a.Buckets.all() {
		k := int64(b.K)
		if b.Limited == 0 {
			continue
		}
		// A pace per minute needs a minute of log on both sides.
		if k-last > window && min(k-begin, end-k) >= 60/BucketSeconds && !a.past.covers((k-window+1)*BucketSeconds, (k+window)*BucketSeconds) {
			before.add(&a.Buckets, max(k-window+1, begin), k)
			after.add(&a.Buckets, k+1, min(k+window, end))
		}
		last = k
	}
	if before.buckets == 0 || after.buckets == 0 || before.connections == 0 {
		return
	}
	set := func(name string, v float64) { c.Facts[name] = rules.Measure{Value: v, Basis: rules.Measured} }
	set("pace_before", before.perMinute())
	set("pace_after", after.perMinute())
	set("pace_change", after.perMinute()/before.perMinute())
}

// pace is a number of new connections over time.
type pace struct{ connections, buckets int64 }

func (p *pace) add(buckets *Buckets, from, to int64) {
	for b := range buckets.between(from, to+1) {
		p.connections += int64(b.New)
	}
	p.buckets += max(to-from+1, 0)
}

func (p *pace) perMinute() float64 {
	return float64(p.connections) / float64(p.buckets*BucketSeconds) * 60
}
