package group

import (
	"cmp"
	"math"
	"slices"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// course is the limit over time, of one sending IP at one scope.
type course struct {
	stretches []stretch
	th        rules.Thresholds
	fewest    int64
	// refusing are the stretches with enough refusals, capped those of them with the
	// shape of a limit; in refusals and in stretches.
	refusing, capped         int
	refusals, cappedRefusals int64
	onset                    int  // see served.onset
	whole                    bool // see served.whole
	// odd is the share of refusals that came at fewer sessions than were served in several
	// other stretches with refusals: what a limit of these sessions does not explain.
	odd float64
}

func (v *served) course(length int64) course {
	c := course{stretches: v.stretches(length), th: v.th, fewest: v.th.Int(rules.CurveFewest), onset: v.onset(), whole: v.whole}
	for i := range c.stretches {
		s := &c.stretches[i]
		if s.refused < c.fewest || s.open {
			continue
		}
		c.refusing++
		c.refusals += s.refused
		if s.capped(c.fewest) {
			c.capped++
			c.cappedRefusals += s.refused
		}
	}
	c.odd = c.unexplained(v)
	return c
}

// unexplained measures odd.
func (c *course) unexplained(v *served) float64 {
	var tops []int
	for i := range c.stretches {
		if s := &c.stretches[i]; s.refused >= c.fewest {
			tops = append(tops, max(s.low, s.likely))
		}
	}
	several := int(c.th.Int(rules.LimitMoves))
	if len(tops) < several {
		return 0
	}
	slices.Sort(tops)
	top := tops[len(tops)-several]
	at := v.refusedAt()
	return float64(sumOf(at[:min(top, len(at))])) / float64(max(sumOf(at), 1))
}

// shaped says that most refusals came while the receiver was serving as many sessions of
// ours as it takes. Others speak of no limit of sessions.
func (c *course) shaped() bool {
	most := c.th.Value(rules.LimitShape)
	return c.capped > 0 && float64(c.capped) >= most*float64(c.refusing) && float64(c.cappedRefusals) >= most*float64(c.refusals)
}

// limit reads the limit off the course.
func (c *course) limit() Limit {
	l := Limit{Type: "unknown", Stretches: c.refusing, odd: c.odd}
	if !c.shaped() {
		return l
	}
	b := c.bounds(c.stretches)
	if c.moved(&l) {
		l.Type, l.Moves = "dynamic", []string{MovesTime}
		b = c.bounds(c.present())
	} else if b.high > 0 {
		b.high = max(b.high, c.onset)
	}
	if b.high > 0 && b.low > b.high {
		return l
	}
	if c.whole {
		b.low = max(b.low-int(c.th.Int(rules.LimitWhole)), 1)
	}
	l.Low, l.High, l.Sessions = b.low, b.high, max(b.low, b.likely)
	if b.high > 0 {
		l.Sessions = min(l.Sessions, b.high)
	}
	pinned := 0
	for i := range c.stretches {
		s := &c.stretches[i]
		if !s.capped(c.fewest) || s.low > b.high {
			continue
		}
		l.Agree++
		if s.high <= b.high+int(c.th.Int(rules.CurveBlur)) {
			pinned++
		}
	}
	if l.Type == "unknown" && l.Agree >= int(c.th.Int(rules.LimitAgree)) && pinned >= int(c.th.Int(rules.LimitMoves)) {
		l.Type = "fixed"
	}
	return l
}

// bounds are the highest low and the lowest high of stretches with the shape of a
// limit; clean ones bound it from below. A few refusals do not make it lower, nor those
// of a receiver that shuts its door after an excess, so that it refuses at fewer than it
// served now and then. high is 0 where nothing bounds it.
func (c *course) bounds(stretches []stretch) (b stretch) {
	var capped []stretch
	for i := range stretches {
		s := &stretches[i]
		if s.capped(c.fewest) {
			capped = append(capped, *s)
			b.refused, b.most = b.refused+s.refused, max(b.most, s.most)
		} else if !s.clean(c.fewest) {
			continue
		}
		b.low, b.likely = max(b.low, s.low), max(b.likely, s.likely)
	}
	slices.SortFunc(capped, func(a, b stretch) int { return cmp.Compare(a.high, b.high) })
	few := c.th.Value(rules.LimitLevel) * float64(b.refused)
	var n int64
	for i := range capped {
		b.high = capped[i].high
		if n += capped[i].refused; float64(n) > few {
			break
		}
	}
	if b.high > 0 {
		b.high = max(b.high, b.most)
	}
	return b
}

// moved says that one number cannot hold what was served and what was refused: several
// stretches were served more sessions than several others were refused at, or clean ones
// far more than was ever served while the receiver refused. Then From and To are set.
func (c *course) moved(l *Limit) bool {
	several := int(c.th.Int(rules.LimitMoves))
	var lows, highs, clean []int
	top := 0 // most that was served in stretches with refusals
	for i := range c.stretches {
		s := &c.stretches[i]
		switch {
		case s.capped(c.fewest):
			lows, highs, top = append(lows, s.low), append(highs, s.high), max(top, s.low, s.likely)
		case s.clean(c.fewest):
			lows, clean = append(lows, s.low), append(clean, s.low)
		}
	}
	if len(highs) < several {
		return false
	}
	for _, n := range [][]int{lows, highs, clean} {
		slices.Sort(n)
	}
	low, high := lows[len(lows)-several], highs[several-1]
	if !c.far(low, high) {
		if len(clean) < several || !c.far(clean[len(clean)-several], top) {
			return false
		}
		low, high = clean[len(clean)-several], top
	}
	l.From, l.To = low, high
	if last := c.bounds(c.present()); last.high == 0 || last.low >= low {
		l.From, l.To = high, low
	}
	return true
}

// far says that two numbers of sessions are so far apart that the error does not explain it.
func (c *course) far(more, less int) bool {
	return float64(more) >= c.th.Value(rules.LimitMoved)*float64(less)
}

// present are the last stretches that agree with each other: what holds at the end of
// the log.
func (c *course) present() []stretch {
	low, high, clean, top := 0, math.MaxInt, 0, 0
	for i := len(c.stretches) - 1; i >= 0; i-- {
		s := &c.stretches[i]
		switch {
		case s.capped(c.fewest):
			low, high, top = max(low, s.low), min(high, s.high), max(top, s.low, s.likely)
		case s.clean(c.fewest):
			low, clean = max(low, s.low), max(clean, s.low)
		}
		if low > high || top > 0 && c.far(clean, top) {
			return c.stretches[i+1:]
		}
	}
	return c.stretches
}

// safe is the highest level of a clean stretch that no later refusal contradicts, nor the
// limit; 0 if there is none.
func (c *course) safe(l *Limit) (level int) {
	ceiling := math.MaxInt
	if l.Known() {
		ceiling = l.Low
	}
	for i := len(c.stretches) - 1; i >= 0; i-- {
		s := &c.stretches[i]
		switch {
		case s.clean(c.fewest):
			level = max(level, min(s.low, ceiling))
		case s.capped(c.fewest):
			ceiling = min(ceiling, s.high)
		case s.refused >= c.fewest:
			return level
		}
	}
	return level
}
