package selfcheck

import (
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// verdict checks the cause, its place in the list of causes, and the steps.
func (c *checker) verdict(g *report.Group) {
	c.share("confidence", g.Confidence)
	if report.SeverityRank(g.Severity) == 0 {
		c.fail("%q is no severity", g.Severity)
	}
	held := true
	for i := range g.Causes {
		one := &g.Causes[i]
		c.share("confidence in "+one.Cause, one.Confidence)
		if held = held && one.Role != "ruled-out"; !held && one.Role != "ruled-out" {
			c.fail("cause %s holds, but stands below one that does not", one.Cause)
		}
		for j := range one.Evidence {
			c.evidence(&one.Evidence[j])
		}
	}
	if i := slices.IndexFunc(g.Causes, func(x report.Cause) bool { return x.Cause == g.Cause }); i > 0 {
		c.fail("cause %s is number %d of the list", g.Cause, i+1)
	}
	if len(g.Qualifiers) != len(g.Notes) {
		c.fail("%d qualifiers, %d with evidence", len(g.Qualifiers), len(g.Notes))
	}
	c.steps(g.Steps)
	if d := g.Drain; d != nil {
		c.ascending("time to drain", &d.LowS, &d.Seconds, &d.HighS)
	}
	if b := g.Band; b != nil {
		c.ascending("band", &b.Low, b.High)
	}
}

func (c *checker) evidence(e *report.Evidence) {
	if !slices.Contains([]string{"+", "-", "?"}, e.Sign) {
		c.fail("%q is no sign", e.Sign)
	}
	if e.Sign != "?" && e.Value == nil {
		c.fail("%s speaks for or against without a value", e.Fact)
	}
}

// steps checks that each is told once, in the order of a repair (H25).
func (c *checker) steps(list []report.Step) {
	phases := []string{"pause", "throttle", "retry", "check-reputation", "resume"}
	var told []string
	before := 0
	for _, s := range list {
		if slices.Contains(told, s.ID) {
			c.fail("step %s is told twice", s.ID)
		}
		told = append(told, s.ID)
		at := slices.Index(phases, s.Phase)
		if at < before {
			c.fail("step %s (%s) is out of order", s.ID, s.Phase)
		}
		before = max(before, at)
	}
}
