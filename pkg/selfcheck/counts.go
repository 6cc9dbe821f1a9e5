package selfcheck

import (
	"reflect"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// group checks one destination.
func (c *checker) group(g *report.Group, in *report.Input) {
	c.counts("", &g.Counts, g.Refusals)
	c.shares(g)
	c.trouble(g, in)
	c.course(g)
	c.verdict(g)
}

// counts checks counters that belong together: every attempt has one outcome, and every
// failed one a class.
func (c *checker) counts(who string, n *report.Counts, refusals map[string]int64) {
	c.equal(who+"attempts by outcome", n.Delivered+n.Deferred+n.Bounced+n.Refused, n.Attempts)
	c.equal(who+"failed attempts by class", sum(refusals), n.Deferred+n.Bounced+n.Refused)
	c.most(who+"sessions of attempts", n.Sessions, n.Attempts)
	for class := range refusals {
		if _, ok := mail.ParseClass(class); !ok {
			c.fail("%s%q is no class", who, class)
		}
	}
}

// tally adds up the parts of a destination.
type tally struct {
	counts   report.Counts
	refusals map[string]int64
}

func (t *tally) add(c *checker, who string, n *report.Counts, refusals map[string]int64) {
	c.counts(who+": ", n, refusals)
	all, one := reflect.ValueOf(&t.counts).Elem(), reflect.ValueOf(n).Elem()
	for i := range all.NumField() {
		all.Field(i).SetInt(all.Field(i).Int() + one.Field(i).Int())
	}
	if t.refusals == nil {
		t.refusals = map[string]int64{}
	}
	for class, n := range refusals {
		t.refusals[class] += n
	}
}

// against compares the parts with the whole: they are all of it, or at most that.
func (t *tally) against(c *checker, what string, g *report.Group, all bool) {
	compare := c.most
	if all {
		compare = c.equal
	}
	whole, parts := reflect.ValueOf(g.Counts), reflect.ValueOf(t.counts)
	for i := range whole.NumField() {
		compare(what+": "+whole.Type().Field(i).Name, parts.Field(i).Int(), whole.Field(i).Int())
	}
	for class := range t.refusals {
		compare(what+": "+class, t.refusals[class], g.Refusals[class])
	}
	compare(what+": refusals", sum(t.refusals), sum(g.Refusals))
}

// shares checks the parts of a destination. Every attempt is of one sending IP, known or
// not. The other parts need not be all of it: there are attempts without an MX, refusals
// without a recipient, notifications without a sender, and lists are bounded.
func (c *checker) shares(g *report.Group) {
	var ip, mx, domain, sender, stream tally
	for i := range g.ByIP {
		ip.add(c, "by_ip "+text(g.ByIP[i].SendingIP), &g.ByIP[i].Counts, g.ByIP[i].Refusals)
	}
	for i := range g.ByMX {
		mx.add(c, "by_mx "+g.ByMX[i].MX, &g.ByMX[i].Counts, g.ByMX[i].Refusals)
	}
	for i := range g.ByDomain {
		domain.add(c, "by_domain "+g.ByDomain[i].Domain, &g.ByDomain[i].Counts, g.ByDomain[i].Refusals)
	}
	for i := range g.BySender {
		sender.add(c, "by_sender "+text(g.BySender[i].Sender), &g.BySender[i].Counts, g.BySender[i].Refusals)
	}
	for i := range g.ByStream {
		stream.add(c, "by_stream "+g.ByStream[i].Stream, &g.ByStream[i].Counts, g.ByStream[i].Refusals)
	}
	ip.against(c, "all of by_ip", g, true)
	mx.against(c, "all of by_mx", g, false)
	domain.against(c, "all of by_domain", g, false)
	sender.against(c, "all of by_sender", g, false)
	stream.against(c, "all of by_stream", g, false)
	var replies int64
	for i := range g.Replies {
		replies += g.Replies[i].Count
	}
	c.most("replies", replies, sum(g.Refusals))
}

// trouble checks the refusals that severity counts and the messages they hit.
func (c *checker) trouble(g *report.Group, in *report.Input) {
	t := &g.Trouble
	var refusals int64
	for _, class := range []mail.Class{mail.ConnectionLimit, mail.RateLimit, mail.Reputation, mail.Listing} {
		refusals += g.Refusals[class.String()]
	}
	c.equal("trouble.refusals by class", t.Refusals, refusals)
	c.most("trouble.messages of refusals", t.Messages, t.Refusals)
	c.most("trouble.messages of recipients", t.Messages, t.Recipients)
	if t.Refusals > 0 && t.Messages == 0 {
		c.fail("refusals of no message")
	}
	if t.Refusals == 0 && (t.First != nil || t.Recipients > 0 || t.LastingMinutes > 0) {
		c.fail("trouble without a refusal")
	}
	c.order("trouble", in.First, t.First, t.Last, in.Last)
	// Listed are those that were held back because of a refusal, too, but no notifications.
	listed := int64(len(g.Messages)) + g.MessagesMore
	c.most("messages that met a refusal", listed, t.Recipients+g.Counts.Suspensions)
	c.most("messages without an id", g.MessagesWithoutID, listed)
	for i := range g.Messages {
		m := &g.Messages[i]
		c.order("time of a message", t.First, m.Refused, t.Last)
		c.order("time of a message", m.Refused, m.Ended)
	}
}

func text(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}
