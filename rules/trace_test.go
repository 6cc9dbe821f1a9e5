package rules

import (
	"reflect"
	"strings"
	"testing"
)

// A trace adds up to what Decide says: the score of every cause is the sum of the
// weights of the signals that hold (C32), and the same facts give the same path.
func TestTraceAddsUp(t *testing.T) {
	c := builtin(t).Causes
	facts := limited(map[string]float64{"offered_sessions": 30, "arrivals_busiest": 900, "peak_sessions": 20, "curve_odds": 6,
		"refused_calm": 0.1, "attempts_calm": 50, "retries_per_first": 2, "retry_gap": 400})
	trace := c.Trace(facts)
	if !reflect.DeepEqual(trace, c.Trace(facts)) {
		t.Fatal("two paths for the same facts")
	}
	scores := map[string]float64{}
	for _, x := range trace {
		if cause, signal, ok := strings.Cut(strings.TrimPrefix(x.Where, "cause "), ", signal "); ok && signal != "" {
			if x.Answer == True {
				scores[cause] += x.Weight
			}
			if x.Score != scores[cause] {
				t.Errorf("%s: score %v, want %v", x.Where, x.Score, scores[cause])
			}
		}
		for _, f := range x.Facts {
			if m, ok := facts[f.Name]; ok != f.Known || m.Value != f.Value {
				t.Errorf("%s: fact %+v", x.Where, f)
			}
		}
	}
	for _, v := range c.Decide(facts) {
		if scores[v.Cause] != v.Score {
			t.Errorf("%s: the trace gives %v, the decision %v", v.Cause, scores[v.Cause], v.Score)
		}
	}
	if trace[0].Answer != True || len(trace) < 20 {
		t.Errorf("%d conditions, the first %+v", len(trace), trace[0])
	}
}
