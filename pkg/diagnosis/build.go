// Package diagnosis assembles the groups of a report from frozen summaries: it
// asks pkg/cause for findings and gives every number the form in which it is shown.
package diagnosis

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"sync"
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

// Groups turns summaries into the groups of a report, gravest first. They may come on
// several goroutines at a time, which name is called on, too.
func Groups(sums func(visit func(*group.Summary)), set *rules.Set, name func(platform string) Destination) []report.Group {
	var order []*report.Group // groups are large
	var one sync.Mutex
	alike := newCommon()
	sums(func(s *group.Summary) {
		g := buildGroup(s, set, name(s.Platform), alike)
		alike.share(&g)
		one.Lock()
		order = append(order, &g)
		one.Unlock()
	})
	slices.SortFunc(order, func(a, b *report.Group) int {
		return cmp.Or(
			cmp.Compare(cause.Rank(b.Severity), cause.Rank(a.Severity)),
			cmp.Compare(b.Trouble.Refusals, a.Trouble.Refusals),
			cmp.Compare(b.Counts.Attempts, a.Counts.Attempts),
			cmp.Compare(a.Destination, b.Destination),
			cmp.Compare(a.Platform, b.Platform),
		)
	})
	groups := make([]report.Group, len(order))
	for i, g := range order {
		groups[i] = *g
	}
	return groups
}

func buildGroup(s *group.Summary, set *rules.Set, d Destination, alike *common) report.Group {
	a, table := s.All.Acc, set.Causes
	esp := a.ESP
	g := report.Group{
		Destination: d.Name, Platform: s.Platform, Kind: d.Kind.String(), Via: "own-mta",
		SendingIPs: []string{},
		Qualifiers: []string{}, Notes: []report.Qualifier{}, Actionable: []string{}, Missing: []string{},
		Messages: []report.Message{}, ByStream: []report.ByStream{}, Audit: []report.AuditItem{}, Advice: []report.Note{},
		State: s.All.State, Counts: counts(a.Counts), Refusals: alike.refusals(a.Refusals),
		PeakSessions: peak(s), Curve: curve(s.All.Curve), Windows: windows(s), RetryGaps: gaps(&a.Gaps, set.Thresholds),
		Outcome: outcome(a), Replies: replies(a), BySender: []report.BySender{},
		Collected: collected(&a.Collected),
		Trouble: report.Trouble{
			Refusals: a.TroubleRefusals, Messages: a.TroubleMessages, Recipients: a.TroubleRecipients, Bounced: a.TroubleBounced,
			First: timeOf(a.FirstTrouble.Time), Last: timeOf(a.LastTrouble.Time),
		},
	}
	g.MX, g.ByMX, g.ByMXMore = byMX(a, alike)
	g.Domains, g.ByDomain, g.ByDomainMore = byDomain(a, alike)
	if esp {
		g.Via = "esp"
	}
	g.Pool, g.Owner = pool(s, esp)
	messages(&g, &a.Messages)
	lead, finding := decideByIP(&g, s, table)
	if s.Mixed {
		g.BySender, g.ByStream = bySender(a, table, finding.Cause, alike), byStream(a, table, finding.Cause, alike)
		mixed(&g, set.Thresholds)
		return g
	}
	if lead != nil {
		cause.Weigh(table, lead.Facts, set.Thresholds, &finding)
	}
	g.Cause, g.Confidence = finding.Cause, round(finding.Confidence, 2)
	g.Facts = factList(lead)
	g.Causes = causes(finding.Verdicts, lead.Facts, set.Thresholds)
	if len(g.Causes) > 0 {
		g.Causes[0].Margin = margin(&finding.Margin)
	}
	g.BySender, g.ByStream = bySender(a, table, finding.Cause, alike), byStream(a, table, finding.Cause, alike)
	whole := cause.Severity(table, s.All.Facts)
	g.Severity, g.Why = whole.Severity, whole.Why
	if cause.Rank(finding.Severity) > cause.Rank(g.Severity) {
		g.Severity, g.Why = finding.Severity, finding.Why
	}
	g.Limit = limit(lead, set.Thresholds)
	g.CleanWindows = int64(s.All.Facts["clean_windows"].Value)
	g.Band = band(g.State, s.All.Facts, set.Thresholds)
	qualify(&g, s, lead, &finding, table)
	advise(&g, s, set)
	g.Missing = append(missing(&g, set.Advice), bounded(s)...)
	return g
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
