package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// Limits of Markdown: a comment on GitHub holds 65,536 characters.
const (
	mdSections = 10
	mdEvidence = 6
	mdTickets  = 3
)

// WriteMarkdown writes r in GitHub Flavored Markdown for an issue, a pull request or a
// job summary: the verdict, a table of destinations, then the worst of them in detail.
// Log text cannot break the table, open a tag, link or mention anybody.
func WriteMarkdown(w io.Writer, r *Report, o DocumentOptions) error {
	d := newDocument(r, o)
	m := &markdown{document: d}
	m.f("## %s\n\n", mdText(d.verdict()))
	m.f("%s\n", mdText(readPhrase(&d.In)))
	for _, e := range d.In.Errors {
		m.f("\n> **incomplete:** %s\n", mdText(ErrorText(e)))
	}
	m.table()
	for i, g := range d.Found {
		if i == mdSections {
			m.f("\n%s are in the HTML and JSON forms.\n", count(int64(len(d.Found)-i), "further destination"))
			break
		}
		m.section(g, i)
	}
	m.rest()
	_, err := w.Write(m.b.Bytes())
	return err
}

type markdown struct {
	*document
	b bytes.Buffer
}

func (m *markdown) f(format string, args ...any) { fmt.Fprintf(&m.b, format, args...) }

// cells is one row of a table; the cells are Markdown already.
func (m *markdown) cells(cells ...string) { m.f("| %s |\n", strings.Join(cells, " | ")) }

// table is one row per destination with a finding, and one for all others.
func (m *markdown) table() {
	shown := m.Found
	if len(shown) == 0 {
		shown = m.Healthy[:min(len(m.Healthy), DefaultTop)]
	}
	rest := m.Healthy
	if len(m.Found) == 0 {
		rest = rest[len(shown):]
	}
	if len(shown)+len(m.Mixed) == 0 {
		return
	}
	m.f("\n")
	m.cells("Level", "Destination", "Cause", "Limit", "Refusals", "Deferred", "Accepted", "Expired", "Sessions per IP")
	m.cells("---", "---", "---", "---", "---:", "---:", "---:", "---:", "---")
	for _, g := range shown {
		m.cells(mdCell(severityWord(g.Severity)), mdCell(g.Destination), mdCell(causePhrase(g.Cause, g.Confidence)), mdCell(limit(g)),
			rules.Thousands(g.Trouble.Refusals), rules.Thousands(g.Counts.Deferred), rules.Thousands(g.Counts.Delivered),
			rules.Thousands(g.Counts.Expired), mdCell(peak(g)))
	}
	for _, g := range m.Mixed {
		m.cells("", mdCell(g.Destination), "", "", rules.Thousands(g.Trouble.Refusals), rules.Thousands(g.Counts.Deferred), rules.Thousands(g.Counts.Delivered),
			rules.Thousands(g.Counts.Expired), "")
	}
	if len(rest) > 0 {
		c := sumCounts(rest)
		m.cells("", mdCell(count(int64(len(rest)), "other destination")), "none", "",
			"", rules.Thousands(c.Deferred), rules.Thousands(c.Delivered), rules.Thousands(c.Expired), "")
	}
	for _, g := range m.Mixed {
		m.f("\n%s\n", mdText(mixedPhrase(g)))
	}
}

// section explains one destination.
func (m *markdown) section(g *Group, i int) {
	title := fmt.Sprintf("%s %s: %s", severityWord(g.Severity), g.Destination, causePhrase(g.Cause, g.Confidence))
	m.f("\n### %s\n\n", mdText(title))
	if s := reachPhrase(g); s != "" {
		m.f("%s\n\n", mdText(s))
	}
	if n := mainReply(g); n >= 0 {
		r := g.Replies[n]
		m.b.WriteString(mdFence(cmp.Or(r.Sample, r.Template)))
		m.f("\n")
	}
	for _, f := range m.facts(g) {
		m.f("- **%s:** %s\n", f.Label, mdText(f.Text))
	}
	for n := range g.Causes {
		if !silent(&g.Causes[n]) {
			m.cause(g, n)
		}
	}
	for _, n := range g.Notes {
		m.f("\n**Note:** %s\n\n", mdText(n.ID+", "+n.Text))
		m.evidence(n.Evidence, mdEvidence)
	}
	if missing := unknowns(g); len(missing) > 0 {
		m.f("\n**Not in these logs:** %s\n", mdText(strings.Join(missing, "; ")))
	}
	if s := byCountOf(outcomes(g.Outcome)); s != "" {
		m.f("\n**What became of the recipients put off:** %s\n", mdText(s))
	}
	m.steps(g)
	if i >= mdTickets {
		return
	}
	if t := m.ticket(g); t != "" {
		m.f("\n**Ticket**\n\n%s", mdFence(strings.Split(t, "\n")...))
	}
}

func (m *markdown) cause(g *Group, i int) {
	c := g.Causes[i]
	title, extra := causeTitle(g, i)
	most := mdEvidence
	if c.Role == ruledOut {
		most = 2
	}
	m.f("\n**%s**", mdText(title))
	if extra != "" {
		m.f(" %s", mdText(strings.TrimLeft(extra, ", ")))
	}
	m.f("\n\n")
	m.evidence(c.Evidence, most)
}

// evidence lists measured conditions; what is not known is gathered elsewhere.
func (m *markdown) evidence(list []Evidence, most int) {
	shown := 0
	for _, e := range list {
		if sign(e) == "?" || shown == most {
			continue
		}
		shown++
		m.f("- `%s` %s", sign(e), mdText(e.Text))
		if e.Where != "" {
			m.f(" (%s)", mdCode(e.Where))
		}
		m.f("\n")
	}
}

func (m *markdown) steps(g *Group) {
	if len(g.Steps) > 0 {
		title, who := stepsTitle(g)
		m.f("\n**%s**%s\n\n", title, who)
	}
	for i, s := range g.Steps {
		m.f("%d. %s\n", i+1, mdText(stepText(g, s)))
	}
	notes, _ := advice(g)
	if len(notes) > 0 {
		m.f("\n")
	}
	for _, n := range notes {
		m.f("- %s\n", mdText(n))
	}
}

// rest is what belongs to no destination.
func (m *markdown) rest() {
	if len(m.Own) > 0 {
		m.f("\n### Own side\n\nRefusals by your own server or ESP, not by a receiver; counted apart.\n\n")
		for _, o := range m.Own[:min(len(m.Own), 5)] {
			m.f("- %s x %s\n", rules.Thousands(o.Count), mdText(strings.Join(nonEmpty(o.What, o.Class, o.Text), ", ")))
		}
	}
	if len(m.Unknown) > 0 {
		m.f("\n### Replies no rule knows\n\n")
		for _, u := range m.Unknown[:min(len(m.Unknown), 5)] {
			m.f("- %s x %s", rules.Thousands(u.Count), mdCode(u.Template))
			if u.Where != "" {
				m.f(" (%s)", mdCode(u.Where))
			}
			m.f("\n")
		}
	}
}
