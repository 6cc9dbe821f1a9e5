package group

import (
	"math"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// measure fills Facts, Peak, Curve, Limit and State from the accumulator.
func (c *Cell) measure() {
	if c.Facts == nil {
		c.Facts = rules.Facts{}
	}
	a, f := c.Acc, c.Facts
	c.times = c.tools().periodsOf(a)
	count := func(name string, n int64) { f[name] = rules.Measure{Value: float64(n), Basis: rules.Measured} }
	share := func(name string, n, of int64) {
		if of > 0 {
			f[name] = rules.Measure{Value: float64(n) / float64(of), Basis: rules.Measured}
		}
	}
	limited := a.refused(mail.ConnectionLimit, mail.RateLimit)
	count("attempts", a.Counts.Attempts)
	count("accepted", a.Counts.Delivered)
	share("accepted_share", a.Counts.Delivered, a.Counts.Attempts)
	count("connection_limit_refusals", a.Refusals[mail.ConnectionLimit])
	count("rate_limit_refusals", a.Refusals[mail.RateLimit])
	count("limit_refusals", limited)
	share("limit_share", limited, a.Counts.Attempts)
	count("reputation_refusals", a.Refusals[mail.Reputation])
	share("reputation_share", a.Refusals[mail.Reputation], a.TroubleRefusals)
	count("listing_refusals", a.Refusals[mail.Listing])
	share("listing_share", a.Refusals[mail.Listing], a.TroubleRefusals)
	count("auth_refusals", a.refused(mail.Auth, mail.PtrHelo))
	share("unknown_user_share", a.Refusals[mail.MailboxUnknown], a.Counts.Attempts)
	count("trouble_refusals", a.TroubleRefusals)
	share("trouble_share", a.TroubleRefusals, a.Counts.Attempts)
	count("trouble_messages", a.TroubleMessages)
	troubled, clean := c.windows(c.th.Int(rules.Window))
	count("trouble_windows", troubled)
	count("clean_windows", clean)
	if a.FirstTrouble.Time > 0 {
		minutes := float64(a.LastTrouble.Time-a.FirstTrouble.Time) / (60 * second)
		f["trouble_minutes"] = rules.Measure{Value: minutes, Basis: rules.Measured, Where: a.FirstTrouble.String()}
	}
	t := a.TroubleFates
	count("trouble_expired", t.Expired)
	count("trouble_bounced", a.TroubleBounced)
	count("trouble_queued", t.Queued)
	share("trouble_delivered_share", t.Delivered, t.Delivered+t.Bounced+t.Expired)
	c.arrivals()
	c.retries()
	c.rate()
	c.sessions()
	c.growth()
	c.batch()
	c.streams()
	c.period()
	c.pressure()
	c.troubles()
	c.first("trouble_refusals", mail.ConnectionLimit, mail.RateLimit, mail.Reputation, mail.Listing)
	c.first("limit_refusals", mail.ConnectionLimit, mail.RateLimit)
	c.first("connection_limit_refusals", mail.ConnectionLimit)
	c.first("reputation_refusals", mail.Reputation)
	c.first("listing_refusals", mail.Listing)
	c.State = c.state()
}

// first sets where a fact was seen first: a count of refusals of some classes.
func (c *Cell) first(name string, classes ...mail.Class) {
	if m := c.Facts[name]; m.Value > 0 {
		m.Where = c.Acc.firstOf(classes...).String()
		c.Facts[name] = m
	}
}

// firstOf is the place of the first refusal of some of the classes that severity counts,
// as far as replies are told apart.
func (a *Acc) firstOf(classes ...mail.Class) (w Where) {
	if a.refused(classes...) == a.TroubleRefusals {
		return a.FirstTrouble
	}
	for _, r := range a.Replies {
		if slices.Contains(classes, r.Class) {
			w = earlier(w, r.First)
		}
	}
	return w
}

// Facts sets the facts that a share has: what it counts. Sessions, arrivals and retries
// are not told apart by share.
func (s *Share) Facts(f rules.Facts) {
	n := s.Counts()
	set := func(name string, v float64) { f[name] = rules.Measure{Value: v, Basis: rules.Measured} }
	set("attempts", float64(n.Attempts))
	set("accepted", float64(n.Delivered))
	set("trouble_refusals", float64(s.Trouble()))
	set("trouble_messages", float64(s.Messages()))
	set("trouble_expired", float64(s.Expired()))
	set("trouble_bounced", float64(s.Bounced()))
	if n.Attempts > 0 {
		set("trouble_share", float64(s.Trouble())/float64(n.Attempts))
	}
}

// windows counts the retry windows of so many seconds with a refusal that severity
// counts (C67), from the first such refusal on, and the clean ones since the last of
// them: whole windows in which mail was accepted and none refused (H88). They are
// not those of the clock: two refusals a minute apart are no repeat. Those of the past
// are.
func (c *Cell) windows(seconds int64) (troubled, clean int64) {
	a, periods := c.Acc, c.times
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	for _, p := range periods {
		if p.Trouble > 0 {
			first, last = min(first, p.from), max(last, p.from)
		}
	}
	if last == math.MinInt64 {
		return 0, 0
	}
	if a.past != nil { // its windows are long
		last = max(last, a.LastTrouble.Time/bucketLength*BucketSeconds)
	}
	_, end, _ := a.extent()
	long := max(seconds/BucketSeconds, 1) * BucketSeconds
	repeats, quiet := map[int64]bool{}, map[int64]bool{}
	whole := (int64(end)*BucketSeconds - last) / long
	for _, p := range periods {
		windows := (p.to - p.from) / long // more than one only in the past
		if p.Trouble > 0 && windows > 1 {
			troubled += min(int64(p.hit), windows)
		} else if p.Trouble > 0 {
			repeats[(p.from-first)/long] = true
		}
		n := (p.from - last - BucketSeconds) / long
		switch {
		case p.from <= last || p.Accepted == 0 || n >= whole:
		case windows > 1:
			clean += min(int64(p.taken), windows)
		default:
			quiet[n] = true
		}
	}
	return troubled + int64(len(repeats)), clean + int64(len(quiet))
}
