package group

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// periods are those that people and schedulers use, in seconds.
var periods = [...]int64{60, 300, 600, 900, 1800, 3600, 86400, 7 * 86400}

// period finds out whether the spikes of arrivals come back at the same moment of
// each minute, hour, day or week: then a schedule makes them, not chance. The
// shortest period that explains enough of them is named.
func (c *Cell) period() {
	starts := c.spikes()
	if len(starts) == 0 {
		return
	}
	c.Facts["spikes"] = rules.Measure{Value: float64(len(starts)), Basis: rules.Measured}
	for _, p := range periods {
		r, ok := c.recurs(starts, p)
		if !ok {
			continue
		}
		c.Facts["period"] = rules.Measure{Value: float64(p), Basis: rules.Measured, Text: clock(p, r.phase)}
		c.Facts["period_spikes"] = rules.Measure{Value: float64(len(r.spikes)), Basis: rules.Measured}
		c.Facts["period_refused"] = rules.Measure{Value: float64(c.refusedAfter(r.spikes)), Basis: rules.Measured}
		return
	}
}

// spikes returns when the spikes of arrivals begin, in seconds: stretches with many
// more arrivals than on average.
func (c *Cell) spikes() (starts []int64) {
	p, length := &c.came, max(c.th.Int(rules.Spike), 1)
	if p.n == 0 {
		return nil
	}
	whole := (p.last-p.first)/second/length + 1
	least := max(c.th.Value(rules.PeriodLeast), c.th.Value(rules.PeriodPeak)*float64(p.n)/float64(whole))
	last := int64(math.MinInt64) / 2
	see := func(s spike) {
		if float64(s.n) < least {
			return
		}
		if stretch := s.from / length; stretch > last+1 {
			starts = append(starts, s.from)
		}
		last = s.from / length
	}
	past := p.spikes
	stretches(c.Acc.Arrivals, length*second, func(of []int64) {
		s := spike{of[0] / second, int64(len(of))}
		for ; len(past) > 0 && past[0].from < s.from; past = past[1:] {
			see(past[0])
		}
		see(s)
	})
	for _, s := range past {
		see(s)
	}
	return starts
}

// recurrence is a set of spikes at one phase of a period, one in each period.
type recurrence struct {
	phase  int64
	spikes []int64
}

// recurs looks for the phase at which most periods have a spike. They recur if
// enough of the periods between the first and the last have one and chance would
// hardly put so many so close together.
func (c *Cell) recurs(starts []int64, p int64) (best recurrence, ok bool) {
	width := max(c.th.Int(rules.Spike), int64(float64(p)*c.th.Value(rules.PeriodJitter)))
	at := slices.Clone(starts)
	slices.SortFunc(at, func(a, b int64) int { return int(a%p - b%p) })
	for i := range at {
		phase := at[i] % p
		if i > 0 && phase == at[i-1]%p {
			continue // the one before has seen the same spikes
		}
		r := recurrence{phase: phase}
		for j := i; j < i+len(at); j++ {
			s := at[j%len(at)]
			if (s%p-phase+p)%p >= width {
				break
			}
			r.spikes = append(r.spikes, s)
		}
		slices.Sort(r.spikes)
		r.spikes = slices.CompactFunc(r.spikes, func(a, b int64) bool { return (a-phase)/p == (b-phase)/p })
		if len(r.spikes) > len(best.spikes) {
			best = r
		}
	}
	n, k := len(starts), len(best.spikes)
	if k < 2 {
		return best, false
	}
	between := (best.spikes[k-1]-best.spikes[0]+p/2)/p + 1
	return best, float64(k) >= c.th.Value(rules.PeriodKept)*float64(between) &&
		chance(n, k, float64(width)/float64(p)) <= c.th.Value(rules.PeriodChance)
}

// chance bounds the probability that of n moments at random k lie within a stretch
// of the given part of the period.
func chance(n, k int, part float64) float64 {
	p := float64(n)
	for i := 1; i < k; i++ {
		p *= float64(n-i) / float64(i) * part
	}
	return p
}

// refusedAfter counts the spikes that met a limit before a retry could.
func (c *Cell) refusedAfter(spikes []int64) (n int) {
	wait := c.th.Int(rules.PeriodWait)
	for _, s := range spikes {
		if c.Acc.Buckets.limited(s/BucketSeconds, (s+wait)/BucketSeconds+1) || c.Acc.past.limited(s, s+wait) {
			n++
		}
	}
	return n
}

// clock says when a period begins: "day at 09:00 UTC", "5 minutes, at :02".
func clock(p, phase int64) string {
	t := time.Unix(phase, 0).UTC() // the epoch began a minute, an hour and a day
	switch p {
	case 60:
		return "minute at :" + t.Format("05")
	case 3600:
		return "hour at :" + t.Format("04")
	case 86400:
		return "day at " + t.Format("15:04") + " UTC"
	case 7 * 86400:
		return "week, " + t.Format("Monday 15:04") + " UTC"
	}
	return strconv.FormatInt(p/60, 10) + " minutes, at :" + t.Format("04")
}
