package group

import (
	"math"
	"slices"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// within asks the refusal curve again inside each retry window: refusals that come in
// waves bring retries, and so more sessions, at the same time without these being
// the reason. Odds over all windows are those of Mantel and Haenszel, their bounds
// those of Robins, Breslow and Greenland (1986).
func (c *Cell) within(s *swept, level int) {
	i := slices.Index(splits[:], level)
	var t tables
	if s.past != nil && s.past.within != nil {
		t = s.past.within[i]
	}
	if now := s.tables(nil); now != nil {
		t.add(&now[i])
	}
	if t.against == 0 || t.forIt == 0 {
		return // no window has both sides
	}
	err := 1.96 * math.Sqrt(t.pr/(2*t.forIt*t.forIt)+t.mixed/(2*t.forIt*t.against)+t.qs/(2*t.against*t.against))
	c.set("curve_odds_within", t.forIt/t.against*math.Exp(-err), rules.Measured)
}

// tables are the sums over the windows that Mantel and Haenszel make. A window without
// refusals adds nothing to them.
type tables struct{ forIt, against, pr, mixed, qs float64 }

func (t *tables) add(o *tables) {
	t.forIt, t.against = t.forIt+o.forIt, t.against+o.against
	t.pr, t.mixed, t.qs = t.pr+o.pr, t.mixed+o.mixed, t.qs+o.qs
}

// take adds one window.
func (t *tables) take(below, above side) {
	a, b := float64(above.refused), float64(above.attempts-above.refused)
	d, n := float64(below.attempts-below.refused), float64(above.attempts+below.attempts)
	c := float64(below.refused)
	if n == 0 {
		return
	}
	r, q := a*d/n, b*c/n
	p := (a + d) / n
	t.add(&tables{r, q, p * r, p*q + (1-p)*r, (1 - p) * q})
}

// tables adds up the windows of the spans that are wanted, nil for all, for each level at
// which the curve may have its step; nil without any refusal.
func (s *swept) tables(want []bool) *[len(splits)]tables {
	wanted := func(i int) bool { return want == nil || want[i] }
	i := 0
	for i < len(s.spans) && (s.spans[i].Refused == 0 || !wanted(i)) {
		i++
	}
	if i == len(s.spans) {
		return nil
	}
	var out [len(splits)]tables
	var below, above [len(splits)]side // of one window
	flush := func() {
		for j := range out {
			out[j].take(below[j], above[j])
		}
		below, above = [len(splits)]side{}, [len(splits)]side{}
	}
	length, at := max(s.th.Micros(rules.Window), second), int64(0)
	for i := range s.spans { // they are in order
		p := &s.spans[i]
		if !wanted(i) {
			continue
		}
		if q := p.Open / length; q != at {
			flush()
			at = q
		}
		for j, n := range splits {
			if int(s.levels[i]) <= n {
				below[j].take(p)
			} else {
				above[j].take(p)
			}
		}
	}
	flush()
	if out == ([len(splits)]tables{}) {
		return nil
	}
	return &out
}
