package selfcheck

import (
	"slices"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// course checks what happened over time. A line without a time counts, but is in no
// window and no session.
func (c *checker) course(g *report.Group) {
	c.windows(g)
	c.peak(g)
	limited := g.Refusals[mail.ConnectionLimit.String()] + g.Refusals[mail.RateLimit.String()]
	var attempts, refused int64
	for _, b := range g.Curve {
		c.most("refused attempts at "+b.Sessions+" sessions", b.Refused, b.Attempts)
		attempts += b.Attempts
		refused += b.Refused
	}
	c.most("attempts of the curve", attempts, g.Counts.Attempts)
	c.most("refused attempts of the curve", refused, limited)

	var gaps, byRetry int64
	for i, b := range g.RetryGaps.Counts {
		gaps += b.Count
		if i > 0 && b.UpToS <= g.RetryGaps.Counts[i-1].UpToS {
			c.fail("gaps up to %d s follow those up to %d s", b.UpToS, g.RetryGaps.Counts[i-1].UpToS)
		}
	}
	for _, b := range g.RetryGaps.ByRetry {
		byRetry += b.Count
	}
	c.most("gaps as advised", g.RetryGaps.AsAdvised, gaps)
	c.most("gaps by retry", byRetry, gaps)
	c.outcome(g)
}

// windows checks the numbers over time against the counters.
func (c *checker) windows(g *report.Group) {
	var connections, deferred, accepted, limited, listed, unknown int64
	var before time.Time
	for i := range g.Windows {
		w := &g.Windows[i]
		if !before.IsZero() && !before.Before(w.Start) {
			c.fail("window %s follows %s", w.Start, before)
		}
		before = w.Start
		connections += int64(w.NewConnections)
		deferred += int64(w.DeferredRecipients)
		accepted += int64(w.AcceptedRecipients)
		limited += int64(w.Limited)
		listed += int64(w.Listed)
		unknown += int64(w.UnknownUsers)
		if p := g.PeakSessions.Estimate; p == nil {
			c.most("sessions of a window without a peak", int64(w.Sessions), 0)
		} else {
			c.most("sessions of a window above the peak", int64(w.Sessions), *p)
		}
	}
	c.most("new connections of all windows", connections, g.Counts.Sessions)
	c.most("deferred recipients of all windows", deferred, g.Counts.Deferred)
	c.most("accepted recipients of all windows", accepted, g.Counts.Delivered)
	c.most("limit refusals of all windows", limited, g.Refusals[mail.ConnectionLimit.String()]+g.Refusals[mail.RateLimit.String()])
	c.most("listing refusals of all windows", listed, g.Refusals[mail.Listing.String()])
	c.most("unknown users of all windows", unknown, g.Refusals[mail.MailboxUnknown.String()])
}

// peak checks the bounds of the estimates: the peak is that of one sending IP.
func (c *checker) peak(g *report.Group) {
	p := &g.PeakSessions
	c.ascending("peak_sessions", p.Low, p.Estimate, p.High)
	if (p.Estimate == nil) != (p.Why != "") {
		c.fail("the peak is neither known nor said to be unknown")
	}
	for ip, n := range p.PerIP {
		if p.Estimate == nil {
			c.fail("a peak of %s, but none of all", ip)
			continue
		}
		c.most("peak of "+ip, n, *p.Estimate)
		known := ip == "unknown" || slices.ContainsFunc(g.ByIP, func(b report.ByIP) bool { return b.SendingIP != nil && *b.SendingIP == ip })
		if !known {
			c.fail("%s has a peak, but no row of its own", ip)
		}
	}
	c.ascending("limit", g.Limit.Low, g.Limit.Sessions, g.Limit.High)
}

// outcome checks what became of the recipients that were put off. Each of them was
// deferred or suspended here, but for an expiry that no line before tells of.
func (c *checker) outcome(g *report.Group) {
	o := &g.Outcome
	all := o.DeliveredOnRetry + o.DeliveredAtFirst + o.StillQueued + o.Expired + o.Bounced + o.Unknown
	c.most("recipients put off", all, g.Counts.Deferred+g.Counts.Suspensions+g.Counts.Expired)
	c.most("expired recipients put off", o.Expired, g.Counts.Expired)
	c.most("recipients delivered on retry", o.DeliveredOnRetry+o.DeliveredAtFirst, g.Counts.Delivered)
	var byRetry, atFirst int64
	for i, r := range o.ByRetry {
		if r.Retry == 0 {
			atFirst += r.Delivered
		} else {
			byRetry += r.Delivered
		}
		if i > 0 && r.Retry <= o.ByRetry[i-1].Retry {
			c.fail("retry %d follows %d", r.Retry, o.ByRetry[i-1].Retry)
		}
	}
	c.equal("recipients delivered by retry", byRetry, o.DeliveredOnRetry)
	c.equal("recipients delivered at the first try", atFirst, o.DeliveredAtFirst)
	c.ascending("wait until delivery", o.MedianS, o.P90S, o.SlowestS)
	if o.DeliveredOnRetry == 0 && o.MedianS != nil {
		c.fail("a wait until delivery, but none was delivered on retry")
	}
}
