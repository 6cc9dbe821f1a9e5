package group

import (
	"github.com/seed-07ce53fa/diagnose/rules"
)

// rateSplits are numbers of new connections in a minute at which a rate limit may
// begin.
var rateSplits = [...]int{5, 10, 20, 30, 60, 100, 200}

// rates are attempts and refusals by the new connections in their minute.
type rates struct {
	// at are minutes with so many up to each split, and those above all.
	at   [len(rateSplits) + 1]side
	peak int64
}

// take adds the minutes of buckets, which are in order.
func (r *rates) take(buckets []timed) {
	last, connections := int64(-1), int64(0)
	var m side
	for i := range buckets {
		b := &buckets[i]
		if minute := int64(b.K) * BucketSeconds / 60; minute != last {
			r.minute(connections, m)
			last, connections, m = minute, 0, side{}
		}
		connections += int64(b.New)
		m.add(side{int64(b.Attempts), int64(b.Limited)})
	}
	r.minute(connections, m)
}

// minute adds what happened in one minute; the refusals are those of a limit.
func (r *rates) minute(connections int64, m side) {
	m.refused = min(m.refused, m.attempts)
	at := 0
	for at < len(rateSplits) && connections > int64(rateSplits[at]) {
		at++
	}
	r.at[at].add(m)
	r.peak = max(r.peak, connections)
}

func (r *rates) merge(o *rates) {
	for i := range r.at {
		r.at[i].add(o.at[i])
	}
	r.peak = max(r.peak, o.peak)
}

// rate measures new connections per minute, which a receiver may limit as well as
// sessions at once (connection-rate; the fixes differ).
func (c *Cell) rate() {
	var r rates
	if c.Acc.past != nil {
		r = c.Acc.past.rate
	}
	r.take(c.buckets())
	c.set("connections_busiest", float64(r.peak), rules.Measured)
	o := steepest(rateSplits[:], c.th.Int(rules.CurveFewest), func(n int) (below, above side) {
		for i := range r.at {
			if i < len(rateSplits) && rateSplits[i] <= n {
				below.add(r.at[i])
			} else {
				above.add(r.at[i])
			}
		}
		return below, above
	})
	if o.at > 0 {
		c.set("rate_split", float64(o.at), rules.Measured)
		c.set("rate_odds", o.low, rules.Measured)
	}
}
