package sim

import (
	"slices"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
)

// TestLimitSummedUp runs the scenarios with far too little room for detail, so that
// windows with refusals are summed up, too: no limit that is stated is wrong where that
// with all detail is right.
func TestLimitSummedUp(t *testing.T) {
	set := builtin(t)
	budgets, micros := []int64{40_000, 70_000, 100_000, 160_000}, []bool{false}
	quick := []string{"burst-800", "burst-10k", "every-minute", "feedback-loop", "range-cap", "penalty-mail", "receiver-capacity", "two-ips"}
	if parsertest.Full() {
		budgets, micros = []int64{40_000, 50_000, 70_000, 100_000, 130_000, 160_000, 200_000, 250_000, 300_000, 400_000, 500_000}, []bool{false, true}
	}
	for _, s := range Scenarios() {
		if s.Name == "million" || !parsertest.Full() && !slices.Contains(quick, s.Name) {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			for _, micro := range micros {
				log, truth, err := Run(s.Name, Options{Scale: scales[s.Name], Micro: micro})
				if err != nil {
					t.Fatal(err)
				}
				right := map[string]bool{}
				exact := reported(t, set, log, truth.Last, pools[s.Name], 0)
				for i := range exact.Groups {
					g := &exact.Groups[i]
					right[g.Platform] = within(g, &truth)
				}
				for _, detail := range budgets {
					rep := reported(t, set, log, truth.Last, pools[s.Name], detail)
					for i := range rep.Groups {
						if g := &rep.Groups[i]; right[g.Platform] && !within(g, &truth) {
							t.Errorf("%d bytes, microseconds %v, %s: limit %+v", detail, micro, g.Platform, g.Limit)
						}
					}
				}
			}
		})
	}
}
