package sim

import (
	"reflect"
	"slices"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// TestSummedUp runs the scenarios with so little room for detail that most of it is
// summed up: what is counted stays the same, bounds hold the truth, and so do verdicts.
func TestSummedUp(t *testing.T) {
	set := builtin(t)
	const little = 300_000 // about 4,000 attempts
	for i, s := range Scenarios() {
		if s.Name == "million" || i%2 == 1 && !parsertest.Full() {
			continue // million is another name for spread
		}
		t.Run(s.Name, func(t *testing.T) {
			log, truth, err := Run(s.Name, Options{Scale: scales[s.Name]})
			if err != nil {
				t.Fatal(err)
			}
			exact := reported(t, set, log, truth.Last, pools[s.Name], 0)
			got := reported(t, set, log, truth.Last, pools[s.Name], little)
			counts(t, got, truth)
			bounds(t, got, truth)
			for i := range exact.Groups {
				e := &exact.Groups[i]
				j := slices.IndexFunc(got.Groups, func(g report.Group) bool { return g.Destination == e.Destination })
				if j < 0 {
					t.Fatalf("%s is not there", e.Destination)
				}
				g := &got.Groups[j]
				if e.Severity != g.Severity || e.Cause != g.Cause || e.Counts != g.Counts || !reflect.DeepEqual(e.Refusals, g.Refusals) || e.Outcome.Expired != g.Outcome.Expired {
					t.Errorf("%s: %s, %s (%.2f), want %s, %s (%.2f)", e.Destination, g.Severity, g.Cause, g.Confidence, e.Severity, e.Cause, e.Confidence)
				}
				if d := max(e.Confidence-g.Confidence, g.Confidence-e.Confidence); d > 0.1 {
					t.Errorf("%s: confidence %.2f, with all detail %.2f", e.Destination, g.Confidence, e.Confidence)
				}
			}
		})
	}
}
