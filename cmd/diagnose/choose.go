package main

import (
	"cmp"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// chooseGroup picks the destinations that a command works on: those that --for names,
// gravest first, or without it the one of highest severity, then of most refusals.
// others are the platforms, gravest first, of the destinations from WATCH on that were
// not chosen. Without names and without trouble anywhere nothing is chosen.
func chooseGroup(groups []report.Group, dest []string) (chosen []report.Group, others []string, err error) {
	order := slices.Clone(groups)
	slices.SortStableFunc(order, func(a, b report.Group) int {
		return cmp.Or(
			cmp.Compare(report.SeverityRank(b.Severity), report.SeverityRank(a.Severity)),
			cmp.Compare(b.Trouble.Refusals, a.Trouble.Refusals))
	})
	if len(dest) > 0 {
		if chosen, err = selectGroups(order, dest); err != nil {
			return nil, nil, err
		}
	} else if i := slices.IndexFunc(order, func(g report.Group) bool { return g.Trouble.Refusals > 0 && !g.Mixed }); i >= 0 {
		chosen = order[i : i+1]
	}
	for _, g := range order {
		same := func(c report.Group) bool { return c.Platform == g.Platform }
		if report.SeverityRank(g.Severity) >= report.SeverityRank("watch") && !slices.ContainsFunc(chosen, same) {
			others = append(others, g.Platform)
		}
	}
	return chosen, others, nil
}

// onlyMixed says why there is nothing to do for what is no destination, "" if there is one
// among those chosen.
func onlyMixed(chosen []report.Group) string {
	if len(chosen) == 0 || slices.ContainsFunc(chosen, func(g report.Group) bool { return !g.Mixed }) {
		return ""
	}
	return "it would be for many receivers that were not told apart; raise --max-memory, or read less at once, to have one for each"
}
