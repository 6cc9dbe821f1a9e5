package group

import "github.com/seed-07ce53fa/diagnose/rules"

// Gap is the time between two attempts for one recipient: the n-th retry came
// Seconds after the attempt before it.
type Gap struct {
	Retry   int32
	Seconds int32
}

// Gaps are a multiset of gaps.
type Gaps struct{ Tally }

// Take adds a gap n times.
func (g *Gaps) Take(one Gap, n int64) { g.Add(int64(one.Retry)<<32|int64(one.Seconds), n) }

// Each returns the gaps in order of the retry, then of their length, with how many of
// each there are.
func (g *Gaps) Each(yield func(Gap, int64) bool) {
	for _, c := range g.Counts() {
		if !yield(Gap{Retry: int32(c.Value >> 32), Seconds: int32(c.Value)}, c.N) {
			return
		}
	}
}

// Seconds are the lengths of the gaps that are wanted.
func (g *Gaps) Seconds(want func(Gap) bool) (t Tally) {
	for gap, n := range g.Each {
		if want(gap) {
			t.Add(int64(gap.Seconds), n)
		}
	}
	return t
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

// asAdvised measures the share of gaps that are as long as advised (H49).
func (c *Cell) asAdvised() {
	var n, all int64
	for g, count := range c.Acc.Gaps.Each {
		all += count
		if g.AsAdvised(c.th) {
			n += count
		}
	}
	if all > 0 {
		c.Facts["gaps_as_advised"] = rules.Measure{Value: float64(n) / float64(all), Basis: rules.Measured}
	}
}
