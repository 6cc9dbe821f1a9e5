package cause

import (
	"math/rand/v2"
	"testing"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// Cause and severity are two axes: each combination can come out (X04), what is
// worth acting on is watched at least (C66-C69), and too little evidence names no
// cause and is normal (C56, C65).
func TestDecide(t *testing.T) {
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	f := func(name string, facts map[string]float64, cause, severity string) {
		t.Helper()
		measured := rules.Facts{}
		for fact, v := range facts {
			measured[fact] = rules.Measure{Value: v, Basis: rules.Measured}
		}
		got := Decide(set.Causes, measured)
		if got.Cause != cause || got.Severity != severity || (got.Why == "") != (severity == Normal) {
			t.Errorf("%s: %s, %s (%s), want %s, %s", name, got.Cause, got.Severity, got.Why, cause, severity)
		}
		if (got.Confidence > 0) != (cause != None && cause != Unclear) {
			t.Errorf("%s: %s with confidence %v", name, got.Cause, got.Confidence)
		}
	}
	spike := func(more map[string]float64) map[string]float64 {
		facts := map[string]float64{
			"trouble_refusals": 20, "trouble_messages": 20, "limit_refusals": 20, "trouble_share": 0.002, "offered_sessions": 40, "curve_odds": 8,
			"listing_refusals": 0, "reputation_refusals": 0, "reputation_share": 0, "listing_share": 0, "trouble_expired": 0, "trouble_bounced": 0,
		}
		for fact, v := range more {
			facts[fact] = v
		}
		return facts
	}
	f("nothing", map[string]float64{"trouble_refusals": 0}, None, Normal)
	f("a burst, rare and delivered", spike(map[string]float64{"trouble_delivered_share": 1}), "burst", Normal)
	f("a burst, at one host", spike(map[string]float64{"mx_refusals": 20, "mx_refused_share": 0.1}), "burst", Watch)
	f("a burst, refused again and again", spike(map[string]float64{"trouble_windows": 3, "refused_again": 12}), "burst", Watch)
	f("a burst, often", spike(map[string]float64{"trouble_share": 0.2}), "burst", Watch)
	f("a burst that loses mail", spike(map[string]float64{"trouble_expired": 1}), "burst", Escalate)
	f("one refusal", spike(map[string]float64{"trouble_refusals": 1, "trouble_messages": 1, "limit_refusals": 1, "trouble_share": 0.5, "mx_refusals": 1, "mx_refused_share": 0.5}), Unclear, Normal)
	f("one message refused again and again", spike(map[string]float64{"trouble_messages": 1, "trouble_share": 0.005, "trouble_windows": 9, "refused_again": 19}), Unclear, Normal)
}

func TestRank(t *testing.T) {
	if Rank(Escalate) <= Rank(Watch) || Rank(Watch) <= Rank(Normal) || Rank("") != Rank(Normal) {
		t.Errorf("escalate %d, watch %d, normal %d", Rank(Escalate), Rank(Watch), Rank(Normal))
	}
}

// Confidence does not jump where a fact crosses a threshold: near it, it is lower, and it
// grows with the distance (C56).
func TestConfidenceNearAThreshold(t *testing.T) {
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	confidence := func(calm float64) float64 {
		facts := rules.Facts{}
		for name, v := range map[string]float64{"trouble_refusals": 1000, "trouble_messages": 50, "limit_refusals": 1000, "refused_calm": calm, "attempts_calm": 90, "attempts_above": 0,
			"connections_busiest": 3, "offered_sessions": 0.4, "accepted_share": 0.3, "attempts": 1500} {
			facts[name] = rules.Measure{Value: v, Basis: rules.Measured}
		}
		f := Decide(set.Causes, facts)
		if f.Cause != "trust" {
			t.Fatalf("%v refused at few sessions: %s", calm, f.Cause)
		}
		Weigh(set.Causes, facts, set.Thresholds, &f)
		if f.Confidence != f.Verdicts[0].Confidence {
			t.Errorf("confidence %v, that of the verdict %v", f.Confidence, f.Verdicts[0].Confidence)
		}
		return f.Confidence
	}
	at, near, far := confidence(0.4), confidence(0.44), confidence(0.8)
	if least := set.Thresholds.Value(rules.MarginLeast); at >= near || near >= far || at < least*far*0.999 {
		t.Errorf("confidence %v at the threshold, %v near it, %v far from it", at, near, far)
	}
}

// Severity alone is that of Decide.
func TestSeverityAgreesWithDecide(t *testing.T) {
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	r, levels := rand.New(rand.NewPCG(5, 6)), map[string]int{}
	for range 2000 {
		facts := rules.Facts{}
		for _, d := range rules.Vocabulary() {
			if r.IntN(3) > 0 {
				facts[d.Name] = rules.Measure{Value: float64(r.IntN(40)) * r.Float64()}
			}
		}
		full, short := Decide(set.Causes, facts), Severity(set.Causes, facts)
		if full.Severity != short.Severity || full.Why != short.Why || (full.Cause == None) != (short.Cause == None) {
			t.Fatalf("%s, %q, %s; want %s, %q, %s", short.Severity, short.Why, short.Cause, full.Severity, full.Why, full.Cause)
		}
		levels[short.Severity]++
	}
	if len(levels) < 2 {
		t.Errorf("only %v: the test shows little", levels)
	}
}
