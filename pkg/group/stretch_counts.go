package group

import (
	"math"
	"slices"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// counts are the deliveries of a piece of time by the sessions that were served. Those of
// two parts of it can be added, what they say of the limit can not.
type counts struct {
	surely, likely []int64 // taken: sessions that were served at least, and if times were exact
	refused        []int64 // sessions that may have been served
	open           int64   // refused besides, at a number of sessions that nobody knows
	steady         int     // see work.steady
}

// add takes the counts of another part.
func (c *counts) add(o *counts) {
	c.surely, c.likely, c.refused = sumLevels(c.surely, o.surely), sumLevels(c.likely, o.likely), sumLevels(c.refused, o.refused)
	c.open, c.steady = c.open+o.open, max(c.steady, o.steady)
}

func (c *counts) clone() *counts {
	return &counts{slices.Clone(c.surely), slices.Clone(c.likely), slices.Clone(c.refused), c.open, c.steady}
}

// stretch is what they say. Refusals at an unknown number of sessions are taken to have
// come at a high one, so that the limit may be higher; of many nothing is said.
func (c *counts) stretch(th rules.Thresholds) stretch {
	s := stretch{taken: sumOf(c.surely), refused: sumOf(c.refused) + c.open}
	fewest := th.Int(rules.CurveFewest)
	if s.taken > 0 {
		enough := int64(math.Ceil(max(float64(fewest), th.Value(rules.LimitLevel)*float64(s.taken))))
		s.low = max(enoughAt(c.surely, enough), c.steady, 1)
		s.most = enoughAt(c.surely, th.Int(rules.LimitAgree))
		s.likely = enoughAt(c.likely, enough)
	}
	if few := int64(th.Value(rules.CurveClean) * float64(s.refused)); s.refused < fewest {
		return s
	} else if s.open = c.open > few; !s.open {
		s.high = lowest(c.refused, few)
	}
	return s
}
