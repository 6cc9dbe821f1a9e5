package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/check"
)

// On logs of real MTAs against receivers whose limit is known: trouble after calm fails
// the check, calm after trouble passes, and a log held against itself is no worse.
func TestCheckOnLabLogs(t *testing.T) {
	corpora := parsertest.Corpora(t)
	log := func(scenario string) []string {
		return []string{filepath.Join(corpora, "lab-logs", scenario, "postfix.log.gz")}
	}
	// The MTA was given a limit of 2 sessions 50 s after the first attempt.
	before, after := append(log("recovery"), "--until", "2025-11-22T02:34:37Z"), append(log("recovery"), "--since", "2025-11-22T02:34:47Z")

	held := func(was, now []string) (int, *check.Check) {
		t.Helper()
		base := filepath.Join(t.TempDir(), "base.json")
		tr := newTrial(t)
		tr.chain = realChain()
		if code := tr.run(append([]string{"check", "-q", "--baseline", base, "--update-baseline"}, was...)...); code != 0 {
			t.Fatalf("exit code %d: %s", code, tr.err.String())
		}
		tr = newTrial(t)
		tr.chain = realChain()
		code := tr.run(append([]string{"check", "-q", "--json", "--baseline", base}, now...)...)
		var c check.Check
		if err := json.Unmarshal(tr.out.Bytes(), &c); err != nil {
			t.Fatalf("%v: %s", err, tr.err.String())
		}
		return code, &c
	}
	f := func(was, now []string, want int, guards ...string) {
		t.Helper()
		code, c := held(was, now)
		var failed []string
		for _, r := range c.Results {
			if r.Status == check.Fail {
				failed = append(failed, r.Guard)
			}
		}
		slices.Sort(failed)
		if code != want || !slices.Equal(failed, guards) {
			t.Errorf("%s after %s: exit code %d, failed %v; want %d, %v", filepath.Base(filepath.Dir(now[0])), filepath.Base(filepath.Dir(was[0])), code, failed, want, guards)
		}
	}
	worse := []string{"limit-rate", "retry-gap", "session-cap"}
	f(log("healthy"), log("burst-mail"), 1, worse...)
	f(log("burst-mail"), log("healthy"), 0)
	f(log("healthy"), log("healthy"), 0)
	f(log("burst-mail"), log("burst-mail"), 0)
	f(before, after, 0)
	f(after, before, 1, worse...)
	f(log("ci-before"), log("ci-after"), 0)
	f(log("ci-after"), log("ci-before"), 1, worse...)
	f(log("burst-mail"), log("expiry"), 1, "expired")
	f(log("healthy"), log("rate"), 1, worse...)
}
