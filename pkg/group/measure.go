package group

import (
	"math"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// measure fills Facts, Peak, Curve, Limit and State from the accumulator.
func (c *Cell) measure() {
	a, f := c.Acc, rules.Facts{}
	c.Facts = f
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
	troubled, clean := a.windows(c.th.Int(rules.Window))
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
	for _, name := range []string{"trouble_refusals", "limit_refusals", "connection_limit_refusals", "reputation_refusals", "listing_refusals"} {
		if m := f[name]; m.Value > 0 {
			m.Where = a.FirstTrouble.String()
			f[name] = m
		}
	}
	c.State = c.state()
}

// ShareFacts are the facts that a share has: what it counts. Sessions, arrivals and
// retries are not told apart by share.
func ShareFacts(s *Share) rules.Facts {
	f := rules.Facts{}
	set := func(name string, v float64) { f[name] = rules.Measure{Value: v, Basis: rules.Measured} }
	set("attempts", float64(s.Counts.Attempts))
	set("accepted", float64(s.Counts.Delivered))
	set("trouble_refusals", float64(s.Trouble))
	set("trouble_messages", float64(s.Messages))
	set("trouble_expired", float64(s.Expired))
	set("trouble_bounced", float64(s.Bounced))
	if s.Counts.Attempts > 0 {
		set("trouble_share", float64(s.Trouble)/float64(s.Counts.Attempts))
	}
	return f
}

// windows counts the retry windows of so many seconds with a refusal that severity
// counts (C67), from the first such refusal on, and the clean ones since the last of
// them: whole windows in which mail was accepted and none refused (H88). They are
// not those of the clock: two refusals a minute apart are no repeat.
func (a *Acc) windows(seconds int64) (troubled, clean int64) {
	first, last, end := int64(math.MaxInt64), int64(math.MinInt64), int64(math.MinInt64)
	for k, b := range a.Buckets {
		end = max(end, k+1)
		if b.Trouble > 0 {
			first, last = min(first, k), max(last, k)
		}
	}
	if last == math.MinInt64 {
		return 0, 0
	}
	long := max(seconds/BucketSeconds, 1)
	repeats, quiet := map[int64]bool{}, map[int64]bool{}
	whole := (end - last - 1) / long
	for k, b := range a.Buckets {
		if b.Trouble > 0 {
			repeats[(k-first)/long] = true
		}
		if n := (k - last - 1) / long; k > last && b.Accepted > 0 && n < whole {
			quiet[n] = true
		}
	}
	return int64(len(repeats)), int64(len(quiet))
}
