package group

import (
	"cmp"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// foldBuckets sums up the buckets that are gone.
func (a *Acc) foldBuckets(gone func(t int64) bool, th rules.Thresholds) {
	all := a.Buckets.all()
	if len(all) == 0 {
		return
	}
	var p *past
	var lost []timed
	keep := all[:0]
	for i := range all {
		if !gone(int64(all[i].K) * bucketLength) {
			keep = append(keep, all[i])
			continue
		}
		if p == nil {
			p = a.pasts()
			lost = make([]timed, 0, len(all)-i)
		}
		lost = append(lost, all[i])
	}
	if p == nil {
		return
	}
	p.first, p.last = min(p.first, lost[0].K), max(p.last, lost[len(lost)-1].K)
	p.rate.take(lost)
	p.clump = max(p.clump, clump(lost, th))
	p.chart.take(lost, th.Int(rules.Window))
	a.Buckets.list, a.Buckets.tidy = trim(keep), len(keep)
}

// trim gives memory back that was needed before.
func trim[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	if cap(list) > 2*len(list)+16 {
		return slices.Clone(list)
	}
	return list
}

// foldSpans sums up the spans that are gone. near are those that may have been open at
// the same time.
func (a *Acc) foldSpans(gone, near func(t int64) bool, th rules.Thresholds) {
	hosts, found := a.hosts(), false
	for _, spans := range a.Spans {
		found = found || slices.ContainsFunc(spans, func(s session.Span) bool { return !shadow(&s) && gone(s.Close) })
	}
	if !found {
		return
	}
	// Spans that are near come first, host by host.
	byMX := map[string][]session.Span{}
	n := 0
	for _, mx := range hosts {
		byMX[mx] = nearest(a.Spans[mx], near)
		n += len(byMX[mx])
	}
	all := make([]session.Span, 0, n)
	for _, mx := range hosts {
		all = append(all, byMX[mx]...)
	}
	p := a.pasts()
	if p.spans == nil {
		p.spans = &sums{}
	}
	length := th.Micros(rules.Window)
	whole := sweep(all, nil, th)
	peak, capped := session.FindPeak(whole.spans, whole.levels)
	p.spans.peak = p.spans.highest(peak)
	for i := range whole.spans {
		if gone(whole.spans[i].Close) {
			w := p.chart.at(whole.spans[i].Open / second)
			w.Sessions = max(w.Sessions, capped[i])
		}
	}
	join := func(of map[string][]session.Span) (out []session.Connection) {
		for _, mx := range hosts {
			out = append(out, session.Connections(of[mx], th.Micros(rules.LimitIdle), blur(whole.precise(), th), wasServed)...)
		}
		return out
	}
	p.spans.fold(&whole, gone)
	p.spans.foldLimit(&whole, func() []session.Connection { return join(byMX) }, gone, length)
	for _, mx := range hosts {
		if list := byMX[mx]; len(list) > 0 {
			one := whole
			if len(list) < n { // else all are of this host
				one = sweep(list, nil, th)
			}
			host := p.hosts(mx)
			host.fold(&one, gone)
			if one.refused() > 0 {
				host.foldLimit(&one, func() []session.Connection { return join(map[string][]session.Span{mx: list}) }, gone, length)
			}
		}
		a.Spans[mx] = keep(a.Spans[mx], gone)
	}
}

// nearest are the spans that are near; they change places with others for it.
func nearest(spans []session.Span, near func(t int64) bool) []session.Span {
	n := 0
	for i := range spans {
		if near(spans[i].Close) {
			spans[n], spans[i] = spans[i], spans[n]
			n++
		}
	}
	return spans[:n]
}

// A span that was summed up may stay for a while as a shadow, without attempts: what came
// at the same time, or is told late, is measured with it.
const (
	shadowTime = 60 * second
	mostShadow = 256 // for each host
)

func shadow(s *session.Span) bool { return s.Attempts == 0 }

// keep are the spans that are not gone, and shadows of those that were open shortly
// before a time that is not.
func keep(spans []session.Span, gone func(t int64) bool) []session.Span {
	list := spans[:0]
	var shadows []session.Span
	for _, s := range spans {
		switch {
		case !gone(s.Close):
			list = append(list, s)
		case !gone(s.Open) || !gone(s.Close+shadowTime):
			s.Attempts, s.Refused = 0, 0
			shadows = append(shadows, s)
		}
	}
	if n := len(shadows) - mostShadow; n > 0 {
		slices.SortFunc(shadows, func(a, b session.Span) int {
			return cmp.Or(cmp.Compare(a.Close, b.Close), cmp.Compare(a.Open, b.Open), cmp.Compare(a.PID, b.PID))
		})
		shadows = shadows[n:]
	}
	return trim(append(list, shadows...))
}
