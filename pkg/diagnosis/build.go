// Package diagnosis assembles the groups of a report from frozen summaries: it
// asks pkg/cause for findings and gives every number the form in which it is shown.
package diagnosis

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/cause"
	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// Destination says what a platform is called and what kind of receiver it is.
type Destination struct {
	Name string
	Kind mail.Kind
}

// Groups turns summaries into the groups of a report, gravest first.
func Groups(sums []group.Summary, table *rules.Causes, name func(platform string) Destination) []report.Group {
	groups := make([]report.Group, 0, len(sums))
	for i := range sums {
		groups = append(groups, buildGroup(&sums[i], table, name(sums[i].Platform)))
	}
	slices.SortStableFunc(groups, func(a, b report.Group) int {
		return cmp.Or(
			cmp.Compare(cause.Rank(b.Severity), cause.Rank(a.Severity)),
			cmp.Compare(b.Trouble.Refusals, a.Trouble.Refusals),
			cmp.Compare(b.Counts.Attempts, a.Counts.Attempts),
			cmp.Compare(a.Destination, b.Destination),
		)
	})
	return groups
}

func buildGroup(s *group.Summary, table *rules.Causes, d Destination) report.Group {
	a := s.All.Acc
	esp := a.ESP
	g := report.Group{
		Destination: d.Name, Platform: s.Platform, Kind: d.Kind.String(), Via: "own-mta",
		MX: names(a.MX), Domains: namesByCount(a.Domains), SendingIPs: []string{},
		Qualifiers: []string{}, Missing: []string{},
		State: s.All.State, Counts: counts(a.Counts), Refusals: refusals(a.Refusals),
		PeakSessions: peak(s), Curve: curve(s.All.Curve), Windows: windows(a), RetryGaps: gaps(a.Gaps),
		Outcome: outcome(a), Replies: replies(a), ByMX: byMX(a), BySender: []report.BySender{},
		Trouble: report.Trouble{
			Refusals: a.TroubleRefusals, Messages: a.TroubleMessages, Recipients: a.TroubleRecipients,
			First: timeOf(a.FirstTrouble.Time), Last: timeOf(a.LastTrouble.Time),
		},
	}
	if esp {
		g.Via = "esp"
	}
	lead, finding := decideByIP(&g, s, table)
	g.Cause, g.Confidence = finding.Cause, round(finding.Confidence, 2)
	g.Causes = causes(finding.Verdicts, lead.Facts)
	g.BySender = bySender(a, table, finding.Cause)
	whole := cause.Decide(table, s.All.Facts)
	g.Severity, g.Why = whole.Severity, whole.Why
	if cause.Rank(finding.Severity) > cause.Rank(g.Severity) {
		g.Severity, g.Why = finding.Severity, finding.Why
	}
	g.Limit = limit(lead)
	g.Steps = []report.Step{}
	if g.Cause != cause.None && g.Cause != cause.Unclear || g.Severity != cause.Normal {
		for _, st := range table.Advice(g.Cause, s.All.Facts, esp) {
			g.Steps = append(g.Steps, report.Step{ID: st.ID, Text: st.Text, Owner: st.Owner, Source: st.Source})
		}
	}
	g.Missing = missing(&g, table)
	return g
}

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
	}
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
		for k, n := range r {
			old.Refusals[k] += n
		}
		return
	}
	g.ByIP = append(g.ByIP, row)
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

func counts(c group.Counts) report.Counts { return report.Counts(c) }

// refusals names the classes that occurred.
func refusals(r group.Refusals) map[string]int64 {
	out := map[string]int64{}
	for i, n := range r {
		if n > 0 {
			out[mail.Class(i).String()] = n
		}
	}
	return out
}

func causes(verdicts []rules.Verdict, facts rules.Facts) []report.Cause {
	out := []report.Cause{}
	for _, v := range verdicts {
		c := report.Cause{Cause: v.Cause, Confidence: round(v.Confidence, 2), Role: v.Role, Evidence: []report.Evidence{}}
		if !v.Holds {
			c.Confidence = min(c.Confidence, 0.3)
			c.Role = "ruled-out"
		}
		for _, e := range v.Evidence {
			c.Evidence = append(c.Evidence, evidence(e, facts))
		}
		out = append(out, c)
	}
	return out
}

func evidence(e rules.Evidence, facts rules.Facts) report.Evidence {
	d, _ := rules.Lookup(e.Fact)
	out := report.Evidence{Sign: e.Sign, Fact: e.Fact, Unit: string(d.Unit), Basis: string(rules.Measured), Text: e.Text, Source: e.Source}
	if m, ok := facts[e.Fact]; ok {
		v := round(m.Value, 4)
		out.Value, out.Basis, out.Where = &v, string(m.Basis), m.Where
	}
	return out
}

// limit shows the second axis. Both hypotheses are always listed (C108).
func limit(c *group.Cell) report.Limit {
	l := report.Limit{Type: "unknown"}
	if c == nil {
		l.Hypotheses = []report.Hypothesis{{Type: "fixed", Evidence: []report.Evidence{}}, {Type: "dynamic", Evidence: []report.Evidence{}}}
		return l
	}
	if c.Limit.Type != "" {
		l.Type = c.Limit.Type
	}
	if c.Limit.Known {
		l.Sessions, l.Low, l.High = number(c.Limit.Sessions), number(c.Limit.Low), number(c.Limit.High)
	}
	if c.Limit.Safe > 0 {
		l.Safe = number(c.Limit.Safe)
	}
	fixed := rules.Evidence{Sign: "?", Fact: "curve_odds", Text: "no number of sessions from which refusals always begin", Source: "C26"}
	if c.Limit.Known {
		fixed.Sign, fixed.Text = "+", fixedText(c.Limit)
	}
	dynamic := rules.Evidence{Sign: "?", Fact: "reputation_refusals", Text: "a receiver may lower the limit by reputation; one log cannot rule it out", Source: "C24"}
	l.Hypotheses = []report.Hypothesis{
		{Type: "fixed", Evidence: []report.Evidence{evidence(fixed, c.Facts)}},
		{Type: "dynamic", Evidence: []report.Evidence{evidence(dynamic, c.Facts)}},
	}
	return l
}

// fixedText says where refusals begin, as far as the stamps allow.
func fixedText(l group.Limit) string {
	noun := " sessions"
	if l.Sessions == 1 {
		noun = " session"
	}
	return "few refusals up to about " + strconv.Itoa(l.Sessions) + noun + ", most of the attempts refused from at most " + strconv.Itoa(l.High) + " on"
}

func peak(s *group.Summary) report.Peak {
	p := report.Peak{PerIP: map[string]int64{}}
	if len(s.All.Curve) == 0 {
		p.Why = "sessions are not in these logs"
		return p
	}
	p.Estimate, p.Low, p.High = number(s.All.Peak.Estimate), number(s.All.Peak.Low), number(s.All.Peak.High)
	for i := range s.ByIP {
		if c := &s.ByIP[i]; len(c.Curve) > 0 {
			ip := c.IP
			if ip == "" {
				ip = "unknown"
			}
			p.PerIP[ip] = max(p.PerIP[ip], int64(c.Peak.Estimate))
		}
	}
	return p
}

func curve(bins []session.Bin) []report.CurveBin {
	out := []report.CurveBin{}
	for _, b := range bins {
		name := strconv.Itoa(b.Low) + "-" + strconv.Itoa(b.High)
		if b.High == 0 {
			name = strconv.Itoa(b.Low) + "+"
		}
		out = append(out, report.CurveBin{Sessions: name, Attempts: b.Attempts, Refused: b.Refused})
	}
	return out
}

// missing says what these logs cannot tell (X07).
func missing(g *report.Group, table *rules.Causes) []string {
	out := []string{}
	if len(g.SendingIPs) == 0 {
		out = append(out, "sending IP not in this log")
	}
	if g.PeakSessions.Why != "" {
		out = append(out, g.PeakSessions.Why)
	}
	if g.Cause != cause.None {
		for _, m := range table.Missing {
			out = append(out, m.Text)
		}
	}
	return out
}

// names lists MX hosts, most attempts first.
func names(shares map[string]*group.Share) []string {
	n := map[string]int64{}
	for mx, s := range shares {
		if mx != "" {
			n[mx] = s.Counts.Attempts + s.Counts.Suspensions
		}
	}
	return namesByCount(n)
}

// byMX breaks the counters down by receiving host: evidence is grouped by MX before
// anybody is asked for tuning (C99).
func byMX(a *group.Acc) []report.ByMX {
	out := []report.ByMX{}
	for _, mx := range names(a.MX) {
		s := a.MX[mx]
		out = append(out, report.ByMX{MX: mx, Counts: counts(s.Counts), Refusals: refusals(s.Refusals)})
	}
	return out
}

// bySender breaks the counters down by sender domain, each with a verdict of its
// own: one domain can have a clean stream and a broken one (H78). Sessions are not
// told apart by sender, so a stream with enough refusals has the group's cause.
func bySender(a *group.Acc, table *rules.Causes, groupCause string) []report.BySender {
	attempts := map[string]int64{}
	for domain, s := range a.Senders {
		attempts[domain] = s.Counts.Attempts + s.Counts.Suspensions
	}
	out := []report.BySender{}
	for _, domain := range namesByCount(attempts) {
		s := a.Senders[domain]
		f := cause.Decide(table, group.ShareFacts(s))
		row := report.BySender{Cause: f.Cause, Severity: f.Severity, Counts: counts(s.Counts), Refusals: refusals(s.Refusals)}
		row.Counts.Expired = s.Expired
		if domain != "" {
			row.Sender = &domain
		}
		if f.Cause != cause.None && table.Enough.Eval(group.ShareFacts(s)) == rules.True {
			row.Cause = groupCause
		}
		out = append(out, row)
	}
	return out
}

// namesByCount lists names, most frequent first.
func namesByCount(m map[string]int64) []string {
	names := slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b))
	})
	if names == nil {
		return []string{}
	}
	return names
}

func replies(a *group.Acc) []report.Reply {
	out := []report.Reply{}
	for t, r := range a.Replies {
		out = append(out, report.Reply{Template: t, Sample: r.Sample, Class: r.Class.String(), Rule: r.Rule,
			Confidence: round(r.Confidence, 2), Count: r.Count, Where: r.First.String()})
	}
	slices.SortFunc(out, func(x, y report.Reply) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Template, y.Template))
	})
	return out[:min(len(out), mostReplies)]
}

// mostReplies is how many kinds of replies a report lists for a destination.
const mostReplies = 20

func number(n int) *int64 {
	v := int64(n)
	return &v
}

func round(v float64, digits int) float64 {
	p := math.Pow(10, float64(digits))
	return math.Round(v*p) / p
}

func timeOf(micros int64) *time.Time {
	if micros == 0 {
		return nil
	}
	t := time.UnixMicro(micros).UTC()
	return &t
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
