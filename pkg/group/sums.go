package group

import (
	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// mostLevels is how many numbers of sessions are told apart in sums; the last stands for
// all above it, too.
const mostLevels = 64

// sums are what is left of spans that were summed up: all that a sweep said of them.
// A nil one is that of no spans.
type sums struct {
	spans, cached  int64 // deliveries, and those on connections that were open before
	levels         []side
	calm           side
	order          order
	peak           session.Peak
	precise, setup bool
	within         *[len(splits)]tables
	limit          *pastLimit
}

// take adds one span of the sweep.
func (p *sums) take(s *session.Span, level int32) {
	if shadow(s) {
		return
	}
	p.spans++
	if s.Use > 1 {
		p.cached++
	}
	p.precise, p.setup = p.precise || s.Precise, p.setup || s.Setup > 0
	l := int(min(level, mostLevels))
	for len(p.levels) < l {
		p.levels = append(p.levels, side{})
	}
	p.levels[l-1].take(s)
}

// highest is the higher one of a peak and that of the past.
func (p *sums) highest(o session.Peak) session.Peak {
	if p == nil {
		return o
	}
	return session.Peak{Estimate: max(p.peak.Estimate, o.Estimate), Low: max(p.peak.Low, o.Low), High: max(p.peak.High, o.High)}
}

// merge adds the sums of other spans.
func (p *sums) merge(o *sums) {
	p.spans += o.spans
	p.cached += o.cached
	p.precise, p.setup = p.precise || o.precise, p.setup || o.setup
	for len(p.levels) < len(o.levels) {
		p.levels = append(p.levels, side{})
	}
	for i := range o.levels {
		p.levels[i].add(o.levels[i])
	}
	p.calm.add(o.calm)
	p.order.add(o.order)
	p.peak = p.highest(o.peak)
	if o.within != nil {
		if p.within == nil {
			p.within = &[len(splits)]tables{}
		}
		for i := range p.within {
			p.within[i].add(&o.within[i])
		}
	}
	if o.limit != nil {
		p.limits().merge(o.limit)
	}
}

// settle gives back what only parts of the same time would need.
func (p *sums) settle(th rules.Thresholds) {
	if p != nil && p.limit != nil {
		p.limit.settle(th)
	}
}

func (p *sums) limits() *pastLimit {
	if p.limit == nil {
		p.limit = &pastLimit{}
	}
	return p.limit
}

// split divides the attempts by level: up to n, and above.
func (p *sums) split(n int) (below, above side) {
	if p == nil {
		return below, above
	}
	for i := range p.levels {
		if i < n {
			below.add(p.levels[i])
		} else {
			above.add(p.levels[i])
		}
	}
	return below, above
}

func (p *sums) refused() (n int64) {
	below, above := p.split(0)
	return below.refused + above.refused
}

// fold sums up those spans of a sweep that are gone.
func (p *sums) fold(s *swept, gone []bool) {
	for i := range s.spans {
		if gone[i] {
			p.take(&s.spans[i], s.levels[i])
		}
	}
	p.calm.add(s.calm(gone))
	p.order.add(s.order(gone))
	if w := s.tables(gone); w != nil {
		if p.within == nil {
			p.within = &[len(splits)]tables{}
		}
		for i := range w {
			p.within[i].add(&w[i])
		}
	}
}
