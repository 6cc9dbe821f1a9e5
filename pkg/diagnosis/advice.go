package diagnosis

import (
	"maps"
	"slices"
	"strconv"

	"github.com/seed-07ce53fa/diagnose/pkg/cause"
	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// mostNotes is how many notes a short report shows.
const mostNotes = 3

// advise fills what follows from the verdict on g: steps, notes, the audit of the
// sender, the time the mail at hand needs, and who can change something. One refusal
// that proves nothing asks for nothing (C56).
func advise(g *report.Group, s *group.Summary, set *rules.Set) {
	g.Steps = []report.Step{}
	if g.Cause == cause.None {
		return
	}
	g.Audit = audit(s.All.Acc, s.All.Facts, set.Advice)
	if g.Cause == cause.Unclear && g.Severity == cause.Normal {
		return
	}
	now := rules.Situation{Cause: g.Cause, State: g.State, ESP: s.All.Acc.ESP, Facts: perIP(s), Replies: matched(s.All.Acc)}
	for _, st := range set.Advice.StepsFor(now) {
		g.Steps = append(g.Steps, report.Step{ID: st.ID, Phase: st.Phase, Text: st.Text, Owner: st.Owner, Source: st.Source})
	}
	brief := 0
	for _, n := range set.Advice.NotesFor(now) {
		row := report.Note{ID: n.ID, Text: n.Text, Source: n.Source, Brief: !n.Full && brief < mostNotes}
		brief += flag(row.Brief)
		g.Advice = append(g.Advice, row)
	}
	g.Drain = drain(now.Facts, s, set.Thresholds)
	if owner := set.Advice.OwnerOf(g.Cause); now.ESP && owner != "" {
		g.Owner = owner
	}
}

// matched are the rules that matched replies, in no order.
func matched(a *group.Acc) []string {
	ids := map[string]bool{}
	for _, r := range a.Replies {
		ids[r.Rule] = true
	}
	return slices.Collect(maps.Keys(ids))
}

// perIP are the facts of a destination with the sessions of the busiest sending IP:
// caps count per IP.
func perIP(s *group.Summary) rules.Facts {
	peak := s.All.Facts["peak_sessions"]
	for i := range s.ByIP {
		m, ok := s.ByIP[i].Facts["peak_sessions"]
		if ok && (i == 0 || m.Value > peak.Value) {
			peak = m
		}
	}
	if peak == s.All.Facts["peak_sessions"] {
		return s.All.Facts
	}
	facts := maps.Clone(s.All.Facts)
	facts["peak_sessions"] = peak
	return facts
}

// drain says how long the mail at hand needs (H23), from the advised number of
// sessions down to a single one per sending IP; nil where there is none.
func drain(facts rules.Facts, s *group.Summary, th rules.Thresholds) *report.Drain {
	n, ok := facts["batch"]
	if !ok {
		return nil
	}
	ips := int64(max(len(s.ByIP), 1))
	most, least := max(th.Int(rules.SessionsStart), 1), max(th.Int(rules.SessionsLeast), 1)
	need := facts["batch_time"]
	d := &report.Drain{
		Messages: int64(n.Value), Sessions: most * ips, Seconds: int64(need.Value),
		LowS: int64(need.Value), HighS: int64(need.Value) * most / least, Basis: need.Basis.String(),
	}
	d.Text = rules.Thousands(d.Messages) + " recipients at " + plural(int(d.Sessions), "session") + " need about " + rules.Duration(d.Seconds)
	if d.Messages == 1 {
		d.Text = "1 recipient at " + plural(int(d.Sessions), "session") + " needs about " + rules.Duration(d.Seconds)
	}
	if d.HighS > d.LowS {
		d.Text += ", at " + strconv.FormatInt(least*ips, 10) + " up to " + rules.Duration(d.HighS)
	}
	return d
}

// Statuses of an item of the audit.
const (
	seen      = "seen"
	notSeen   = "not-seen"
	notInLogs = "not-in-logs"
)

// audit says of each item of the audit what this log shows (H71, H72). That no reply
// names an item does not prove it right.
func audit(a *group.Acc, facts rules.Facts, advice *rules.Advice) []report.AuditItem {
	out := make([]report.AuditItem, 0, len(advice.Audit))
	for i := range advice.Audit {
		item := &advice.Audit[i]
		row := report.AuditItem{ID: item.ID, Status: notInLogs, Source: item.Source}
		says := "not in delivery logs"
		switch m, ok := facts[item.Fact]; {
		case ok:
			d, _ := rules.Lookup(item.Fact)
			shows(&row, m.Value, d.Unit)
			says = item.Says(m.Value, d.Unit)
		case len(item.Classes) > 0:
			n := named(a, item)
			shows(&row, float64(n), rules.UnitCount)
			says = item.Says(float64(n), rules.UnitCount)
		}
		row.Text = item.Name + ": " + says + "; check " + item.Check
		out = append(out, row)
	}
	return out
}

func shows(row *report.AuditItem, v float64, unit rules.Unit) {
	v = round(v, 4)
	row.Value, row.Unit, row.Status = &v, string(unit), notSeen
	if v > 0 {
		row.Status = seen
	}
}

// named counts the refusals that name an item.
func named(a *group.Acc, item *rules.AuditItem) (n int64) {
	for template, r := range a.Replies {
		if item.Names(r.Class, template) {
			n += r.Count
		}
	}
	return n
}
