package group

import (
	"bytes"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// troubles measures how the refusals that severity counts cluster and what stands
// beside them.
func (c *Cell) troubles() {
	a := c.Acc
	count := func(name string, n int64) { c.Facts[name] = rules.Measure{Value: float64(n), Basis: rules.Measured} }
	count("refused_again", a.TroubleAgain)
	count("connection_errors", a.ConnectFailures+a.Refusals[mail.TimeoutNetwork])
	count("complaint_refusals", a.complaints())
	busy := a.refused(mail.ReceiverBusy, mail.TimeoutNetwork)
	count("busy_refusals", busy)
	if a.Counts.Attempts > 0 {
		c.Facts["busy_share"] = rules.Measure{Value: float64(busy) / float64(a.Counts.Attempts), Basis: rules.Measured}
	}
	c.Facts["via_esp"] = yesNo(a.ESP)
	if c.Limit.Safe > 0 && c.Limit.High > 0 {
		count("limit_safe", int64(c.Limit.Safe))
		count("limit_gap", int64(max(c.Limit.High-c.Limit.Safe, 0)))
	}
	c.busiestMX()
	c.lasting()
	c.hardened()
}

func yesNo(b bool) rules.Measure {
	m := rules.Measure{Basis: rules.Measured}
	if b {
		m.Value = 1
	}
	return m
}

// complaints counts the reputation replies that speak of complaints (C28).
func (a *Acc) complaints() (n int64) {
	for template, r := range a.Replies {
		if r.Class == mail.Reputation && (strings.Contains(strings.ToLower(template), "complain") || bytes.Contains(bytes.ToLower([]byte(r.Sample)), []byte("complain"))) {
			n += r.Count
		}
	}
	return n
}

// busiestMX measures the receiving host with the most of the refusals (C66).
func (c *Cell) busiestMX() {
	var most *Share
	name := ""
	for _, mx := range c.Acc.MX.keys(strings.Compare) {
		if s := c.Acc.MX.Of(mx); mx != "" && (most == nil || s.Trouble() > most.Trouble()) {
			most, name = s, mx
		}
	}
	if most == nil || most.Counts().Attempts == 0 {
		return
	}
	c.Facts["mx_refusals"] = rules.Measure{Value: float64(most.Trouble()), Basis: rules.Measured, Text: rules.Thousands(most.Trouble()) + " at " + name}
	c.Facts["mx_refused_share"] = rules.Measure{Value: float64(most.Trouble()) / float64(most.Counts().Attempts), Basis: rules.Measured}
}

// hardened finds the moment that best parts refusals that put mail off from refusals
// that turn it away for good (X10): what was a deferral has become a block.
func (c *Cell) hardened() {
	buckets := c.times
	var all, before, best, atBest side // attempts: trouble; refused: of it permanent
	for i := range buckets {
		all.attempts += int64(buckets[i].Trouble)
		all.refused += int64(buckets[i].Blocked)
	}
	for i := range buckets {
		before.attempts += int64(buckets[i].Trouble)
		before.refused += int64(buckets[i].Blocked)
		if before.attempts-2*before.refused > best.attempts-2*best.refused {
			best, atBest = before, side{all.attempts - before.attempts, all.refused - before.refused}
		}
	}
	if best.attempts == 0 || atBest.attempts == 0 {
		return
	}
	c.Facts["deferred_first"] = rules.Measure{Value: float64(best.attempts - best.refused), Basis: rules.Measured}
	c.Facts["blocked_then"] = rules.Measure{Value: float64(atBest.refused), Basis: rules.Measured}
	c.Facts["hardened_share"] = rules.Measure{Value: min(1-best.share(), atBest.share()), Basis: rules.Measured}
}
