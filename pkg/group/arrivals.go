package group

import (
	"cmp"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// spike is a stretch of time with many arrivals.
type spike struct {
	from, n int64 // first arrival in Unix seconds; how many
}

// mostSpikes are kept; the oldest of more are forgotten.
const mostSpikes = 2000

// pastArrivals are what arrivals that were summed up said.
type pastArrivals struct {
	n, first, last int64
	// best is the most in one spike's length, which begins at a time and place, batch the
	// most in one retry window.
	best  int64
	at    int64
	where Where
	batch int64
	// usual counts stretches by their arrivals, spikes are those with many.
	usual  Tally
	spikes []spike
}

func (p *pastArrivals) merge(o *pastArrivals) {
	if o.n == 0 {
		return
	}
	if p.n == 0 || o.first < p.first {
		p.first = o.first
	}
	p.n, p.last = p.n+o.n, max(p.last, o.last)
	if p.busier(o) {
		p.best, p.at, p.where = o.best, o.at, o.where
	}
	p.batch = max(p.batch, o.batch)
	p.usual.merge(&o.usual)
	if len(o.spikes) == 0 {
		return
	}
	p.spikes = append(p.spikes, o.spikes...)
	slices.SortFunc(p.spikes, func(a, b spike) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.n, b.n)) })
	if n := len(p.spikes) - mostSpikes; n > 0 {
		p.spikes = slices.Delete(p.spikes, 0, n)
	}
}

// busier says that the busiest stretch of others is the busiest of all.
func (p *pastArrivals) busier(o *pastArrivals) bool {
	return o.best > p.best || o.best == p.best && o.at < p.at
}

// stretches calls visit for each stretch of a length, in microseconds, of arrivals in
// order.
func stretches(arrivals []int64, length int64, visit func(of []int64)) {
	for i := 0; i < len(arrivals); {
		j, end := i+1, (arrivals[i]/length+1)*length
		for j < len(arrivals) && arrivals[j] < end {
			j++
		}
		visit(arrivals[i:j])
		i = j
	}
}

// densest is the highest number of arrivals in any stretch of a length, and when the first
// such begins.
func densest(arrivals []int64, length int64) (best, at int64) {
	j := 0
	for i, t := range arrivals {
		for arrivals[j] <= t-length {
			j++
		}
		if n := int64(i - j + 1); n > best {
			best, at = n, arrivals[j]
		}
	}
	return best, at
}

// spikeLength is the stretch in which arrivals are counted, in microseconds.
func spikeLength(th rules.Thresholds) int64 { return max(th.Int(rules.Spike), 1) * second }

// foldArrivals sums up the arrivals that are gone.
func (f *folding) foldArrivals(a *Acc) {
	th := f.th
	if !slices.ContainsFunc(a.Arrivals, f.line.gone) {
		a.Arrivals = trim(a.Arrivals, len(a.Arrivals))
		return
	}
	session.SortTimes(a.Arrivals)
	now := &f.came
	*now = pastArrivals{usual: Tally{list: now.usual.list[:0]}, spikes: now.spikes[:0]}
	now.best, now.at = densest(a.Arrivals, spikeLength(th))
	now.batch, _ = densest(a.Arrivals, th.Micros(rules.Window))
	keep := a.Arrivals[:0]
	lost := f.arrivals[:0]
	for _, t := range a.Arrivals {
		if f.line.gone(t) {
			lost = append(lost, t)
		} else {
			keep = append(keep, t)
		}
	}
	f.arrivals = lost
	p := &a.pasts().arrivals
	if p.busier(now) {
		now.where = a.Buckets.place(now.at / bucketLength)
	}
	now.n, now.first, now.last = int64(len(lost)), lost[0], lost[len(lost)-1]
	// A spike is far above the average, which is not known before the end: what is above
	// half of that is kept.
	average := float64(p.n+now.n) / float64(max((max(p.last, now.last)-now.first)/spikeLength(th), 1))
	if p.n > 0 {
		average = float64(p.n+now.n) / float64(max((max(p.last, now.last)-min(p.first, now.first))/spikeLength(th), 1))
	}
	least := max(th.Value(rules.PeriodLeast), th.Value(rules.PeriodPeak)*average/2)
	stretches(lost, spikeLength(th), func(of []int64) {
		now.usual.Add(int64(len(of)), 1)
		if float64(len(of)) >= least {
			now.spikes = append(now.spikes, spike{of[0] / second, int64(len(of))})
		}
	})
	p.merge(now)
	a.Arrivals = trim(keep, len(a.Arrivals))
}

// arrived is all that is known of arrivals, those of the past included.
func (c *Cell) arrived() pastArrivals {
	a := c.Acc
	var p, now pastArrivals
	if a.past != nil {
		p.merge(&a.past.arrivals)
	}
	if len(a.Arrivals) == 0 {
		return p
	}
	slices.Sort(a.Arrivals)
	now.n, now.first, now.last = int64(len(a.Arrivals)), a.Arrivals[0], a.Arrivals[len(a.Arrivals)-1]
	now.best, now.at = densest(a.Arrivals, spikeLength(c.th))
	now.where = a.Buckets.place(now.at / bucketLength)
	now.batch, _ = densest(a.Arrivals, c.th.Micros(rules.Window))
	stretches(a.Arrivals, spikeLength(c.th), func(of []int64) { now.usual.Add(int64(len(of)), 1) })
	p.merge(&now)
	return p
}

// arrivals measures how compressed the traffic is: the busiest stretch of first
// attempts and the sessions they need, which by Little's law is the rate times the
// time one delivery takes. Volume per day plays no part (H58).
func (c *Cell) arrivals() {
	c.came = c.arrived()
	p := &c.came
	if p.n == 0 {
		return
	}
	busy, basis := c.busy()
	where := p.where.String()
	c.Facts["arrivals_busiest"] = rules.Measure{Value: float64(p.best), Basis: rules.Measured, Where: where}
	c.Facts["arrivals_usual"] = rules.Measure{Value: float64(p.usual.Median()), Basis: rules.Measured}
	c.Facts["offered_sessions"] = rules.Measure{Value: float64(p.best) / float64(spikeLength(c.th)) * second * busy, Basis: basis, Where: where}
}
