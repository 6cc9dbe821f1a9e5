package rules

import (
	"math"
	"testing"
)

// The margin of a verdict is the smallest change of one fact that turns it; the fact
// then does turn it, and less does not.
func TestMargin(t *testing.T) {
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	measured := func(facts map[string]float64) Facts {
		out := Facts{}
		for name, v := range facts {
			out[name] = Measure{Value: v, Basis: Measured}
		}
		return out
	}
	trust := func(calm float64) Facts {
		return measured(map[string]float64{"trouble_refusals": 100, "trouble_messages": 50, "limit_refusals": 100, "refused_calm": calm, "attempts_calm": 90, "attempts_above": 0,
			"connections_busiest": 1, "offered_sessions": 0.2, "accepted_share": 0.3, "attempts": 150})
	}
	last := 0.0
	for _, calm := range []float64{0.4, 0.45, 0.5, 0.6, 0.8} {
		facts := trust(calm)
		m := set.Causes.Margin(facts)
		if m.Fact != "refused_calm" || m.Flips != 0.4 || math.Abs(m.Share-(calm-0.4)/calm) > 1e-9 {
			t.Errorf("%v refused at few sessions: %+v", calm, m)
		}
		if m.Share < last {
			t.Errorf("%v refused is firmer than less: %v, %v", calm, m.Share, last)
		}
		last = m.Share
		moved := trust(math.Nextafter(m.Flips, 0))
		if got, is := set.Causes.leading(moved), set.Causes.leading(facts); got == is {
			t.Errorf("at %v the cause is still %s", m.Flips, is)
		}
	}
	if m := set.Causes.Margin(measured(map[string]float64{"attempts": 3})); m.Fact != "" || m.Share != 1 {
		t.Errorf("nothing to turn: %+v", m)
	}
}

// leading is what Decide puts first.
func TestLeadingIsWhatDecides(t *testing.T) {
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	facts := Facts{"trouble_refusals": {Value: 100}, "limit_refusals": {Value: 90}}
	for _, shape := range []map[string]float64{
		{"offered_sessions": 40, "curve_odds": 8, "peak_sessions": 20},
		{"offered_sessions": 40, "curve_odds": 8, "listing_refusals": 30, "listing_share": 0.5},
		{"refused_calm": 0.9, "attempts_calm": 90, "attempts_above": 0, "connections_busiest": 2, "offered_sessions": 0.2},
		{"retries_per_first": 9, "retry_gap": 5},
		{"new_ip": 1, "refused_low": 0.5},
		{},
	} {
		now := Facts{}
		for name, m := range facts {
			now[name] = m
		}
		for name, v := range shape {
			now[name] = Measure{Value: v, Basis: Measured}
		}
		want := ""
		if v := set.Causes.Decide(now); v[0].Holds {
			want = v[0].Cause
		}
		if got := set.Causes.leading(now); got != want {
			t.Errorf("%v: leading %q, Decide says %q", shape, got, want)
		}
	}
}
