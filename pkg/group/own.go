package group

import (
	"cmp"
	"math"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// level is the number of own sessions in one stretch of time.
type level struct {
	from, attempts int64
	sessions       int
}

// lowering measures what became of refusals after our own number of sessions fell for
// good: if the door stays shut at a few sessions, their number was not the reason (H69);
// if refusals end, it was. Own sessions are those that were open for sure, served or not.
func (c *Cell) lowering(whole *swept) {
	if whole.refused() < whole.fewest() {
		return
	}
	levels := c.ownLevels(whole)
	most, stop := int(c.th.Int(rules.SessionsTestMost)), int(c.th.Int(rules.SessionsStop))
	at := len(levels) // from here on few sessions were open
	for at > 0 && levels[at-1].sessions <= most {
		at--
	}
	several := int(c.th.Int(rules.LimitMoves))
	if at < several || len(levels)-at < several {
		return
	}
	before := reached(levels[:at], several)
	after := 0
	for _, l := range levels[at:] {
		after = max(after, l.sessions)
	}
	if before < stop || before < 2*after {
		return
	}
	from := levels[at].from
	was, is := whole.between(0, from), whole.between(from+c.th.Micros(rules.Penalty), math.MaxInt64)
	enough := c.th.Int(rules.FlatSureAttempts)
	if was.attempts == 0 || is.attempts < enough || was.share() < c.th.Value(rules.CurveClean) {
		return
	}
	calm := whole.calmFrom(from)
	set := func(name string, v float64) { c.Facts[name] = rules.Measure{Value: v, Basis: rules.Measured} }
	set("own_sessions_before", float64(before))
	set("own_sessions_after", float64(after))
	set("refused_before_lowering", was.share())
	set("refused_after_lowering", is.share())
	switch {
	case calm.attempts >= enough && calm.share() >= c.th.Value(rules.FlatShare):
		set("lowered_without_effect", 1)
	case is.share() <= c.th.Value(rules.CurveClean):
		set("lowered_without_effect", 0)
	}
}

// reached is the level that at least n stretches had.
func reached(levels []level, n int) int {
	sessions := make([]int, len(levels))
	for i := range levels {
		sessions[i] = levels[i].sessions
	}
	slices.Sort(sessions)
	return sessions[len(sessions)-n]
}

// ownLevels measures the own sessions stretch by stretch, where enough was tried.
func (c *Cell) ownLevels(whole *swept) []level {
	w, length := c.tools(), c.stretchLength()
	open := &w.open
	open.Count(c.connections(whole.precise(), func(*session.Span) bool { return true }, c.hosts()...), 0, 0)
	w.moments = slices.Grow(w.moments[:0], len(whole.spans))[:len(whole.spans)]
	moments := w.moments
	for i := range whole.spans {
		p := &whole.spans[i]
		moments[i] = moment{at: p.Close, served: max(open.Sure(p.Close), 1), attempts: int64(p.Attempts)}
	}
	slices.SortFunc(moments, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	out := whole.past.ownLevels(c.th)
	for len(moments) > 0 {
		from := moments[0].at - moments[0].at%length
		end := slices.IndexFunc(moments, func(m moment) bool { return m.at >= from+length })
		if end < 0 {
			end = len(moments)
		}
		piece := moments[:end]
		moments = moments[end:]
		if n := total(piece); n >= whole.fewest() {
			enough := max(whole.fewest(), int64(c.th.Value(rules.LimitLevel)*float64(n)))
			out = append(out, level{from, n, highest(piece, enough, func(m *moment) int { return m.served })})
		}
	}
	slices.SortStableFunc(out, func(a, b level) int { return cmp.Compare(a.from, b.from) })
	return out
}

// ownLevels are those of stretches that were summed up.
func (p *sums) ownLevels(th rules.Thresholds) (out []level) {
	if p == nil {
		return nil
	}
	for _, s := range p.limit.stretches(th) {
		if n := s.taken + s.refused; n >= th.Int(rules.CurveFewest) {
			out = append(out, level{s.from, n, max(s.low, s.likely, 1)})
		}
	}
	return out
}

// between counts the attempts that ended between two times.
func (s *swept) between(from, to int64) (n side) {
	if s.past != nil {
		for _, p := range s.past.limit.stretches(s.th) {
			if p.from >= from && p.from < to {
				n.add(side{p.taken + p.refused, p.refused})
			}
		}
	}
	for i := range s.spans {
		if p := &s.spans[i]; p.Close >= from && p.Close < to {
			n.take(p)
		}
	}
	return n
}

// calmFrom are the calm attempts from a time on.
func (s *swept) calmFrom(from int64) side {
	i, _ := slices.BinarySearchFunc(s.spans, from, func(p session.Span, t int64) int { return int(min(max(p.Open-t, -1), 1)) })
	late := swept{spans: s.spans[i:], levels: s.levels[i:], th: s.th}
	return late.calm(nil)
}
