package report

import (
	"cmp"
	"slices"
	"strings"
)

// Rows is what a row of the summary table stands for.
type Rows string

// What the rows of the table can be: destinations, or their parts.
const (
	RowsPlatform Rows = "platform"
	RowsMX       Rows = "mx"
	RowsDomain   Rows = "domain"
	RowsIP       Rows = "ip"
)

// RowNames are all of them, the default first.
func RowNames() []string {
	return []string{string(RowsPlatform), string(RowsMX), string(RowsDomain), string(RowsIP)}
}

// row is one row of the summary table: a destination, or a part of one.
type row struct {
	g *Group
	// name is the MX host, domain or sending IP; of a destination its own name.
	name, severity, cause string
	counts                Counts
	refusals              map[string]int64
	peak                  string
	// found says that the row is worth a line of its own.
	found bool
}

// rows are the rows shown one by one, worst first, and the others.
func (t *text) rows() (shown, rest []*row) {
	if t.By == RowsPlatform {
		for _, g := range t.listed {
			shown = append(shown, destinationRow(g))
		}
		for _, g := range t.rest {
			rest = append(rest, destinationRow(g))
		}
		for _, g := range t.mixed {
			shown = append(shown, &row{g: g, name: g.Destination, counts: g.Counts, refusals: g.Refusals, peak: "-"})
		}
		return shown, rest
	}
	var all []*row
	for _, g := range slices.Concat(t.listed, t.mixed, t.rest) {
		all = append(all, t.parts(g)...)
	}
	slices.SortStableFunc(all, func(a, b *row) int {
		return cmp.Or(
			cmp.Compare(SeverityRank(b.severity), SeverityRank(a.severity)),
			-compareBool(a.found, b.found),
			cmp.Compare(troubleOf(b.refusals), troubleOf(a.refusals)),
			cmp.Compare(b.counts.Attempts, a.counts.Attempts),
			strings.Compare(a.name, b.name))
	})
	found := slices.ContainsFunc(all, func(r *row) bool { return r.found })
	for _, r := range all {
		if len(shown) < t.Top && (r.found || !found) || t.All {
			shown = append(shown, r)
			continue
		}
		rest = append(rest, r)
	}
	return shown, rest
}

func destinationRow(g *Group) *row {
	return &row{
		g: g, name: g.Destination, severity: g.Severity, cause: g.Cause,
		counts: g.Counts, refusals: g.Refusals, peak: peak(g), found: hasFinding(g),
	}
}

// parts breaks a destination down. A host or domain has no verdict of its own: a
// receiver limits by sending IP.
func (t *text) parts(g *Group) []*row {
	var list []*row
	add := func(name, severity, cause, peak string, c Counts, refusals map[string]int64) {
		list = append(list, &row{
			g: g, name: Visible(cmp.Or(name, notInLog)), severity: Visible(severity), cause: Visible(cause),
			counts: c, refusals: refusals, peak: peak, found: troubleOf(refusals) > 0 || SeverityRank(severity) > 1,
		})
	}
	switch t.By {
	case RowsPlatform: // no parts
	case RowsMX:
		for _, p := range g.ByMX {
			add(p.MX, "", "", "-", p.Counts, p.Refusals)
		}
	case RowsDomain:
		for _, p := range g.ByDomain {
			add(p.Domain, "", "", "-", p.Counts, p.Refusals)
		}
	case RowsIP:
		for _, p := range g.ByIP {
			ip := deref(p.SendingIP)
			add(ip, p.Severity, p.Cause, peakOf(g.PeakSessions.PerIP[cmp.Or(ip, unknownIP)]), p.Counts, p.Refusals)
		}
	}
	return list
}

// troubleOf is how many of the refusals count for severity (C77).
func troubleOf(refusals map[string]int64) (n int64) {
	for class, of := range refusals {
		if counts(class) {
			n += of
		}
	}
	return n
}
