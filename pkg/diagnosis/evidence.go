package diagnosis

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/cause"
	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

func causes(verdicts []rules.Verdict, facts rules.Facts, th rules.Thresholds) []report.Cause {
	out := make([]report.Cause, 0, len(verdicts))
	for _, v := range verdicts {
		c := report.Cause{Cause: v.Cause, Confidence: round(v.Confidence, 2), Role: v.Role, Evidence: make([]report.Evidence, 0, len(v.Evidence))}
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

// factList lists the facts of the cell that speaks for a group.
func factList(c *group.Cell) report.Facts {
	if c == nil {
		return nil
	}
	out := make(report.Facts, 0, len(c.Facts))
	for id, name := range rules.FactIDs {
		if m, ok := c.Facts[name]; ok {
			out = append(out, report.Fact{ID: id, Basis: m.Basis, Value: round(m.Value, 4), Where: m.Where})
		}
	}
	return out
}

func evidence(e rules.Evidence, facts rules.Facts) report.Evidence {
	d, _ := rules.Lookup(e.Fact)
	out := report.Evidence{Sign: e.Sign, Fact: e.Fact, Unit: string(d.Unit), Basis: rules.Measured.String(), Text: e.Text, Source: e.Source}
	if m, ok := facts[e.Fact]; ok {
		v := round(m.Value, 4)
		out.Value, out.Basis, out.Where = &v, m.Basis.String(), m.Where
	}
	return out
}

// missing says what these logs cannot tell (X07).
func missing(g *report.Group, advice *rules.Advice) []string {
	out := []string{}
	if len(g.SendingIPs) == 0 {
		out = append(out, "sending IP not in this log")
	}
	if g.PeakSessions.Why != "" {
		out = append(out, g.PeakSessions.Why)
	}
	for i := range group.NumItems {
		n := g.Collected.Missing[i.String()]
		if n == 0 || i == group.ItemSendingIP && len(g.SendingIPs) == 0 {
			continue // said above
		}
		out = append(out, strings.ReplaceAll(i.String(), "_", " ")+" missing for "+rules.Thousands(n)+" of "+rules.Thousands(g.Collected.Refusals)+" refusals")
	}
	if g.Cause != cause.None {
		for _, m := range advice.Missing {
			out = append(out, m.Text)
		}
	}
	return out
}

// bounded says what was more than is kept.
func bounded(s *group.Summary) (out []string) {
	a := s.All.Acc
	if s.Folded > 0 && a.TroubleRefusals > 0 {
		out = append(out, "exact times of "+rules.Thousands(s.Folded)+" of "+rules.Thousands(a.Counts.Attempts)+" attempts were dropped to save memory: counts are exact, sessions, pace and the limit are rougher than they could be (--max-memory)")
	}
	if a.RepliesDropped > 0 {
		out = append(out, "kinds of "+rules.Thousands(a.RepliesDropped)+" replies: too many differ from each other")
	}
	if n := unnamed(&a.MX); n > 0 {
		out = append(out, "MX hosts of "+rules.Thousands(n)+" attempts: there are too many")
	}
	if rest := a.Domains.Of(""); rest != nil {
		out = append(out, "recipient domains of "+rules.Thousands(rest.Tried())+" attempts: there are too many")
	}
	return out
}

func replies(a *group.Acc) []report.Reply {
	out := []report.Reply{}
	for t, r := range a.Replies {
		out = append(out, report.Reply{Template: t, Sample: r.Sample, Class: r.Class.String(), Rule: r.Rule,
			Confidence: round(r.Confidence, 2), Count: r.Count, Where: r.First.String(), Temporary: strings.HasPrefix(t, "4")})
	}
	slices.SortFunc(out, func(x, y report.Reply) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Template, y.Template))
	})
	return slices.Clone(out[:min(len(out), mostReplies)])
}

// mostReplies is how many kinds of replies a report lists for a destination.
const mostReplies = 20

// margin shows which fact would turn the cause first, nil where no single one does.
func margin(m *rules.Margin) *report.Margin {
	d, ok := rules.Lookup(m.Fact)
	if !ok {
		return nil
	}
	return &report.Margin{
		Fact: m.Fact, Value: round(m.Have, 4), Flips: round(m.Flips, 4), Unit: string(d.Unit), Share: round(m.Share, 2),
		Text: "another cause comes first if " + m.Fact + " is " + d.Unit.Format(m.Flips) + " instead of " + d.Unit.Format(m.Have),
	}
}
