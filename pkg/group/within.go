package group

import (
	"math"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// within asks the refusal curve again inside each retry window: refusals that come in
// waves bring retries, and so more sessions, at the same time without these being
// the reason. Odds over all windows are those of Mantel and Haenszel, their bounds
// those of Robins, Breslow and Greenland (1986).
func (c *Cell) within(s *swept, level int) {
	type table struct{ below, above side }
	windows := map[int64]*table{}
	length := max(c.th.Micros(rules.Window), second)
	for i := range s.spans {
		w := windows[s.spans[i].Open/length]
		if w == nil {
			w = &table{}
			windows[s.spans[i].Open/length] = w
		}
		p := &w.above
		if s.levels[i] <= level {
			p = &w.below
		}
		p.attempts += int64(s.spans[i].Attempts)
		p.refused += int64(s.spans[i].Refused)
	}
	var forIt, against, pr, mixed, qs float64
	for _, w := range windows {
		a, b := float64(w.above.refused), float64(w.above.attempts-w.above.refused)
		d, n := float64(w.below.attempts-w.below.refused), float64(w.above.attempts+w.below.attempts)
		cc := float64(w.below.refused)
		if n == 0 {
			continue
		}
		r, q := a*d/n, b*cc/n
		p := (a + d) / n
		forIt, against = forIt+r, against+q
		pr, mixed, qs = pr+p*r, mixed+p*q+(1-p)*r, qs+(1-p)*q
	}
	if forIt == 0 || against == 0 {
		return // no window has both sides
	}
	err := 1.96 * math.Sqrt(pr/(2*forIt*forIt)+mixed/(2*forIt*against)+qs/(2*against*against))
	c.set("curve_odds_within", forIt/against*math.Exp(-err), rules.Measured)
}
