package group

import (
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// WindowSeconds is one retry window: the first advised retry delay (H45, X08).
const WindowSeconds = 900

// assumedBusy is how long a delivery is taken to last where none was accepted.
const assumedBusy = 0.5 // seconds

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
	count("trouble_windows", a.troubleWindows())
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
	for _, name := range []string{"trouble_refusals", "limit_refusals", "connection_limit_refusals", "reputation_refusals", "listing_refusals"} {
		if m := f[name]; m.Value > 0 {
			m.Where = a.FirstTrouble.String()
			f[name] = m
		}
	}
	c.State = a.state()
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

// String writes a place as file:line, or nothing if it is not known.
func (w Where) String() string {
	if !w.Known() {
		return ""
	}
	return w.File + ":" + strconv.FormatInt(w.Line, 10)
}

// troubleWindows counts the retry windows with a refusal that severity counts.
func (a *Acc) troubleWindows() int64 {
	windows := map[int64]bool{}
	for k, b := range a.Buckets {
		if b.Trouble > 0 {
			windows[k*BucketSeconds/WindowSeconds] = true
		}
	}
	return int64(len(windows))
}

// spell is the length of the arrivals spike in seconds ("fast spike", H52).
const spell = 10

// arrivals measures how compressed the traffic is: the busiest 10 seconds of first
// attempts and the sessions they need, which by Little's law is the rate times the
// time one delivery takes. Volume per day plays no part (H58).
func (c *Cell) arrivals() {
	a := c.Acc
	if len(a.Arrivals) == 0 {
		return
	}
	slices.Sort(a.Arrivals)
	best, at, j := 0, int64(0), 0
	counts := map[int64]int64{}
	for i, t := range a.Arrivals {
		counts[t/(spell*second)]++
		for a.Arrivals[j] <= t-spell*second {
			j++
		}
		if n := i - j + 1; n > best {
			best, at = n, a.Arrivals[j]
		}
	}
	usual := median(slices.Collect(maps.Values(counts)))
	busy, basis := assumedBusy, rules.Assumed
	if a.BusyCount > 0 {
		busy, basis = float64(a.Busy)/float64(a.BusyCount)/second, rules.Measured
	}
	where := a.BusyWhere[at/(BucketSeconds*second)].String()
	c.Facts["arrivals_busiest"] = rules.Measure{Value: float64(best), Basis: rules.Measured, Where: where}
	c.Facts["arrivals_usual"] = rules.Measure{Value: float64(usual), Basis: rules.Measured}
	c.Facts["offered_sessions"] = rules.Measure{Value: float64(best) / spell * busy, Basis: basis, Where: where}
}

// retries measures how many there are and how soon they come.
func (c *Cell) retries() {
	var first, again int64
	for _, b := range c.Acc.Buckets {
		first += b.First
		again += b.Retries
	}
	if first > 0 {
		c.Facts["retries_per_first"] = rules.Measure{Value: float64(again) / float64(first), Basis: rules.Measured}
	}
	if g := c.Acc.Gaps; len(g) > 0 {
		gaps := make([]int64, len(g))
		for i := range g {
			gaps[i] = int64(g[i].Seconds)
		}
		c.Facts["retry_gap"] = rules.Measure{Value: float64(median(gaps)), Basis: rules.Measured}
	}
}

// median of n values, the lower one of two in the middle; 0 of none. It sorts.
func median(n []int64) int64 {
	if len(n) == 0 {
		return 0
	}
	slices.Sort(n)
	return n[(len(n)-1)/2]
}

// sessions sweeps the spans: peak, curve, limit.
func (c *Cell) sessions() {
	var all []session.Span
	for _, mx := range slices.Sorted(maps.Keys(c.Acc.Spans)) {
		all = append(all, c.Acc.Spans[mx]...)
	}
	if len(all) == 0 {
		return
	}
	whole := sweep(all)
	c.Peak, c.Curve = session.FindPeak(whole.spans, whole.levels), session.Curve(whole.spans, whole.levels)
	c.Facts["peak_sessions"] = rules.Measure{Value: float64(c.Peak.Estimate), Basis: rules.Measured}
	// Where only one of a platform's hosts is capped, the others blur the curve: the
	// sharper one speaks.
	sharp := whole
	for _, mx := range slices.Sorted(maps.Keys(c.Acc.Spans)) {
		if one := sweep(c.Acc.Spans[mx]); one.refused()*5 >= whole.refused() && one.odds().low > sharp.odds().low {
			sharp = one
		}
	}
	set := func(name string, v float64) { c.Facts[name] = rules.Measure{Value: v, Basis: rules.Measured} }
	low, high := sharp.split(few)
	set("attempts_low", float64(low.attempts))
	set("attempts_above", float64(high.attempts))
	if low.attempts > 0 {
		set("refused_low", low.share())
	}
	calm := sharp.calm()
	set("attempts_calm", float64(calm.attempts))
	if calm.attempts > 0 {
		set("refused_calm", calm.share())
	}
	if o := sharp.odds(); o.at > 0 {
		set("curve_split", float64(o.at))
		set("curve_odds", o.low)
		set("curve_odds_high", o.high)
		below, above := sharp.split(o.at)
		set("refused_below", below.share())
		set("refused_above", above.share())
	}
	c.Limit = Limit{Type: "unknown"}
	if c.Acc.Refusals[mail.ConnectionLimit] >= c.Acc.Refusals[mail.RateLimit] {
		c.Limit = sharp.limit() // a limit on messages is not counted in sessions
	}
}

// fewest attempts on each side of the curve for the odds to be spoken of.
const fewest = 10

// swept is a set of spans with the number of sessions open at each.
type swept struct {
	spans  []session.Span
	levels []int
}

func sweep(spans []session.Span) swept {
	s := swept{spans: slices.Clone(spans)}
	session.Sort(s.spans)
	s.levels = session.Levels(s.spans)
	return s
}

func (s *swept) refused() (n int64) {
	for i := range s.spans {
		n += int64(s.spans[i].Refused)
	}
	return n
}

// side is one side of the curve.
type side struct{ attempts, refused int64 }

func (s side) share() float64 { return float64(s.refused) / float64(s.attempts) }

// few is the highest level of the seed's starting band of 1-2 sessions (H62).
// Finer does not pay: the level is known to about 2.
const few = 2

// split divides the attempts by level: up to n, and above.
func (s *swept) split(n int) (below, above side) {
	for i := range s.spans {
		p := &above
		if s.levels[i] <= n {
			p = &below
		}
		p.attempts += int64(s.spans[i].Attempts)
		p.refused += int64(s.spans[i].Refused)
	}
	return below, above
}

// penalty is how long a receiver is taken to keep its door shut after an excess of
// sessions, in microseconds.
const penalty = 15 * second

// calm are the attempts at 1-2 sessions that no excess preceded: refusals among
// them cannot be blamed on the number of sessions, not even on an earlier one.
func (s *swept) calm() (c side) {
	last := int64(math.MinInt64) // end of the last excess
	for i := range s.spans {
		if s.levels[i] > few {
			last = max(last, s.spans[i].Close)
			continue
		}
		if last != math.MinInt64 && s.spans[i].Open-last < penalty {
			continue
		}
		c.attempts += int64(s.spans[i].Attempts)
		c.refused += int64(s.spans[i].Refused)
	}
	return c
}

// odds is the odds ratio of a refusal above a level against up to it, with its
// 95 % bounds. at is the level, 0 if no split has enough attempts on both sides.
type odds struct {
	low, high float64
	at        int
}

// splits are the levels at which the curve may have its step: the edges of the bins.
var splits = [...]int{2, 5, 12}

// odds measures how steep the refusal curve is, at the level where it is steepest.
func (s *swept) odds() odds { return steepest(splits[:], s.split) }

// steepest returns the split with the highest lower bound (log odds with Haldane's
// correction).
func steepest(splits []int, split func(int) (below, above side)) (best odds) {
	for _, n := range splits {
		below, above := split(n)
		if below.attempts < fewest || above.attempts < fewest {
			continue
		}
		a, b := float64(above.refused)+.5, float64(above.attempts-above.refused)+.5
		c, d := float64(below.refused)+.5, float64(below.attempts-below.refused)+.5
		logOdds := math.Log(a * d / (b * c))
		err := 1.96 * math.Sqrt(1/a+1/b+1/c+1/d)
		if o := (odds{math.Exp(logOdds - err), math.Exp(logOdds + err), n}); best.at == 0 || o.low > best.low {
			best = o
		}
	}
	return best
}

// rateSplits are numbers of new connections in a minute at which a rate limit may
// begin.
var rateSplits = [...]int{5, 10, 20, 30, 60, 100, 200}

// rate measures new connections per minute, which a receiver may limit as well as
// sessions at once (connection-rate; the fixes differ).
func (c *Cell) rate() {
	minutes := map[int64]*struct{ connections, attempts, limited int64 }{}
	var peak int64
	for k, b := range c.Acc.Buckets {
		m := minutes[k*BucketSeconds/60]
		if m == nil {
			m = new(struct{ connections, attempts, limited int64 })
			minutes[k*BucketSeconds/60] = m
		}
		m.connections += b.New
		m.attempts += b.Attempts
		m.limited += b.Limited
		peak = max(peak, m.connections)
	}
	c.Facts["connections_busiest"] = rules.Measure{Value: float64(peak), Basis: rules.Measured}
	o := steepest(rateSplits[:], func(n int) (below, above side) {
		for _, m := range minutes {
			p := &above
			if m.connections <= int64(n) {
				p = &below
			}
			p.attempts += m.attempts
			p.refused += min(m.limited, m.attempts)
		}
		return below, above
	})
	if o.at > 0 {
		c.Facts["rate_split"] = rules.Measure{Value: float64(o.at), Basis: rules.Measured}
		c.Facts["rate_odds"] = rules.Measure{Value: o.low, Basis: rules.Measured}
	}
}

// growth compares the volume of the last day with the first, over at least three.
func (c *Cell) growth() {
	days := map[int64]int64{}
	for k, b := range c.Acc.Buckets {
		days[k*BucketSeconds/86400] += b.First
	}
	if len(days) < 3 {
		return
	}
	keys := slices.Sorted(maps.Keys(days))
	first, last := days[keys[0]], days[keys[len(keys)-1]]
	if first > 0 {
		c.Facts["volume_growth"] = rules.Measure{Value: float64(last) / float64(first), Basis: rules.Measured}
	}
}
