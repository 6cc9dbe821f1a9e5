package group

import (
	"cmp"
	"math"
	"slices"
)

// past is what is left of the details of an accumulator that were summed up. A nil one is
// that of none.
type past struct {
	spans    *sums      // nil where sessions are not known
	byMX     []pastHost // in order of their names
	arrivals pastArrivals
	rate     rates
	clump    int64 // most retries in one spike
	stays    stays
	// chart is what happened, first and last the buckets in which it began and ended.
	chart       chart
	first, last int32
}

// pastHost is one MX host.
type pastHost struct {
	mx string
	sums
}

// pasts is where details are summed up. Its chart never has longer windows than that of
// the whole log will have.
func (a *Acc) pasts() *past {
	if a.past == nil {
		a.past = &past{chart: chart{step: chartSteps[0]}, first: math.MaxInt32, last: math.MinInt32}
	}
	a.past.chart.coarsen(a.chartStep())
	return a.past
}

// chartStep is the length of windows in the chart of all that is known.
func (a *Acc) chartStep() int64 {
	first, last, _ := a.extent()
	return chartStep((int64(last) - int64(first) + 1) * BucketSeconds)
}

// attempts are those of which details were summed up.
func (p *past) attempts() (n int64) {
	if p == nil {
		return 0
	}
	for w := range p.chart.all() {
		n += int64(w.Attempts)
	}
	below, above := p.spans.split(0)
	return max(n, below.attempts+above.attempts)
}

// whole are the sums over all hosts.
func (p *past) whole() *sums {
	if p == nil {
		return nil
	}
	return p.spans
}

// host are the sums of one MX host.
func (p *past) host(mx string) *sums {
	if p == nil {
		return nil
	}
	if i, ok := p.find(mx); ok {
		return &p.byMX[i].sums
	}
	return nil
}

func (p *past) find(mx string) (int, bool) {
	return slices.BinarySearchFunc(p.byMX, mx, func(h pastHost, mx string) int { return cmp.Compare(h.mx, mx) })
}

// hosts are the sums of an MX host to add to. They are there until the next call.
func (p *past) hosts(mx string) *sums {
	i, ok := p.find(mx)
	if !ok {
		p.byMX = slices.Insert(p.byMX, i, pastHost{mx: mx})
	}
	return &p.byMX[i].sums
}

func (p *past) merge(o *past) {
	if o.spans != nil {
		if p.spans == nil {
			p.spans = &sums{}
		}
		p.spans.merge(o.spans)
	}
	for i := range o.byMX {
		p.hosts(o.byMX[i].mx).merge(&o.byMX[i].sums)
	}
	p.arrivals.merge(&o.arrivals)
	p.rate.merge(&o.rate)
	p.clump = max(p.clump, o.clump)
	p.stays.join(o.stays, 0) // a pause is known to those who measure
	p.first, p.last = min(p.first, o.first), max(p.last, o.last)
	p.chart.coarsen(max(p.chart.step, o.chart.step))
	for w := range o.chart.all() {
		p.chart.add(w)
	}
}

// covers says that something that happened between two times was summed up.
func (p *past) covers(from, to int64) bool {
	return p != nil && p.chart.between(from, to, func(w *Window) bool { return w.Attempts > 0 })
}

// limited says that a limit may have been met between two times.
func (p *past) limited(from, to int64) bool {
	return p != nil && p.chart.between(from, to, func(w *Window) bool { return w.Limited > 0 })
}

// period is what happened in a piece of time, in Unix seconds: a bucket, or a window of
// the past.
type period struct {
	from, to int64
	*Window
}

// extent are the first and the last bucket, those of the past included.
func (a *Acc) extent() (first, last int32, ok bool) {
	first, last = math.MaxInt32, math.MinInt32
	if a.past != nil {
		first, last = a.past.first, a.past.last
	}
	if b := a.Buckets.tidied(); len(b) > 0 {
		first, last = min(first, b[0].K), max(last, b[len(b)-1].K)
	}
	return first, last, first <= last
}
