package rules

import (
	"strings"
	"testing"
)

// Five signals by five causes, each cell carried by a rule that speaks so, or without
// bearing (X01). Each of the causes of a report is carried by some cell.
func TestTable(t *testing.T) {
	set := builtin(t)
	if len(set.Table.Causes) != 5 || len(set.Table.Signals) != 5 {
		t.Fatalf("%d signals by %d causes, want 5 by 5", len(set.Table.Signals), len(set.Table.Causes))
	}
	for _, err := range set.Table.Disagreements(set.Causes) {
		t.Error(err)
	}
	bearings := map[string]int{}
	for _, row := range set.Table.Signals {
		if len(row.Cells) != 5 {
			t.Errorf("%s has %d cells", row.ID, len(row.Cells))
		}
		for _, cell := range row.Cells {
			bearings[cell.Bearing]++
		}
	}
	for _, b := range Bearings() {
		if bearings[b] == 0 {
			t.Errorf("no cell is %s", b)
		}
	}
}

// Mistakes in a table are named with their place.
func TestTableErrors(t *testing.T) {
	f := func(src, want string) {
		t.Helper()
		table, errs := LoadTable("table.yaml", []byte(src))
		errs = append(errs, table.Disagreements(builtin(t).Causes)...)
		var all strings.Builder
		for _, err := range errs {
			all.WriteString(err.Error() + "\n")
		}
		if !strings.Contains(all.String(), want) {
			t.Errorf("no %q among:\n%s", want, all.String())
		}
	}
	table := func(cells string) string {
		return "causes: [{id: batching, name: b, source: C30}, {id: capacity, name: c, source: C31}]\nsignals:\n  - {id: spike, name: s, source: H52, cells: [" + cells + "]}\n"
	}
	none := "{cause: capacity, bearing: none, text: t}"
	f(table(none), `table.yaml:3:6: signal "spike" has no cell for batching`)
	f(table(none+", {cause: batchin, bearing: none, text: t}"), `unknown cause "batchin"; did you mean "batching"?`)
	f(table(none+", {cause: batching, bearing: maybe, text: t}"), `unknown bearing "maybe"`)
	f(table(none+", {cause: batching, bearing: for, text: t}"), "a rule belongs to what has a bearing")
	f(table(none+", {cause: batching, bearing: for, by: burst-ofered, text: t}"), `no signal or qualifier "burst-ofered"; did you mean "burst-offered"?`)
	f(table(none+", {cause: batching, bearing: against, by: burst-offered, facts: {offered_sessions: 40}, text: t}"), "burst-offered speaks for with these facts, not against")
	f(table(none+", {cause: batching, bearing: for, by: burst-offered, facts: {offered_sessions: 1}, text: t}"), "burst-offered speaks none with these facts, not for")
}
