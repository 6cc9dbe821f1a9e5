package group

import "github.com/seed-07ce53fa/diagnose/rules"

// Limit is what the curve says of the number of sessions that the receiver takes.
// Known is false where the stamps do not allow to tell.
type Limit struct {
	Known bool
	// Type is "fixed", "dynamic" or "unknown".
	Type string
	// Sessions is the highest number of own sessions still not refused. Low and High
	// are the bounds of the limit: it lies between them. Safe is the highest level at
	// which nothing at all was refused (0: none).
	Sessions, Low, High, Safe int
}

// limit finds the highest level up to which (almost) nothing was refused and the
// lowest from which (almost) everything is; the receiver's limit lies between them.
// Where the lowest levels are refused as well, or no level is refused for good, the
// stamps or the receiver do not allow a number.
func (s *swept) limit() Limit {
	l := Limit{Type: "unknown"}
	fewest, clean := s.fewest(), s.th.Value(rules.CurveClean)
	if s.refused() < fewest {
		return l
	}
	top := 0
	for _, n := range s.levels {
		top = max(top, n)
	}
	at := make([]side, top+1)
	for i := range s.spans {
		p := &at[s.levels[i]]
		p.attempts += int64(s.spans[i].Attempts)
		p.refused += int64(s.spans[i].Refused)
	}
	var below side
	for n := 1; n <= top; n++ {
		below.attempts += at[n].attempts
		below.refused += at[n].refused
		if below.attempts > 0 && below.share() > clean {
			break
		}
		if below.attempts >= fewest && at[n].attempts > 0 && at[n].share() <= clean {
			l.Sessions = n
			if below.refused == 0 {
				l.Safe = n
			}
		}
	}
	if l.Sessions == 0 {
		return l
	}
	top = refusing(at, l.Sessions, fewest, s.th.Value(rules.CurveFull))
	if top == 0 {
		return l
	}
	blur := int(s.th.Int(rules.CurveBlur))
	b := blur
	if s.precise() {
		b = int(s.th.Int(rules.CurveBlurPrecise))
	}
	l.Known, l.Low, l.High = true, max(l.Sessions-b, 1), top+blur
	return l
}

// refusing returns the lowest level above from at which most attempts are refused,
// and so are most of all attempts at that level and more; 0 if there is none.
func refusing(at []side, from int, fewest int64, full float64) int {
	var more side
	lowest := 0
	for n := len(at) - 1; n > from; n-- {
		more.attempts += at[n].attempts
		more.refused += at[n].refused
		if more.attempts >= fewest && more.share() >= full && at[n].attempts > 0 && at[n].share() >= full {
			lowest = n
		}
	}
	return lowest
}

// precise says that the stamps have fractions of a second.
func (s *swept) precise() bool { return len(s.spans) > 0 && s.spans[0].Precise }

// state tells whether the trouble goes on: "stable" (none), "active", "recovering"
// (clearly less in the last third) or "recovered" (none for the last fifth of the
// time while mail is accepted). H27, H85.
func (a *Acc) state(th rules.Thresholds) string {
	if a.TroubleRefusals == 0 {
		return "stable"
	}
	enough := 2 * th.Int(rules.CurveFewest)
	span := a.Last - a.First
	if span <= 0 {
		return "active"
	}
	var before, after, tail side
	for k, b := range a.Buckets {
		t := k * BucketSeconds * second
		p := &before
		if t >= a.Last-span/3 {
			p = &after
		}
		p.attempts += b.Attempts
		p.refused += b.Trouble
		if t >= a.LastTrouble.Time {
			tail.attempts += b.Accepted
		}
	}
	switch {
	case a.Last-a.LastTrouble.Time >= int64(th.Value(rules.RecoveredQuiet)*float64(span)) && tail.attempts >= enough:
		return "recovered"
	case before.attempts > 0 && after.attempts >= enough && after.share() < before.share()*th.Value(rules.RecoveringShare):
		return "recovering"
	}
	return "active"
}
