package group

// Limit is what the curve says of the number of sessions that the receiver takes.
// Known is false where the stamps do not allow to tell.
type Limit struct {
	Known bool
	// Type is "fixed", "dynamic" or "unknown".
	Type string
	// Sessions is the highest number of own sessions still not refused, Low and
	// High its bounds, Safe a level known to be clean (0: none).
	Sessions, Low, High, Safe int
}

// blur is how far an estimated level may be from the true one: whole-second
// stamps give it to about 2 (lab section 5).
const blur = 2

// clean is the share of refusals up to which a level counts as not refused.
const clean = 0.1

// limit finds the highest level up to which (almost) nothing was refused and above
// which most is. Where the low levels are refused as well, the stamps or the
// receiver do not allow a number.
func (s *swept) limit() Limit {
	l := Limit{Type: "unknown"}
	top := 0
	for _, n := range s.levels {
		top = max(top, n)
	}
	if s.refused() < fewest {
		return l
	}
	at := make([]side, top+1)
	for i := range s.spans {
		p := &at[s.levels[i]]
		p.attempts += int64(s.spans[i].Attempts)
		p.refused += int64(s.spans[i].Refused)
	}
	var below, total side
	for _, p := range at {
		total.attempts += p.attempts
		total.refused += p.refused
	}
	for n := 1; n <= top; n++ {
		below.attempts += at[n].attempts
		below.refused += at[n].refused
		if below.attempts == 0 {
			continue
		}
		if below.share() > clean {
			break
		}
		if below.attempts < fewest {
			continue
		}
		above := side{total.attempts - below.attempts, total.refused - below.refused}
		if at[n].attempts > 0 && at[n].share() <= clean && above.attempts > 0 && above.share() >= 0.5 {
			l.Known, l.Sessions = true, n
		}
		if below.refused == 0 {
			l.Safe = n
		}
	}
	if l.Known {
		l.Low, l.High = max(l.Sessions-blur, 1), l.Sessions+blur
		if s.precise() {
			l.Low, l.High = max(l.Sessions-1, 1), l.Sessions+1
		}
	}
	return l
}

// precise says that the stamps have fractions of a second.
func (s *swept) precise() bool { return len(s.spans) > 0 && s.spans[0].Precise }

// state tells whether the trouble goes on: "stable" (none), "active", "recovering"
// (clearly less in the last third) or "recovered" (none for the last fifth of the
// time while mail is accepted). H27, H85.
func (a *Acc) state() string {
	if a.TroubleRefusals == 0 {
		return "stable"
	}
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
	case a.Last-a.LastTrouble.Time >= span/5 && tail.attempts >= 2*fewest:
		return "recovered"
	case before.attempts > 0 && after.attempts >= 2*fewest && after.share() < before.share()/2:
		return "recovering"
	}
	return "active"
}
