package group

import (
	"cmp"
	"math"
	"slices"
	"unsafe"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// folding sums up one accumulator after the other, each with a line of its own. It keeps
// its memory for the next.
type folding struct {
	th     rules.Thresholds
	length int64 // of a retry window
	line   line
	fresh  fresh

	arrivals []int64
	came     pastArrivals
	cut      []packed
	buckets  []timed

	windows []goneWindow
	passed  []int              // how many spans of each host are before all that is looked at
	hosts   runs[session.Span] // spans that are near, host by host
	sweep   session.Sweep
	gone    []bool // of each span that is swept

	shadows     [2][]session.Span // of those that were served, and of the others
	levels      []side
	connections runs[session.Connection] // of hosts
	pieces      pieces
	served      served

	left int // bytes of detail that stay
}

// most is what the longest of the lists takes that are kept for the next, in bytes.
func (f *folding) most() int {
	return max(cap(f.hosts.list)*spanBytes, cap(f.arrivals)*arrivalBytes, cap(f.buckets)*int(unsafe.Sizeof(timed{})))
}

// fold sums up the detail of an accumulator that is gone.
func (f *folding) fold(a *Acc) {
	f.foldArrivals(a)
	f.foldBuckets(a)
	f.foldSpans(a)
}

// foldBuckets sums up the buckets that are gone.
func (f *folding) foldBuckets(a *Acc) {
	cut := a.Buckets.cut(f.cut, func(k int32) bool { return f.line.bucketGone(int64(k) * bucketLength) })
	if len(cut.list) == 0 {
		return
	}
	lost := cut.listed(f.buckets[:0])
	f.cut, f.buckets = cut.list, lost
	p := a.pasts()
	p.first, p.last = min(p.first, lost[0].K), max(p.last, lost[len(lost)-1].K)
	p.chart.coarsen(a.chartStep())
	p.rate.take(lost)
	p.clump = max(p.clump, clump(lost, f.th))
	p.stays.take(lost, f.th.Int(rules.AlertQuiet))
	p.chart.take(lost, f.th.Int(rules.Window))
}

// mostAtOnce is how many spans are summed up at once, if they are of several retry windows:
// few enough for what is measured of them to stay in the caches of a processor.
const mostAtOnce = 4096

// foldSpans sums up the spans that are gone, some windows after the others.
func (f *folding) foldSpans(a *Acc) {
	windows := f.goneIn(a)
	if len(windows) == 0 {
		for _, h := range a.Spans {
			h.List = trim(h.List, len(h.List))
		}
		return
	}
	for _, h := range a.Spans {
		session.Sort(h.List)
	}
	f.passed = append(f.passed[:0], make([]int, len(a.Spans))...)
	for len(windows) > 0 {
		n, spans := 1, windows[0].spans
		for ; n < len(windows) && spans+windows[n].spans <= mostAtOnce; n++ {
			spans += windows[n].spans
		}
		f.line.only(windows[0].number, windows[n-1].number)
		f.some(a)
		windows = windows[n:]
	}
	f.line.only(allWindows())
	a.past.spans.settle(f.th)
	for _, h := range a.Spans {
		a.past.host(h.MX).settle(f.th)
		h.List = trim(f.keep(h.List), len(h.List))
	}
}

// goneWindow is a retry window with spans that are gone.
type goneWindow struct{ number, spans int64 }

// goneIn finds the windows with spans that are gone, in order.
func (f *folding) goneIn(a *Acc) []goneWindow {
	list := f.windows[:0]
	from, to := int64(0), int64(0) // of the last one
	for _, h := range a.Spans {
		for i := range h.List {
			s := &h.List[i]
			if !f.line.gone(s.Close) || shadow(s) {
				continue
			}
			if s.Close < from || s.Close >= to {
				number := s.Close / f.length
				from, to = number*f.length, (number+1)*f.length
				list = append(list, goneWindow{number: number})
			}
			list[len(list)-1].spans++
		}
	}
	f.windows = list
	slices.SortFunc(list, func(a, b goneWindow) int { return cmp.Compare(a.number, b.number) })
	n := 0
	for i := range list {
		if n > 0 && list[n-1].number == list[i].number {
			list[n-1].spans += list[i].spans
			continue
		}
		list[n] = list[i]
		n++
	}
	return list[:n]
}

// some sums up spans of all hosts. Those that are near may have been open at the same time.
func (f *folding) some(a *Acc) {
	f.collect(a)
	p := a.pasts()
	if p.spans == nil {
		p.spans = &sums{}
	}
	whole := f.measure(f.hosts.merged((*session.Span).Before))
	f.peak(&whole, p)
	one := f.sums(&whole, allHosts)
	p.spans.merge(&one)
	if whole.refused() == 0 {
		one.limit = nil // of a host
	}
	for i, h := range a.Spans {
		list := f.hosts.of(i)
		switch {
		case len(list) == 0:
		case len(list) == len(whole.spans): // all are of this host
			p.hosts(h.MX).merge(&one)
		default:
			host := f.measure(list)
			one := f.sums(&host, i)
			p.hosts(h.MX).merge(&one)
		}
	}
}

// collect collects the spans of all hosts that are near. It is asked for later and later
// windows.
func (f *folding) collect(a *Acc) {
	f.hosts.clear()
	from, to := f.line.around()
	for n, h := range a.Spans {
		f.hosts.begin()
		i := f.passed[n]
		for i < len(h.List) && h.List[i].Close < from {
			i++
		}
		f.passed[n] = i
		for ; i < len(h.List) && h.List[i].Open < to; i++ {
			if s := &h.List[i]; s.Close >= from && f.line.near(s) {
				f.hosts.list = append(f.hosts.list, *s)
			}
		}
	}
}

// sums is what the spans of a sweep that are gone say: those of one host, or of all. A
// host without refusals says nothing of its limit.
func (f *folding) sums(s *swept, host int) sums {
	one := sums{levels: f.levels[:0]}
	one.fold(s, f.gone)
	f.levels = one.levels
	if host == allHosts || s.refused() > 0 {
		one.limit = f.limit(s, host)
	}
	return one
}

// measure is sweep for spans that are sorted. Its levels, and which spans are gone, are there
// until the next call.
func (f *folding) measure(spans []session.Span) swept {
	f.gone = slices.Grow(f.gone[:0], len(spans))[:len(spans)]
	for i := range spans {
		f.gone[i] = f.line.gone(spans[i].Close)
	}
	return swept{spans: spans, levels: f.sweep.Levels(spans), th: f.th}
}

// peak keeps the peak, and the highest number of sessions in each window of the chart.
func (f *folding) peak(whole *swept, p *past) {
	w := Window{Start: math.MaxInt64}
	until := int64(math.MinInt64) // the end of w
	wanted := func(i int) bool {
		s := &whole.spans[i]
		if !f.gone[i] {
			return false
		}
		if sec := s.Open / second; sec >= until || sec < w.Start {
			if until > w.Start {
				p.chart.add(&Window{Start: w.Start, Sessions: w.Sessions})
			}
			w = p.chart.at(sec)
			until = w.Start + p.chart.step
		}
		return whole.levels[i] > w.Sessions
	}
	tell := func(i int, level int32) {
		if wanted(i) {
			w.Sessions = max(w.Sessions, level)
		}
	}
	p.spans.peak = p.spans.highest(f.sweep.Peak(whole.spans, whole.levels, wanted, tell))
	if until > w.Start {
		p.chart.add(&Window{Start: w.Start, Sessions: w.Sessions})
	}
}
