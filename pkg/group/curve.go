package group

import (
	"math"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// sessions sweeps the spans: peak, curve, limit.
func (c *Cell) sessions() {
	past := c.Acc.past
	all := c.tools().spansOf(c.Acc)
	if len(all) == 0 && past.whole() == nil {
		return
	}
	whole := c.tools().sweepOf(all, past.whole(), c.th)
	c.whole, c.byMX = &whole, c.sweepHosts(&whole)
	c.Peak, c.levels = c.tools().sweep.FindPeak(whole.spans, whole.levels)
	c.Peak = past.whole().highest(c.Peak)
	c.Curve = whole.curve()
	c.Facts["peak_sessions"] = rules.Measure{Value: float64(c.Peak.Estimate), Basis: rules.Measured}
	// Where only one of a platform's hosts is capped, the others blur the curve: the
	// sharper one speaks.
	sharp := whole
	for _, mx := range c.hosts() {
		if one := c.byMX[mx]; one.refused()*5 >= whole.refused() && one.odds().low > sharp.odds().low {
			sharp = *one
		}
	}
	set := func(name string, v float64) { c.Facts[name] = rules.Measure{Value: v, Basis: rules.Measured} }
	set("cached_share", whole.cached())
	_, many := whole.split(int(c.th.Int(rules.SessionsStop)) - 1)
	set("refused_stop", float64(many.refused))
	low, high := sharp.split(sharp.few())
	set("attempts_low", float64(low.attempts))
	set("attempts_above", float64(high.attempts))
	if low.attempts > 0 {
		set("refused_low", low.share())
	}
	calm := sharp.calmEver()
	set("attempts_calm", float64(calm.attempts))
	if calm.attempts > 0 {
		set("refused_calm", calm.share())
	}
	if o := sharp.odds(); o.at > 0 {
		set("curve_split", float64(o.at))
		set("curve_odds", o.low)
		set("curve_odds_high", o.high)
		c.within(&sharp, o.at)
		below, above := sharp.split(o.at)
		set("refused_below", below.share())
		set("refused_above", above.share())
	}
	c.measureOrder(&sharp)
	c.phases(&whole)
	c.limit(&whole)
	c.lowering(&whole)
}

// sweepHosts sweeps each MX host by itself; a single one is the whole.
func (c *Cell) sweepHosts(whole *swept) map[string]*swept {
	hosts := map[string]*swept{}
	names := c.hosts()
	for _, mx := range names {
		hosts[mx] = whole
		if len(names) > 1 {
			one := c.tools().sweepOf(c.Acc.spansOf(mx), c.Acc.past.host(mx), c.th)
			hosts[mx] = &one
		}
	}
	return hosts
}

// eachSession tells for every session when it opened, in microseconds, and how many were
// open then, as the peak counts them.
func (c *Cell) eachSession(visit func(open int64, sessions int32)) {
	for i, n := range c.levels {
		visit(c.whole.spans[i].Open, n)
	}
}

// swept is a set of spans with the number of sessions open at each.
type swept struct {
	spans  []session.Span
	levels []int32
	past   *sums // of those that are no longer there; may be nil
	th     rules.Thresholds
}

// sweepOf sorts spans where they are.
func (w *gauge) sweepOf(spans []session.Span, past *sums, th rules.Thresholds) swept {
	session.Sort(spans)
	return swept{spans: spans, levels: w.levelsOf(spans), past: past, th: th}
}

// precise says that the stamps have fractions of a second.
func (s *swept) precise() bool {
	if len(s.spans) == 0 {
		return s.past != nil && s.past.precise
	}
	return s.spans[0].Precise
}

func (s *swept) refused() int64 {
	n := s.past.refused()
	for i := range s.spans {
		n += int64(s.spans[i].Refused)
	}
	return n
}

// cached is the share of deliveries on connections that were open before (H82).
func (s *swept) cached() float64 {
	var n, all int64
	if s.past != nil {
		n, all = s.past.cached, s.past.spans
	}
	for i := range s.spans {
		if shadow(&s.spans[i]) {
			continue
		}
		all++
		if s.spans[i].Use > 1 {
			n++
		}
	}
	return float64(n) / float64(max(all, 1))
}

// curve is the refusal curve.
func (s *swept) curve() []session.Bin {
	bins := session.Curve(s.spans, s.levels)
	for i := range bins {
		b := &bins[i]
		_, from := s.past.split(b.Low - 1)
		b.Attempts += from.attempts
		b.Refused += from.refused
		if b.High > 0 {
			_, beyond := s.past.split(b.High)
			b.Attempts -= beyond.attempts
			b.Refused -= beyond.refused
		}
	}
	return bins
}

// side is one side of the curve.
type side struct{ attempts, refused int64 }

func (s *side) add(o side) { s.attempts, s.refused = s.attempts+o.attempts, s.refused+o.refused }

func (s *side) take(p *session.Span) { s.add(side{int64(p.Attempts), int64(p.Refused)}) }

func (s side) share() float64 { return float64(s.refused) / float64(s.attempts) }

// few is the highest level of the seed's starting band of 1-2 sessions (H62).
// Finer does not pay: the level is known to about 2.
func (s *swept) few() int { return int(s.th.Int(rules.SessionsStart)) }

// fewest attempts on each side of the curve for the odds to be spoken of.
func (s *swept) fewest() int64 { return s.th.Int(rules.CurveFewest) }

// split divides the attempts by level: up to n, and above.
func (s *swept) split(n int) (below, above side) {
	below, above = s.past.split(n)
	for i := range s.spans {
		p := &above
		if int(s.levels[i]) <= n {
			p = &below
		}
		p.take(&s.spans[i])
	}
	return below, above
}

// calm are the attempts at 1-2 sessions that no excess preceded: refusals among
// them cannot be blamed on the number of sessions, not even on an earlier one. Only
// those that are wanted are counted, nil for all.
func (s *swept) calm(want []bool) (c side) {
	few, penalty := s.few(), s.th.Micros(rules.Penalty)
	last := int64(math.MinInt64) // end of the last excess
	for i := range s.spans {
		if int(s.levels[i]) > few {
			last = max(last, s.spans[i].Close)
			continue
		}
		if last != math.MinInt64 && s.spans[i].Open-last < penalty {
			continue
		}
		if want == nil || want[i] {
			c.take(&s.spans[i])
		}
	}
	return c
}

// calmEver are those of the whole log.
func (s *swept) calmEver() side {
	c := s.calm(nil)
	if s.past != nil {
		c.add(s.past.calm)
	}
	return c
}

// odds is the odds ratio of a refusal above a level against up to it, with its
// 95 % bounds. at is the level, 0 if no split has enough attempts on both sides.
type odds struct {
	low, high float64
	at        int
}

// splits are the levels at which the curve may have its step: the edges of the bins.
var splits = [...]int{2, 5, 12}

// odds measures how steep the refusal curve is, at the level where it is steepest.
func (s *swept) odds() odds { return steepest(splits[:], s.fewest(), s.split) }

// steepest returns the split with the highest lower bound (log odds with Haldane's
// correction) among those with enough attempts on both sides.
func steepest(splits []int, fewest int64, split func(int) (below, above side)) (best odds) {
	for _, n := range splits {
		below, above := split(n)
		if below.attempts < fewest || above.attempts < fewest {
			continue
		}
		a, b := float64(above.refused)+.5, float64(above.attempts-above.refused)+.5
		c, d := float64(below.refused)+.5, float64(below.attempts-below.refused)+.5
		logOdds := math.Log(a * d / (b * c))
		err := 1.96 * math.Sqrt(1/a+1/b+1/c+1/d)
		if o := (odds{math.Exp(logOdds - err), math.Exp(logOdds + err), n}); best.at == 0 || o.low > best.low {
			best = o
		}
	}
	return best
}
