package group

import (
	"math"
	"slices"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// batch measures the mail at hand and the time it needs at the advised number of
// sessions (H23), and what else advice asks for: how long retries take, how often
// sessions are used again, how much mail there is a day.
func (c *Cell) batch() {
	a := c.Acc
	if len(a.Waits) > 0 {
		c.set("retry_wait", float64(median(a.Waits))/second, rules.Measured)
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
		n = max(n, busiest(a.Arrivals, c.th.Micros(rules.Window)))
	}
	if n == 0 {
		return
	}
	seconds, basis := c.busy()
	sessions := max(c.th.Value(rules.SessionsStart), 1) * float64(max(c.ips, 1))
	c.set("batch", float64(n), rules.Measured)
	c.set("batch_time", math.Ceil(float64(n)*seconds/sessions/60)*60, basis)
}

func (c *Cell) set(name string, v float64, basis rules.Basis) {
	c.Facts[name] = rules.Measure{Value: v, Basis: basis}
}

// busiest is the highest number of times in any stretch of that length. It sorts.
func busiest(times []int64, length int64) int64 {
	slices.Sort(times)
	most, from := 0, 0
	for to, t := range times {
		for from <= to && times[from] <= t-length {
			from++
		}
		most = max(most, to-from+1)
	}
	return int64(most)
}

// healthy counts, for each destination, the others that took mail and refused none of
// it: a limit on all of them would slow that mail for nothing (H32).
func healthy(sums []Summary) {
	var n float64
	well := func(s *Summary) bool {
		return s.All.Acc.TroubleRefusals == 0 && s.All.Acc.Counts.Delivered > 0
	}
	for i := range sums {
		if well(&sums[i]) {
			n++
		}
	}
	for i := range sums {
		others := n
		if well(&sums[i]) {
			others--
		}
		sums[i].All.set("healthy_destinations", others, rules.Measured)
		for j := range sums[i].ByIP {
			sums[i].ByIP[j].set("healthy_destinations", others, rules.Measured)
		}
	}
}
