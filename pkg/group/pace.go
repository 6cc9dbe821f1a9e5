package group

import (
	"maps"
	"slices"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// arrivals measures how compressed the traffic is: the busiest stretch of first
// attempts and the sessions they need, which by Little's law is the rate times the
// time one delivery takes. Volume per day plays no part (H58).
func (c *Cell) arrivals() {
	a := c.Acc
	if len(a.Arrivals) == 0 {
		return
	}
	spike := max(c.th.Micros(rules.Spike), second)
	slices.Sort(a.Arrivals)
	best, at, j := 0, int64(0), 0
	counts := map[int64]int64{}
	for i, t := range a.Arrivals {
		counts[t/spike]++
		for a.Arrivals[j] <= t-spike {
			j++
		}
		if n := i - j + 1; n > best {
			best, at = n, a.Arrivals[j]
		}
	}
	usual := median(slices.Collect(maps.Values(counts)))
	busy, basis := c.busy()
	where := a.BusyWhere[at/(BucketSeconds*second)].String()
	c.Facts["arrivals_busiest"] = rules.Measure{Value: float64(best), Basis: rules.Measured, Where: where}
	c.Facts["arrivals_usual"] = rules.Measure{Value: float64(usual), Basis: rules.Measured}
	c.Facts["offered_sessions"] = rules.Measure{Value: float64(best) / float64(spike) * second * busy, Basis: basis, Where: where}
}

// busy is how long one delivery takes, in seconds.
func (c *Cell) busy() (float64, rules.Basis) {
	if n := c.Acc.BusyCount; n > 0 {
		return float64(c.Acc.Busy) / float64(n) / second, rules.Measured
	}
	return c.th.Value(rules.AssumedBusy), rules.Assumed
}

// retries measures how many there are and how soon they come.
func (c *Cell) retries() {
	var first, again int64
	for _, b := range c.Acc.Buckets {
		first += b.First
		again += b.Retries
	}
	if first > 0 {
		c.Facts["retries_per_first"] = rules.Measure{Value: float64(again) / float64(first), Basis: rules.Measured}
	}
	if g := c.Acc.Gaps; len(g) > 0 {
		gaps := make([]int64, len(g))
		for i := range g {
			gaps[i] = int64(g[i].Seconds)
		}
		c.Facts["retry_gap"] = rules.Measure{Value: float64(median(gaps)), Basis: rules.Measured}
	}
}

// median of n values, the lower one of two in the middle; 0 of none. It sorts.
func median(n []int64) int64 {
	if len(n) == 0 {
		return 0
	}
	slices.Sort(n)
	return n[(len(n)-1)/2]
}

// rateSplits are numbers of new connections in a minute at which a rate limit may
// begin.
var rateSplits = [...]int{5, 10, 20, 30, 60, 100, 200}

// rate measures new connections per minute, which a receiver may limit as well as
// sessions at once (connection-rate; the fixes differ).
func (c *Cell) rate() {
	minutes := map[int64]*struct{ connections, attempts, limited int64 }{}
	var peak int64
	for k, b := range c.Acc.Buckets {
		m := minutes[k*BucketSeconds/60]
		if m == nil {
			m = new(struct{ connections, attempts, limited int64 })
			minutes[k*BucketSeconds/60] = m
		}
		m.connections += b.New
		m.attempts += b.Attempts
		m.limited += b.Limited
		peak = max(peak, m.connections)
	}
	c.Facts["connections_busiest"] = rules.Measure{Value: float64(peak), Basis: rules.Measured}
	o := steepest(rateSplits[:], c.th.Int(rules.CurveFewest), func(n int) (below, above side) {
		for _, m := range minutes {
			p := &above
			if m.connections <= int64(n) {
				p = &below
			}
			p.attempts += m.attempts
			p.refused += min(m.limited, m.attempts)
		}
		return below, above
	})
	if o.at > 0 {
		c.Facts["rate_split"] = rules.Measure{Value: float64(o.at), Basis: rules.Measured}
		c.Facts["rate_odds"] = rules.Measure{Value: o.low, Basis: rules.Measured}
	}
}

// growth compares the volume of the last day with the first, over at least three.
func (c *Cell) growth() {
	days := map[int64]int64{}
	for k, b := range c.Acc.Buckets {
		days[k*BucketSeconds/86400] += b.First
	}
	if len(days) < 3 {
		return
	}
	keys := slices.Sorted(maps.Keys(days))
	first, last := days[keys[0]], days[keys[len(keys)-1]]
	if first > 0 {
		c.Facts["volume_growth"] = rules.Measure{Value: float64(last) / float64(first), Basis: rules.Measured}
	}
}
