package diagnosis

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/cause"
	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// decideByIP decides for each sending IP and returns the cell that speaks for the
// group: the one with the most connection-limit refusals, or where there are none
// the one with the most that severity counts.
func decideByIP(g *report.Group, s *group.Summary, table *rules.Causes) (*group.Cell, cause.Finding) {
	var lead *group.Cell
	var best cause.Finding
	g.ByIP = []report.ByIP{}
	for i := range s.ByIP {
		c := &s.ByIP[i]
		f := cause.Decide(table, c.Facts)
		if lead == nil || heavier(c.Acc, lead.Acc) {
			lead, best = c, f
		}
		addIP(g, c.IP, f, counts(c.Acc.Counts), refusals(c.Acc.Refusals))
	}
	for _, q := range s.Quoted {
		addIP(g, q.IP, best, counts(q.Counts), refusals(q.Refusals))
		takeQuoted(g, &q)
	}
	g.ByIP = slices.DeleteFunc(g.ByIP, func(row report.ByIP) bool {
		return row.SendingIP == nil && row.Counts == report.Counts{}
	})
	slices.SortStableFunc(g.ByIP, func(a, b report.ByIP) int {
		return cmp.Or(cmp.Compare(flag(a.SendingIP == nil), flag(b.SendingIP == nil)), cmp.Compare(deref(a.SendingIP), deref(b.SendingIP)))
	})
	return lead, best
}

func heavier(a, b *group.Acc) bool {
	return cmp.Or(
		cmp.Compare(a.Refusals[mail.ConnectionLimit], b.Refusals[mail.ConnectionLimit]),
		cmp.Compare(a.TroubleRefusals, b.TroubleRefusals),
		cmp.Compare(a.Counts.Attempts, b.Counts.Attempts),
	) > 0
}

// addIP adds a row; rows without an address are one.
func addIP(g *report.Group, ip string, f cause.Finding, c report.Counts, r map[string]int64) {
	row := report.ByIP{Cause: f.Cause, Severity: f.Severity, Counts: c, Refusals: r}
	if ip != "" {
		row.SendingIP = &ip
		if !slices.Contains(g.SendingIPs, ip) {
			g.SendingIPs = append(g.SendingIPs, ip)
		}
	}
	for i := range g.ByIP {
		old := &g.ByIP[i]
		if deref(old.SendingIP) != ip {
			continue
		}
		if sumOf(r) > sumOf(old.Refusals) {
			old.Cause, old.Severity = row.Cause, row.Severity
		}
		addCounts(&old.Counts, c)
		if old.Refusals == nil {
			old.Refusals = r
			return
		}
		for k, n := range r {
			old.Refusals[k] += n
		}
		return
	}
	g.ByIP = append(g.ByIP, row)
}

// takeQuoted takes what a quoted address has out of the row of attempts whose address
// is not known, so that each stands in one row.
func takeQuoted(g *report.Group, q *group.QuotedIP) {
	i := slices.IndexFunc(g.ByIP, func(row report.ByIP) bool { return row.SendingIP == nil })
	if i < 0 {
		return
	}
	row, c := &g.ByIP[i], counts(q.Counts)
	addCounts(&row.Counts, report.Counts{
		Attempts: -c.Attempts, Recipients: -c.Recipients, Messages: -c.Messages, Sessions: -c.Sessions,
		Delivered: -c.Delivered, Deferred: -c.Deferred, Bounced: -c.Bounced, Expired: -c.Expired,
		Refused: -c.Refused, Suspensions: -c.Suspensions,
	})
	for class, n := range refusals(q.Refusals) {
		if row.Refusals[class] -= n; row.Refusals[class] == 0 {
			delete(row.Refusals, class)
		}
	}
}

func sumOf(m map[string]int64) (n int64) {
	for _, v := range m {
		n += v
	}
	return n
}

func addCounts(c *report.Counts, o report.Counts) {
	c.Attempts += o.Attempts
	c.Recipients += o.Recipients
	c.Messages += o.Messages
	c.Sessions += o.Sessions
	c.Delivered += o.Delivered
	c.Deferred += o.Deferred
	c.Bounced += o.Bounced
	c.Expired += o.Expired
	c.Refused += o.Refused
	c.Suspensions += o.Suspensions
}

// collected names the items that some refusals lack.
func collected(c *group.Collected) report.Collected {
	out := report.Collected{Refusals: c.Refusals, Complete: c.Complete, Missing: map[string]int64{}}
	for i, n := range c.Missing {
		if n > 0 {
			out.Missing[group.Item(i).String()] = n
		}
	}
	return out
}

func counts(c group.Counts) report.Counts { return report.Counts(c) }

// refusals names the classes that occurred; nil if none did, as in most shares.
func refusals(r group.Refusals) (out map[string]int64) {
	for i, n := range r {
		if n > 0 {
			if out == nil {
				out = map[string]int64{}
			}
			out[mail.Class(i).String()] = n
		}
	}
	return out
}

// share is a part of an accumulator with its name, empty where that is not known.
type share struct {
	name string
	*group.Share
}

// byTries lists n shares, most attempts first.
func byTries(n int, shares iter.Seq2[string, *group.Share]) []share {
	list := make([]share, 0, n)
	for name, s := range shares {
		list = append(list, share{name, s})
	}
	slices.SortFunc(list, func(a, b share) int {
		return cmp.Or(cmp.Compare(b.Tried(), a.Tried()), cmp.Compare(a.name, b.name))
	})
	return list
}

// unnamed are the attempts at what is not told apart by name.
func unnamed(shares *group.Shares[string]) int64 {
	if s := shares.Of(""); s != nil {
		return s.Counts().Attempts
	}
	return 0
}

// byMX names the receiving hosts and breaks the counters down by them: evidence is grouped
// by MX before anybody is asked for tuning (C99). more are the attempts at hosts not told
// apart.
func byMX(a *group.Acc, alike *common) (names []string, out []report.ByMX, more int64) {
	names, out = make([]string, 0, a.MX.Len()), make([]report.ByMX, 0, a.MX.Len())
	for _, s := range byTries(a.MX.Len(), a.MX.All()) {
		if s.name == "" {
			continue
		}
		names = append(names, s.name)
		out = append(out, report.ByMX{MX: s.name, Counts: counts(s.Counts()), Refusals: alike.refusals(s.Refusals())})
	}
	return names, out, unnamed(&a.MX)
}

// mostDomains bounds the recipient domains that are broken down; all are named.
const mostDomains = 200

// byDomain names the recipient domains and breaks the counters down by them. more are the
// attempts to further ones.
func byDomain(a *group.Acc, alike *common) (names []string, out []report.ByDomain, more int64) {
	names, out = make([]string, 0, a.Domains.Len()), make([]report.ByDomain, 0, min(a.Domains.Len(), mostDomains))
	for _, s := range byTries(a.Domains.Len(), a.Domains.All()) {
		if s.name != "" {
			names = append(names, s.name)
		}
		if s.name == "" || len(out) == mostDomains {
			more += s.Counts().Attempts
			continue
		}
		out = append(out, report.ByDomain{Domain: s.name, Counts: counts(s.Counts()), Refusals: alike.refusals(s.Refusals())})
	}
	return names, out, more
}

// bySender breaks the counters down by sender domain, each with a verdict of its
// own: one domain can have a clean stream and a broken one (H78). Sessions are not
// told apart by sender, so a stream with enough refusals has the group's cause.
func bySender(a *group.Acc, table *rules.Causes, groupCause string, alike *common) []report.BySender {
	out := make([]report.BySender, 0, a.Senders.Len())
	facts := rules.Facts{}
	for _, s := range byTries(a.Senders.Len(), a.Senders.All()) {
		clear(facts)
		s.Facts(facts)
		verdict, severity := decideShare(facts, table, groupCause)
		row := report.BySender{Cause: verdict, Severity: severity, Counts: counts(s.Counts()), Refusals: alike.refusals(s.Refusals())}
		if name := s.name; name != "" {
			row.Sender = &name
		}
		out = append(out, row)
	}
	return out
}

// decideShare decides for a part of a group by what it counts. Where that is enough
// for a cause, it is the group's.
func decideShare(facts rules.Facts, table *rules.Causes, groupCause string) (verdict, severity string) {
	f := cause.Severity(table, facts)
	if f.Cause != cause.None && table.Enough.Eval(facts) == rules.True {
		return groupCause, f.Severity
	}
	return f.Cause, f.Severity
}

// byStream breaks the counters down by declared stream, each with a verdict and the
// waits of its own: streams that share a pool may fare differently (C68, C101).
func byStream(a *group.Acc, table *rules.Causes, groupCause string, alike *common) []report.ByStream {
	shares := map[string]*group.Share{}
	for name, s := range a.Streams {
		shares[name] = &s.Share
	}
	out := []report.ByStream{}
	for _, one := range byTries(len(shares), maps.All(shares)) {
		s := a.Streams[one.name]
		row := report.ByStream{Stream: one.name, Transactional: s.Transactional, Counts: counts(s.Counts()), Refusals: alike.refusals(s.Refusals())}
		facts := rules.Facts{}
		s.Facts(facts)
		row.Cause, row.Severity = decideShare(facts, table, groupCause)
		row.MedianS, row.P90S, _ = waits(&s.Waits)
		out = append(out, row)
	}
	return out
}
