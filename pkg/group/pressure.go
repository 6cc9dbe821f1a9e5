package group

import (
	"maps"
	"slices"

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
	for _, b := range c.Acc.Buckets {
		all += b.New
		retries += b.NewRetries
	}
	if first := all - retries; first > 0 {
		c.Facts["retry_sessions_per_first"] = rules.Measure{Value: float64(max(retries, 0)) / float64(first), Basis: rules.Measured}
	}
}

// clump measures the retries that come at once, as those of one queue run do: how
// many in the busiest stretch, and the sessions that these need (as arrivals does).
func (c *Cell) clump() {
	stretches := map[int64]int64{}
	length := max(c.th.Int(rules.Spike)/BucketSeconds, 1)
	var most int64
	for k, b := range c.Acc.Buckets {
		stretches[k/length] += b.Retries
		most = max(most, stretches[k/length])
	}
	if most == 0 {
		return
	}
	busy, basis := c.busy()
	c.Facts["retry_clump"] = rules.Measure{Value: float64(most), Basis: rules.Measured}
	c.Facts["retry_clump_sessions"] = rules.Measure{Value: float64(most) / float64(length*BucketSeconds) * busy, Basis: basis}
}

// asAdvised measures the share of gaps that are as long as advised (H49).
func (c *Cell) asAdvised() {
	n := 0
	for _, g := range c.Acc.Gaps {
		if g.AsAdvised(c.th) {
			n++
		}
	}
	if len(c.Acc.Gaps) > 0 {
		c.Facts["gaps_as_advised"] = rules.Measure{Value: float64(n) / float64(len(c.Acc.Gaps)), Basis: rules.Measured}
	}
}

// Advised is the advised time before the n-th retry, in seconds (H45-H47).
func Advised(n int32, th rules.Thresholds) float64 {
	gap, most := th.Value(rules.RetryFirst), th.Value(rules.RetryMost)
	factor := th.Value(rules.RetryFactor)
	for i := int32(1); i < n && factor > 1 && gap > 0 && gap < most; i++ {
		gap *= factor
	}
	return min(gap, most)
}

// AsAdvised says that a gap is as long as advised, give or take the jitter of queue
// runs (H49).
func (g Gap) AsAdvised(th rules.Thresholds) bool {
	return float64(g.Seconds) >= th.Value(rules.RetryTolerance)*Advised(g.Retry, th)
}

// grains divide a retry window: a loop may turn faster than advised retries would.
var grains = [...]int64{1, 3, 15}

// feedback looks for the loop of deferrals, faster retries and more connections
// (H15): the most windows in a row over which all three rise. A rise counts if they
// grow enough in all, and to a number that is no accident.
func (c *Cell) feedback() {
	var best int64
	for _, g := range grains {
		best = max(best, c.rising(max(c.th.Int(rules.Window)/g, BucketSeconds)))
	}
	c.Facts["feedback_windows"] = rules.Measure{Value: float64(best), Basis: rules.Measured}
}

// rising returns the most windows of so many seconds over which all three rise.
func (c *Cell) rising(length int64) (best int64) {
	windows := map[int64]Bucket{}
	for k, b := range c.Acc.Buckets {
		n := k * BucketSeconds / length
		w := windows[n]
		w.add(b)
		windows[n] = w
	}
	grown := func(from, to Bucket) bool {
		few, by := c.th.Int(rules.CurveFewest), c.th.Value(rules.FeedbackGrowth)
		for _, s := range [...][2]int64{{from.Limited, to.Limited}, {from.Retries, to.Retries}, {from.New, to.New}} {
			if s[1] < few || float64(s[1]) < by*float64(s[0]) {
				return false
			}
		}
		return true
	}
	var first int64
	for _, n := range slices.Sorted(maps.Keys(windows)) {
		w, before := windows[n], windows[n-1]
		if before.Limited == 0 || before.Retries == 0 || w.Limited <= before.Limited || w.Retries <= before.Retries || w.New <= before.New {
			first = n
			continue
		}
		if grown(windows[first], w) {
			best = max(best, n-first+1)
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
	for _, k := range slices.Sorted(maps.Keys(a.Buckets)) {
		if a.Buckets[k].Limited == 0 {
			continue
		}
		// A pace per minute needs a minute of log on both sides.
		if k-last > window && min(k-begin, end-k) >= 60/BucketSeconds {
			before.add(a.Buckets, max(k-window+1, begin), k)
			after.add(a.Buckets, k+1, min(k+window, end))
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

func (p *pace) add(buckets map[int64]Bucket, from, to int64) {
	for k := from; k <= to; k++ {
		p.connections += buckets[k].New
		p.buckets++
	}
}

func (p *pace) perMinute() float64 {
	return float64(p.connections) / float64(p.buckets*BucketSeconds) * 60
}
