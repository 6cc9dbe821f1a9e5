package diagnosis

import (
	"maps"

	"github.com/seed-07ce53fa/diagnose/pkg/cause"
	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// qualify fills in what stands beside the cause: the two problems (H18, H19),
// qualifiers (X11), what makes it actionable (C66-C69), the alert (H83), and how the
// own pace changed (H79). Facts are those of the sending IP that speaks for the
// destination; what concerns all of them comes from the whole.
func qualify(g *report.Group, s *group.Summary, lead *group.Cell, f *cause.Finding, table *rules.Causes) {
	facts := together(s.All.Facts, lead)
	immediate, underlying := table.Problems(facts, f.Verdicts)
	g.Immediate, g.Underlying = orNil(immediate), orNil(underlying)
	for _, q := range table.Qualify(facts) {
		note := report.Qualifier{ID: q.ID, Text: q.Text, Evidence: []report.Evidence{}}
		for _, e := range q.Evidence {
			note.Evidence = append(note.Evidence, evidence(e, facts))
		}
		g.Qualifiers, g.Notes = append(g.Qualifiers, q.ID), append(g.Notes, note)
	}
	for _, a := range table.Act(s.All.Facts) {
		g.Actionable = append(g.Actionable, a.ID)
	}
	g.Trouble.Alert = table.Alerts(s.All.Facts)
	g.Trouble.LastingMinutes = round(s.All.Facts["trouble_lasting"].Value, 1)
	if change, ok := facts["pace_change"]; ok {
		g.Pace = &report.Pace{Before: round(facts["pace_before"].Value, 2), After: round(facts["pace_after"].Value, 2), Slowed: change.Value < 1}
	}
}

// together are the facts of the whole, and those of the sending IP that speaks for it.
func together(whole rules.Facts, lead *group.Cell) rules.Facts {
	if lead == nil {
		return whole
	}
	for name, m := range lead.Facts {
		if whole[name] != m {
			facts := maps.Clone(whole)
			maps.Copy(facts, lead.Facts)
			return facts
		}
	}
	return whole // of a single sending IP mostly
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
