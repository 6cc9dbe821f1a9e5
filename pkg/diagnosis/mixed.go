package diagnosis

import (
	"github.com/seed-07ce53fa/diagnose/pkg/cause"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// mixed leaves g what holds for many receivers together: counts, classes, replies and what
// became of the mail. Sessions, a limit and a cause are those of one receiver: a cap for
// many that have nothing in common would hold their mail back for nothing.
func mixed(g *report.Group, th rules.Thresholds) {
	verdict := cause.None
	if g.Trouble.Refusals > 0 {
		verdict = cause.Unclear
	}
	g.Mixed, g.Cause, g.Severity, g.State = true, verdict, cause.Normal, ""
	g.Why = "these are many receivers that were not told apart: they have counts, but no verdict"
	g.PeakSessions = report.Peak{PerIP: map[string]int64{}, Why: "the sessions are those of many receivers"}
	g.Curve, g.Windows = []report.CurveBin{}, []report.Window{}
	g.Causes, g.Facts, g.Steps = []report.Cause{}, []report.Fact{}, []report.Step{}
	g.Limit = limit(nil, th)
	for i := range g.ByIP {
		g.ByIP[i].Cause, g.ByIP[i].Severity = verdict, cause.Normal
	}
	for i := range g.BySender {
		g.BySender[i].Cause, g.BySender[i].Severity = verdict, cause.Normal
	}
	for i := range g.ByStream {
		g.ByStream[i].Cause, g.ByStream[i].Severity = verdict, cause.Normal
	}
}
