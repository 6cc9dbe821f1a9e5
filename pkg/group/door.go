package group

import "github.com/seed-07ce53fa/diagnose/rules"

// A receiver may shut its door after an excess: for a while it refuses every connection,
// however few there are. Then only the first refusal of each time says at how many sessions
// it begins to refuse.

// takenSoon is how many deliveries that were taken had begun shortly after a refusal. A
// receiver that takes none, though it takes mail at other times, shuts its door.
func (v *served) takenSoon(s *swept) (n int) {
	soon, blur := v.th.Micros(rules.LimitSoon), blur(s.precise(), v.th)
	next := 0
	for i := range s.spans { // in order of opening
		p := &s.spans[i]
		if p.Served == 0 || shadow(p) {
			continue
		}
		for next < len(v.refused) && v.refused[next].at+blur <= p.Open {
			next++
		}
		if next > 0 && p.Open <= v.refused[next-1].at+blur+soon {
			n++
		}
	}
	return n
}
