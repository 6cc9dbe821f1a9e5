package diagnosis

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/seed-07ce53fa/diagnose/pkg/cause"
	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

func causes(verdicts []rules.Verdict, facts rules.Facts, th rules.Thresholds) []report.Cause {
	out := []report.Cause{}
	for _, v := range verdicts {
		c := report.Cause{Cause: v.Cause, Confidence: round(v.Confidence, 2), Role: v.Role, Evidence: []report.Evidence{}}
		if !v.Holds {
			c.Confidence = min(c.Confidence, th.Value(rules.ConfidenceUnheld))
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
