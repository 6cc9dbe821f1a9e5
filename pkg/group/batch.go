package group

import (
	"math"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// batch measures the mail at hand and the time it needs at the advised number of
// sessions (H23), and what else advice asks for: how long retries take, how often
// sessions are used again, how much mail there is a day.
func (c *Cell) batch() {
	a := c.Acc
	if a.Waits.Total() > 0 {
		c.set("retry_wait", float64(a.Waits.Median())/second, rules.Measured)
	}
	if a.Counts.Sessions > 0 {
		c.set("attempts_per_session", float64(a.Counts.Attempts)/float64(a.Counts.Sessions), rules.Measured)
	}
	// A log of less than a day does not tell what a day brings.
	if days := float64(a.Last-a.First) / float64(day); days >= 1 {
		c.set("messages_per_day", float64(a.Counts.Messages)/days, rules.Measured)
	}
	n := a.TroubleFates.Queued
	if c.Facts["offered_sessions"].Value > 1 { // else one session takes it all as it comes
		n = max(n, c.came.batch)
	}
	if n == 0 || a.Refusals[mail.RateLimit] > a.Refusals[mail.ConnectionLimit] {
		return // where messages are limited, sessions do not set the pace
	}
	seconds, basis := c.busy()
	sessions := max(c.th.Value(rules.SessionsStart), 1) * float64(max(c.ips, 1))
	c.set("batch", float64(n), rules.Measured)
	c.set("batch_time", math.Ceil(float64(n)*seconds/sessions/60)*60, basis)
}

func (c *Cell) set(name string, v float64, basis rules.Basis) {
	c.Facts[name] = rules.Measure{Value: v, Basis: basis}
}

// healthy tells for a destination how many others took mail and refused none of
// it: a limit on all of them would slow that mail for nothing (H32).
func (all *assembly) healthy() func(*Acc) float64 {
	well := func(a *Acc) bool { return a.TroubleRefusals == 0 && a.Counts.Delivered > 0 }
	n := 0
	for _, cells := range all.cells {
		var sum Acc
		for _, a := range cells {
			sum.TroubleRefusals += a.TroubleRefusals
			sum.Counts.Delivered += a.Counts.Delivered
		}
		if well(&sum) {
			n++
		}
	}
	return func(a *Acc) float64 {
		if well(a) {
			return float64(n - 1)
		}
		return float64(n)
	}
}
