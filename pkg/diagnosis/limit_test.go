package diagnosis

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

func thresholdsOf(t *testing.T) rules.Thresholds {
	t.Helper()
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return set.Thresholds
}

// Both hypotheses are always listed with measured numbers (C108), and of a limit that
// moves the four reasons there may be (C25).
func TestHypotheses(t *testing.T) {
	th := thresholdsOf(t)
	f := func(name string, l group.Limit, facts map[string]float64, want ...string) {
		t.Helper()
		c := group.Cell{Limit: l, Facts: rules.Facts{}}
		for fact, v := range facts {
			c.Facts[fact] = rules.Measure{Value: v, Basis: rules.Measured}
		}
		got := limit(&c, th)
		if len(got.Hypotheses) != 2 || got.Hypotheses[0].Type != "fixed" || got.Hypotheses[1].Type != "dynamic" {
			t.Fatalf("%s: hypotheses %+v", name, got.Hypotheses)
		}
		var said []string
		for _, h := range got.Hypotheses {
			if len(h.Evidence) == 0 {
				t.Errorf("%s: no evidence about %s", name, h.Type)
			}
			for _, e := range h.Evidence {
				said = append(said, h.Type+" "+e.Sign+" "+e.Text)
				if _, ok := rules.Lookup(e.Fact); !ok {
					t.Errorf("%s: evidence rests on %q, which is no fact", name, e.Fact)
				}
			}
		}
		for _, w := range want {
			if !slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, w) }) {
				t.Errorf("%s: nothing begins with %q in\n%s", name, w, strings.Join(said, "\n"))
			}
		}
		for _, reason := range []string{"reputation", "burst volume", "previous errors", "shared noise"} {
			if !slices.ContainsFunc(got.Hypotheses[1].Evidence, func(e report.Evidence) bool { return strings.Contains(e.Text, reason) }) {
				t.Errorf("%s: nothing about %s", name, reason)
			}
		}
	}
	f("fixed", group.Limit{Type: "fixed", Sessions: 3, Low: 3, High: 3, Safe: 2, Agree: 5, Stretches: 5}, map[string]float64{"reputation_share": 0, "reputation_refusals": 0, "offered_sessions": 9},
		"fixed + refusals begin when the receiver serves 3 sessions of ours", "fixed + 5 of 5 stretches", "fixed + for a while 2 sessions met no refusal", "fixed + no reply speaks of reputation (what it is, no log tells)",
		"dynamic - the number stays the same", "dynamic - reputation", "dynamic + burst volume", "dynamic ? previous errors", "dynamic ? shared noise")
	f("moved", group.Limit{Type: "dynamic", Sessions: 3, Low: 3, High: 4, Moves: []string{group.MovesTime}, From: 20, To: 3}, map[string]float64{"refused_low": 0.5, "refused_calm": 0.1, "pool_shared": 1},
		"fixed - one number does not explain", "dynamic + the number moved: about 20 sessions before, about 3 after", "dynamic + previous errors", "dynamic + shared noise", "dynamic ? reputation")
	f("no limit of sessions", group.Limit{Type: "unknown"}, map[string]float64{"refused_unserved": 0.6, "reputation_share": 0.9, "reputation_refusals": 40, "pool_shared": 0},
		"fixed - 60% of the refusals came while the receiver served no session", "fixed - 40 replies speak of reputation", "dynamic ? a receiver may lower", "dynamic + reputation", "dynamic - no shared noise")
	f("few speak of reputation", group.Limit{Type: "unknown"}, map[string]float64{"reputation_share": 0.26, "reputation_refusals": 394, "trouble_refusals": 1539},
		"fixed + only 394 of 1,539 refusals speak of reputation", "dynamic - reputation: only 394 of 1,539 refusals speak of it")
	if got := limit(nil, th); got.Type != "unknown" || len(got.Hypotheses) != 2 || got.Scope != "unknown" {
		t.Errorf("of nothing: %+v", got)
	}
}

// Whom the limit counts, and how that is known (C13).
func TestScopeEvidence(t *testing.T) {
	th := thresholdsOf(t)
	f := func(scope group.Scope, shown bool, sign, word string) {
		t.Helper()
		l := limit(&group.Cell{Limit: group.Limit{Sessions: 6, Low: 6, High: 6, Scope: scope, Shown: shown}, Facts: rules.Facts{}}, th)
		if l.Scope != string(scope) || len(l.ScopeEvidence) != 1 || l.ScopeEvidence[0].Sign != sign || !strings.Contains(l.ScopeEvidence[0].Text, word) {
			t.Errorf("%s (shown %v): %s %+v, want %s %q", scope, shown, l.Scope, l.ScopeEvidence, sign, word)
		}
	}
	f(group.ScopeRange, true, "+", "one network (6 sessions)")
	f(group.ScopeDomain, true, "+", "different networks")
	f(group.ScopeIP, true, "+", "each sending IP, whatever")
	f(group.ScopeIP, false, "+", "replies speak of the sending IP")
	f(group.ScopeReceiver, false, "+", "receiver as a whole")
	f(group.ScopeUnknown, false, "?", "neither")
}

// The state at the end of the log names the band (H62-H64).
func TestBand(t *testing.T) {
	th := thresholdsOf(t)
	f := func(state string, refusals, clean, many float64, want string) {
		t.Helper()
		facts := rules.Facts{"limit_refusals": {Value: refusals}, "clean_windows": {Value: clean}, "refused_stop": {Value: many}}
		b := band(state, facts, th)
		name := ""
		if b != nil {
			name = b.Name
			if !strings.Contains(b.Text, "not a limit the receiver published") || b.Source == "" {
				t.Errorf("%s: %+v", state, b)
			}
		}
		if name != want {
			t.Errorf("%s, %v clean windows, %v refusals at many sessions: %q, want %q", state, clean, many, name, want)
		}
	}
	f(group.StateStable, 0, 0, 0, "")
	f(group.StateActive, 90, 0, 0, "start")
	f(group.StateActive, 90, 0, 40, "stop")
	f(group.StateRecovering, 90, 0, 40, "start")
	f(group.StateRecovered, 90, 3, 40, "start")
	f(group.StateRecovered, 90, 4, 40, "test")
	if b := band(group.StateActive, rules.Facts{"limit_refusals": {Value: 9}, "refused_stop": {Value: 9}}, th); b.Low != 6 || b.High != nil || !strings.Contains(b.Text, "back down to 1-2 sessions") {
		t.Errorf("at 6 sessions and more: %+v", b)
	}
}
