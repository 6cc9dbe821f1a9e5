package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/selfcheck"
)

// verdict is what the diagnosis ought to say of one destination of a scenario, or of
// one sending IP there. Destinations without a verdict ought to be none and normal.
type verdict struct {
	scenario string
	platform string
	// ip is a sending IP, "unknown" the mail whose sending IP the log does not tell;
	// empty asks about the destination as a whole.
	ip              string
	cause, severity string
	// limit is the true number of sessions that a stated limit has to hold, safe the
	// level to be named as clean; 0 does not ask.
	limit, safe int64
	// exact says that microseconds must name that number and no other.
	exact bool
	// kind is the type of limit to be named, scope whom it counts, state the state at
	// the end of the log.
	kind, scope, state string
	// most is the highest confidence that the cause deserves; 0 does not ask.
	most float64
	// qualifier is to be among the qualifiers, says in one of the texts of evidence,
	// problem the deeper one.
	qualifier, says, problem string
	// open is a verdict that is not reached yet: it is told, and does not fail.
	open bool
}

const (
	ms     = "microsoft-consumer"
	gate   = "gate.example"
	nobody = "unknown"
)

var want = []verdict{
	{scenario: "burst", platform: ms, cause: "burst", severity: "watch"},
	{scenario: "burst", platform: ms, ip: mainIP, cause: "burst", severity: "watch"},
	{scenario: "burst", platform: ms, ip: nextIP, cause: "burst", severity: "watch"},
	{scenario: "burst", platform: ms, limit: 6},
	{scenario: "burst", platform: ms, kind: "fixed"},
	{scenario: "burst-800", platform: ms, limit: 6},
	{scenario: "burst-10k", platform: ms, limit: 10},
	{scenario: "burst-800", platform: ms, cause: "burst", severity: "watch"},
	{scenario: "burst-10k", platform: ms, cause: "burst", severity: "watch"},
	{scenario: "periodic", platform: ms, cause: "burst", severity: "watch"},
	{scenario: "periodic", platform: ms, limit: 6},
	{scenario: "recovered", platform: ms, cause: "burst", severity: "watch"},
	{scenario: "recovered", platform: ms, limit: 4},
	{scenario: "recovered", platform: ms, state: "recovered"},
	{scenario: "step-2-4", platform: ms, cause: "burst", severity: "watch"},
	{scenario: "step-2-4", platform: ms, safe: 2},
	{scenario: "step-2-4", platform: ms, limit: 3, kind: "fixed"},
	{scenario: "cap-lowered", platform: ms, cause: "burst", severity: "watch"},
	{scenario: "cap-lowered", platform: ms, kind: "dynamic"},
	{scenario: "cap-lowered", platform: ms, limit: 3},
	{scenario: "cap-lowered", platform: ms, state: "active"},
	{scenario: "cap-lifted", platform: ms, cause: "burst", severity: "watch"},
	{scenario: "cap-lifted", platform: ms, state: "recovered"},
	{scenario: "cap-lifted", platform: ms, kind: "dynamic"},

	{scenario: "trust", platform: ms, cause: "trust", severity: "watch"},
	{scenario: "trust-after-cap", platform: ms, cause: "trust", severity: "watch"},
	{scenario: "near-zero", platform: ms, cause: "trust", severity: "watch"},
	{scenario: "single-refusal", platform: ms, cause: "unclear", severity: "normal"},
	{scenario: "single-refusal", platform: ms, state: "stable"},
	{scenario: "trust", platform: ms, kind: "unknown"},
	{scenario: "trust-busy", platform: ms, cause: "trust", severity: "watch"},
	{scenario: "trust-busy", platform: ms, kind: "unknown"},
	{scenario: "trust-late", platform: ms, cause: "trust", severity: "watch"},
	{scenario: "listing", platform: ms, cause: "listing", severity: "escalate"},
	{scenario: "listing", platform: gate, cause: "listing", severity: "watch"},
	{scenario: "hardening", platform: ms, cause: "listing", severity: "escalate"},
	{scenario: "expiry", platform: ms, cause: "trust", severity: "escalate"},

	{scenario: "warm-up", platform: ms, cause: "warm-up", severity: "watch"},
	{scenario: "warm-up", platform: ms, ip: nextIP, cause: "warm-up", severity: "watch"},
	{scenario: "warm-up", platform: ms, ip: nobody, cause: "none", severity: "normal"},
	{scenario: "two-ips", platform: ms, cause: "burst", severity: "watch"},
	{scenario: "two-ips", platform: ms, limit: 6},
	{scenario: "two-ips", platform: ms, ip: nextIP, cause: "burst", severity: "watch"},
	{scenario: "two-ips", platform: ms, ip: nobody, cause: "none", severity: "normal"},
	{scenario: "two-streams", platform: ms, cause: "trust", severity: "watch"},
	{scenario: "two-streams", platform: ms, ip: nextIP, cause: "trust", severity: "watch"},
	{scenario: "two-streams", platform: ms, ip: nobody, cause: "none", severity: "normal"},

	{scenario: "retry-hammer", platform: ms, cause: "queue-pressure", severity: "watch"},
	{scenario: "gateway-cap", platform: gate, cause: "burst", severity: "watch"},
	{scenario: "gateway-cap", platform: gate, limit: 2, exact: true},
	{scenario: "gateway-cap", platform: gate, kind: "fixed", scope: "per-ip"},
	{scenario: "connection-rate", platform: gate, cause: "burst", severity: "watch"},
	{scenario: "connection-rate", platform: gate, kind: "unknown"},
	{scenario: "message-rate", platform: "google", cause: "burst", severity: "watch"},
	{scenario: "message-rate", platform: "google", kind: "unknown"},

	{scenario: "host-cap", platform: gate, cause: "burst", severity: "watch"},
	{scenario: "host-cap", platform: gate, limit: 3},
	{scenario: "range-cap", platform: ms, cause: "burst", severity: "watch"},
	{scenario: "range-cap", platform: ms, kind: "fixed", scope: "per-range"},
	{scenario: "range-cap", platform: ms, limit: 6},
	{scenario: "ip-caps", platform: ms, cause: "burst", severity: "watch"},
	{scenario: "ip-caps", platform: ms, kind: "dynamic", scope: "per-ip"},
	{scenario: "ip-caps", platform: ms, limit: 2},
	{scenario: "penalty", platform: gate, cause: "burst", severity: "watch"},
	{scenario: "penalty", platform: gate, limit: 2},
	{scenario: "penalty-mail", platform: ms, cause: "burst", severity: "watch"},
	{scenario: "quota", platform: ms, cause: "trust", severity: "watch", most: 0.6},
	{scenario: "quota", platform: ms, kind: "unknown"},

	{scenario: "periodic", platform: ms, says: "every day at 09:00 UTC: 5 times, 5 of them met a limit"},
	{scenario: "every-minute", platform: ms, cause: "burst", severity: "watch"},
	{scenario: "every-minute", platform: ms, says: "every minute at :00: 120 times"},
	{scenario: "suspended", platform: gate, cause: "burst", severity: "watch"},
	{scenario: "suspended", platform: gate, qualifier: "single-gateway"},
	{scenario: "feedback-loop", platform: ms, cause: "queue-pressure", severity: "watch"},
	{scenario: "feedback-loop", platform: ms, says: "feedback loop: deferrals, retries and new connections rise together"},
	{scenario: "feedback-loop", platform: ms, says: "did not slow after the first refusal"},
	{scenario: "feedback-loop", platform: ms, qualifier: "fast-retry"},
	{scenario: "feedback-loop", platform: ms, problem: "queue-runner"},
	{scenario: "burst", platform: ms, problem: "bursty-schedule"},
	{scenario: "trust", platform: ms, problem: "reputation"},
	{scenario: "hardening", platform: ms, qualifier: "hardening"},
	{scenario: "trust-after-cap", platform: ms, qualifier: "lowered-without-effect"},
	{scenario: "step-2-4", platform: ms, qualifier: "safe-level-found"},
	{scenario: "snowshoe", platform: ms, cause: "trust", severity: "watch"},
	{scenario: "snowshoe", platform: ms, qualifier: "snowshoe-look"},
	{scenario: "source-change", platform: ms, cause: "trust", severity: "watch"},
	{scenario: "source-change", platform: ms, qualifier: "sender-source-change"},
	{scenario: "warm-up", platform: ms, qualifier: "sender-source-change"},
	{scenario: "receiver-capacity", platform: "kmu.example", cause: "burst", severity: "watch"},
	{scenario: "receiver-capacity", platform: "kmu.example", qualifier: "receiver-capacity"},
	// Nothing that is measured tells a pool from a receiver's own limits: the cause stays
	// open, and the pool is a suspect.
	{scenario: "shared-pool", platform: ms, cause: "unclear", severity: "watch"},
	{scenario: "shared-pool", platform: ms, qualifier: "shared-pool-suspect"},
	{scenario: "reputation-moves", platform: ms, cause: "trust", severity: "watch"},
	{scenario: "reputation-moves", platform: ms, qualifier: "reputation-moves"},
}

// scales are where a scenario at full size would be long.
var scales = map[string]float64{
	"every-minute": 0.5, "snowshoe": 0.7, "shared-pool": 0.5, "burst": 0.05, "burst-10k": 0.1, "spread-same-volume": 0.1, "million": 0.01, "periodic": 0.1, "recovered": 0.3, "step-2-4": 0.3, "cap-lowered": 0.3, "cap-lifted": 0.3,
	"warm-up": 0.1, "two-ips": 0.2, "near-zero": 0.7, "trust-busy": 0.2, "trust-late": 0.5, "range-cap": 0.5, "ip-caps": 0.5, "penalty-mail": 0.5, "quota": 0.2,
}

// pools are what the user declares.
var pools = map[string]string{"shared-pool": "shared"}

// TestDiagnosis runs the whole chain over every scenario, with whole-second stamps and
// with microseconds: causes at the true scale of time.
func TestDiagnosis(t *testing.T) {
	set := builtin(t)
	for _, s := range Scenarios() {
		t.Run(s.Name, func(t *testing.T) {
			for _, micro := range []bool{false, true} {
				o := Options{Scale: scales[s.Name], Micro: micro}
				if parsertest.Full() && s.Name != "million" {
					o.Scale = 1
				}
				log, truth, err := Run(s.Name, o)
				if err != nil {
					t.Fatal(err)
				}
				rep := reported(t, set, log, truth.Last, pools[s.Name], 0)
				counts(t, rep, truth)
				bounds(t, rep, truth)
				verdicts(t, rep, s.Name, micro)
			}
		})
	}
}

// verdicts holds a report against the table.
func verdicts(t *testing.T, rep *report.Report, scenario string, micro bool) {
	t.Helper()
	expected := map[string]bool{}
	for _, v := range want {
		if v.scenario != scenario {
			continue
		}
		expected[v.platform] = true
		i := slices.IndexFunc(rep.Groups, func(g report.Group) bool { return g.Platform == v.platform })
		if i < 0 {
			t.Errorf("no group %s", v.platform)
			continue
		}
		if said, ok := v.holds(&rep.Groups[i], micro); !ok {
			tell := t.Errorf
			if v.open {
				tell = t.Logf
			}
			tell("microseconds %v, %s %s: %s; facts:\n%s", micro, v.platform, v.ip, said, facts(&rep.Groups[i]))
		} else if v.open {
			t.Logf("microseconds %v, %s %s: reached: %s", micro, v.platform, v.ip, said)
		}
	}
	for i := range rep.Groups {
		if g := &rep.Groups[i]; !expected[g.Platform] && (g.Cause != "none" || g.Severity != "normal" || len(g.Qualifiers) > 0) {
			t.Errorf("microseconds %v, %s: %s, %s, %v without a reason:\n%s", micro, g.Platform, g.Cause, g.Severity, g.Qualifiers, facts(g))
		}
	}
	if len(rep.Input.Errors) > 0 || rep.Input.NotUnderstood > 0 {
		t.Errorf("%d lines not understood, errors %v", rep.Input.NotUnderstood, rep.Input.Errors)
	}
	if scenario == "own-limit" && len(rep.OwnSide) == 0 {
		t.Error("no refusal of our own side is reported")
	}
}

// holds compares a verdict with a group and says what the group says.
func (v *verdict) holds(g *report.Group, micro bool) (said string, ok bool) {
	n := func(p *int64) int64 {
		if p == nil {
			return 0
		}
		return *p
	}
	switch {
	case v.limit > 0:
		low, high := n(g.Limit.Low), n(g.Limit.High)
		return fmt.Sprintf("limit %s, %d to %d, want %d", g.Limit.Type, low, high, v.limit), low <= v.limit && v.limit <= high && (!v.exact || !micro || low == high) &&
			(v.kind == "" || v.kind == g.Limit.Type)
	case v.safe > 0:
		return fmt.Sprintf("safe level %d, want %d", n(g.Limit.Safe), v.safe), n(g.Limit.Safe) == v.safe
	case v.kind != "":
		return fmt.Sprintf("limit %s, %s, want %s, %s", g.Limit.Type, g.Limit.Scope, v.kind, v.scope), g.Limit.Type == v.kind && (v.scope == "" || v.scope == g.Limit.Scope)
	case v.state != "":
		return fmt.Sprintf("state %s, want %s", g.State, v.state), g.State == v.state
	case v.qualifier != "":
		return fmt.Sprintf("qualifiers %v, want %s", g.Qualifiers, v.qualifier), slices.Contains(g.Qualifiers, v.qualifier)
	case v.problem != "":
		said := "none"
		if g.Underlying != nil {
			said = *g.Underlying
		}
		return fmt.Sprintf("deeper problem %s, want %s", said, v.problem), said == v.problem
	case v.says != "":
		return "no evidence says " + v.says, strings.Contains(facts(g), v.says)
	case v.ip != "":
		for _, b := range g.ByIP {
			if b.SendingIP == nil && v.ip == nobody || b.SendingIP != nil && *b.SendingIP == v.ip {
				return fmt.Sprintf("%s, %s, want %s, %s", b.Cause, b.Severity, v.cause, v.severity), b.Cause == v.cause && b.Severity == v.severity
			}
		}
		return "this sending IP is missing", false
	}
	return fmt.Sprintf("%s (%.2f), %s, want %s, %s", g.Cause, g.Confidence, g.Severity, v.cause, v.severity), g.Cause == v.cause && g.Severity == v.severity && (v.most == 0 || g.Confidence <= v.most)
}

// facts are the printed facts of a group.
func facts(g *report.Group) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  %+v %v, curve %v, state %s\n", g.Counts, g.Refusals, g.Curve, g.State)
	for _, c := range g.Causes {
		fmt.Fprintf(&b, "  %s %.2f %s\n", c.Cause, c.Confidence, c.Role)
		for _, e := range c.Evidence {
			fmt.Fprintf(&b, "    %s %s (%s)\n", e.Sign, e.Text, e.Fact)
		}
	}
	return b.String()
}

// counts holds the numbers of a report against each other and against the truth.
func counts(t *testing.T, rep *report.Report, truth Truth) {
	t.Helper()
	for _, law := range selfcheck.Check(rep) {
		t.Error(law)
	}
	equal := func(what string, got int64, want int) {
		t.Helper()
		if got != int64(want) {
			t.Errorf("%s: %d in the report, %d in truth", what, got, want)
		}
	}
	var attempts, suspensions, expired int64
	for i := range rep.Groups {
		g := &rep.Groups[i]
		attempts += g.Counts.Attempts
		suspensions += g.Counts.Suspensions
		expired += g.Counts.Expired
		p := slices.IndexFunc(truth.Platforms, func(r Receiver) bool { return r.Name == g.Platform })
		if p < 0 {
			t.Errorf("there is no receiver %s", g.Platform)
			continue
		}
		equal(g.Platform+" accepted", g.Counts.Delivered, truth.Platforms[p].Accepted)
	}
	a := truth.Attempts
	equal("attempts", attempts, a.Sent+a.Deferred+a.Bounced+a.Interim)
	equal("suspensions", suspensions, a.Suspended)
	equal("expired", expired, truth.Fate.Expired)
}

// bounds holds every limit that is stated against the receiver's.
func bounds(t *testing.T, rep *report.Report, truth Truth) {
	t.Helper()
	for i := range rep.Groups {
		if g := &rep.Groups[i]; !within(g, &truth) {
			t.Errorf("%s: limit %+v, the receivers are %+v", g.Platform, g.Limit, truth.Platforms)
		}
	}
}

// within says that of the limits of the receiver one that held at some time lies inside
// the bounds that are stated, and that no level is called safe beyond the highest.
func within(g *report.Group, truth *Truth) bool {
	p := slices.IndexFunc(truth.Platforms, func(r Receiver) bool { return r.Name == g.Platform })
	if p < 0 || len(truth.Platforms[p].Cap) == 0 || g.Limit.Low == nil {
		return true
	}
	holds := func(n int) bool {
		return int64(n) >= *g.Limit.Low && (g.Limit.High == nil || int64(n) <= *g.Limit.High)
	}
	lowest, highest := truth.Platforms[p].Cap[0], truth.Platforms[p].Cap[1]
	return (holds(lowest) || holds(highest)) && (g.Limit.Safe == nil || *g.Limit.Safe <= int64(highest))
}
