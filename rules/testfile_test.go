package rules_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/cause"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// decide is what a report makes of facts.
func decide(table *rules.Causes, facts rules.Facts) (string, string, []rules.Verdict) {
	f := cause.Decide(table, facts)
	return f.Cause, f.Severity, f.Verdicts
}

// loaded is the built-in set, loaded once: tests only read it.
var loaded = sync.OnceValues(rules.Builtin)

func builtin(t *testing.T) *rules.Set {
	t.Helper()
	set, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// runTests runs one test file and returns its mistakes and failures as text.
func runTests(t *testing.T, src string) (results []rules.Result, wrong, failed string) {
	t.Helper()
	set := builtin(t)
	f, errs := rules.LoadTests(rules.File{Name: "x_test.yaml", Data: []byte(src)}, set)
	text := func(errs []error) string {
		var s []string
		for _, err := range errs {
			s = append(s, err.Error())
		}
		return strings.Join(s, "\n")
	}
	if len(errs) > 0 {
		return nil, text(errs), ""
	}
	results = f.Run(set, decide)
	for _, r := range results {
		if len(r.Errs) > 0 {
			failed += text(r.Errs) + "\n"
		}
	}
	return results, "", failed
}

// The test files that come with the rules pass (replies_test.yaml, causes_test.yaml).
func TestBuiltinTests(t *testing.T) {
	set, cases := builtin(t), map[string]int{}
	for _, file := range rules.BuiltinTests() {
		f, errs := rules.LoadTests(file, set)
		for _, err := range errs {
			t.Error(err)
		}
		for _, r := range f.Run(set, decide) {
			cases[r.File]++
			if r.Checks == 0 {
				t.Errorf("%s:%d: %s checks nothing", r.File, r.Line, r.Name)
			}
			for _, err := range r.Errs {
				t.Error(err)
			}
		}
	}
	if cases["replies_test.yaml"] < 20 || cases["causes_test.yaml"] < 10 {
		t.Errorf("cases %v", cases)
	}
}

// Each expectation can fail, and says where and what is so instead.
func TestFailures(t *testing.T) {
	f := func(src string, want ...string) {
		t.Helper()
		_, wrong, failed := runTests(t, src)
		if wrong != "" {
			t.Fatalf("%s\n%s", src, wrong)
		}
		for _, w := range want {
			if !strings.Contains(failed, w) {
				t.Errorf("%s\ngot  %s\nwant %s", src, failed, w)
			}
		}
		if len(want) == 0 && failed != "" {
			t.Errorf("%s\n%s", src, failed)
		}
	}
	const reply = "replies:\n- reply: 421 4.7.0 Too many concurrent connections\n  "
	f(reply + "class: connection-limit")
	f(reply+"class: rate-limit", "x_test.yaml:3:10: ", `class is connection-limit, want rate-limit (rule too-many-concurrent)`, "3 |   class: rate-limit")
	f(reply+"rule: code-421", "rule is too-many-concurrent, want code-421")
	f(reply+"rule: none", "want none")
	f(reply+"kind: connection-rate", "kind is concurrency, want connection-rate")
	f(reply+"scope: per-ip", "scope is unknown, want per-ip")
	f(reply+"not: [listing, connection-limit]", "class is connection-limit (rule")
	f(reply+"at_least: 1", "confidence is 0.95, want 1 or more")
	f(reply+"at_most: 0.1", "confidence is 0.95, want 0.1 or less")
	f("replies:\n- {reply: 450 Qwertz, rule: none, class: other}")
	f("replies:\n- {reply: 421 RP-003 x, class: connection-limit, mx: outlook-com.olc.protection.outlook.com}")
	f("replies:\n- {reply: 451 4.7.652 x, class: connection-limit, provider: microsoft-consumer}\n- {reply: 451 4.7.652 x, not: connection-limit}")

	const causes = "facts: {attempts: 100, trouble_refusals: 50, trouble_messages: 40, trouble_share: 0.5, limit_refusals: 50}\ncauses:\n- name: n\n  "
	const spike = "facts: {offered_sessions: 40, curve_odds: 8}\n  "
	f(causes + spike + "cause: burst\n  severity: watch\n  holds: [burst]\n  not: [trust]\n  first: keep-queued")
	f(causes+spike+"cause: trust", "n: cause is burst, want trust (scores: burst ")
	f(causes+spike+"severity: escalate", "severity is watch, want escalate")
	f(causes+spike+"holds: [trust]", "trust does not hold")
	f(causes+spike+"not: [burst]", "burst holds")
	f(causes+spike+"first: pause-bursts", "the first step is keep-queued, want pause-bursts")
	// A case's own facts stand before those of the file.
	f(causes+"facts: {trouble_refusals: 0}\n  cause: burst", "cause is none, want burst")
}

// Mistakes in test files are told with their places, all at once.
func TestTestFileMistakes(t *testing.T) {
	f := func(src string, want ...string) {
		t.Helper()
		_, wrong, _ := runTests(t, src)
		for _, w := range want {
			if !strings.Contains(wrong, w) {
				t.Errorf("%s\ngot  %s\nwant %s", src, wrong, w)
			}
		}
	}
	f("replies:\n- {reply: x, clas: other}\n- {reply: y, class: othr}", `x_test.yaml:2:14: unknown key "clas"; did you mean "class"?`, `x_test.yaml:3:21: unknown class "othr"; did you mean "other"?`)
	f("replies:\n- {reply: x, rule: too-many-concurent}", `unknown rule "too-many-concurent"; did you mean "too-many-concurrent"?`)
	f("replies:\n- {reply: x, kind: concurency, scope: per-op, provider: gogle, not: [x]}", "unknown kind", "unknown scope", "unknown provider", `unknown class "x"`)
	f("replies:\n- {class: other}", "needs a reply")
	f("replies:\n- {reply: x, class: other, mx: mx.example.net, provider: google}", "mx and provider contradict each other")
	f("replies:\n- {reply: x}", "tests nothing")
	f("facts: {atempts: 1}\ncauses:\n- {cause: bursts, severity: grave, facts: {ofered_sessions: 2}}",
		`unknown fact "atempts"; did you mean "attempts"?`, `unknown cause "bursts"`, `unknown severity "grave"`, `unknown fact "ofered_sessions"`)
	f("causes:\n- {facts: {attempts: 1}}", "tests nothing")
	f("causes:\n- {holds: [unclear], not: [x], first: slow}", `unknown cause "unclear"`, `unknown cause "x"`, `unknown first "slow"`)
	f("replies: []", "no tests in this file")
	f("", "no tests in this file")
	f("replies: {", "x_test.yaml:1:")
}

func FuzzLoadTests(f *testing.F) {
	for _, file := range rules.BuiltinTests() {
		f.Add(string(file.Data))
	}
	f.Add("replies: [{reply: x, class: other}]\ncauses: [{facts: {attempts: 1}, cause: none}]")
	set, err := rules.Builtin()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, src string) {
		tests, errs := rules.LoadTests(rules.File{Name: "x_test.yaml", Data: []byte(src)}, set)
		if len(errs) > 0 {
			return
		}
		results := tests.Run(set, decide)
		if len(results) != len(tests.Replies)+len(tests.Causes) || len(results) == 0 {
			t.Fatalf("%d results of %d and %d cases", len(results), len(tests.Replies), len(tests.Causes))
		}
		for _, r := range results {
			if r.Checks == 0 || len(r.Errs) > r.Checks {
				t.Fatalf("%+v", r)
			}
		}
	})
}
