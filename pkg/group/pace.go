package group

import (
	"maps"
	"slices"

	"github.com/seed-07ce53fa/diagnose/rules"
)

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
	for _, b := range c.times {
		first += int64(b.First)
		again += int64(b.Retries)
	}
	if first > 0 {
		c.Facts["retries_per_first"] = rules.Measure{Value: float64(again) / float64(first), Basis: rules.Measured}
	}
	if gaps := c.Acc.Gaps.Seconds(func(Gap) bool { return true }); gaps.Total() > 0 {
		c.Facts["retry_gap"] = rules.Measure{Value: float64(gaps.Median()), Basis: rules.Measured}
	}
}

// growth compares the volume of the last day with the first, over at least three.
func (c *Cell) growth() {
	days := map[int64]int64{}
	for _, b := range c.times {
		days[b.from/86400] += int64(b.First)
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
