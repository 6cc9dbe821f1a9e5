package group

import (
	"math"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// order counts runs: stretches of attempts in order of time that were all accepted, or all
// refused. A receiver that decides message by message gives many short ones. A limit on
// rate or volume opens and shuts: it gives few long ones.
type order struct{ runs, accepted, refused int64 }

func (o *order) add(p order) {
	o.runs, o.accepted, o.refused = o.runs+p.runs, o.accepted+p.accepted, o.refused+p.refused
}

// order counts the runs of the spans that are wanted, nil for all. Where spans were summed
// up piece by piece each piece begins a run, which makes them a little more.
func (s *swept) order(want []bool) (o order) {
	last := 0
	for i := range s.spans {
		p, now := &s.spans[i], 0
		switch {
		case shadow(p) || want != nil && !want[i]:
			continue
		case p.Refused > 0:
			o.refused, now = o.refused+1, -1
		case p.Served > 0:
			o.accepted, now = o.accepted+1, 1
		default: // another kind of failure tells nothing
			continue
		}
		if now != last {
			o.runs++
		}
		last = now
	}
	return o
}

// orderEver counts those of the whole log.
func (s *swept) orderEver() order {
	o := s.order(nil)
	if s.past != nil {
		o.add(s.past.order)
	}
	return o
}

// fewestEach is how many attempts of each kind there must be: of fewer it is not so rare
// that they come in one stretch.
const fewestEach = 3

// stretches is how far the number of runs is below that of a random order, in standard
// deviations (Wald and Wolfowitz 1940).
func (o *order) stretches() (z float64, ok bool) {
	if o.accepted < fewestEach || o.refused < fewestEach {
		return 0, false
	}
	a, b := float64(o.accepted), float64(o.refused)
	mean := 1 + 2*a*b/(a+b)
	return (mean - float64(o.runs)) / math.Sqrt((mean-1)*(mean-2)/(a+b-1)), true
}

// measureOrder sets the fact of it.
func (c *Cell) measureOrder(s *swept) {
	o := s.orderEver()
	if z, ok := o.stretches(); ok {
		c.Facts["outcome_stretches"] = rules.Measure{Value: z, Basis: rules.Measured}
	}
}
