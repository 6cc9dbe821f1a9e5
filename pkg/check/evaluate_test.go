package check

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/baseline"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

var loaded = sync.OnceValues(rules.Builtin)

func builtin(t testing.TB) *rules.Set {
	t.Helper()
	set, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func options(t testing.TB, b *baseline.Baseline) Options {
	set := builtin(t)
	return Options{Guards: set.Guards, Thresholds: set.Thresholds, Causes: set.Causes, FailOn: "watch", Baseline: b, File: "base.json"}
}

// kept makes the baseline of a report and reads it back, as a later run would.
func kept(t testing.TB, r *report.Report, old *baseline.Baseline) *baseline.Baseline {
	t.Helper()
	data, err := baseline.Of(r, 5, old).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	b, err := baseline.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func ptr[T any](v T) *T { return &v }

// limiting is a report in which one receiver limits, but every number keeps its limit:
// 50 refusals of 10,000 attempts, 2 sessions, retries as advised.
func limiting() *report.Report {
	last := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	g := report.Group{Destination: "Example", Platform: "example.net", Severity: "normal", Cause: "none", Why: "rare",
		Counts:       report.Counts{Attempts: 10_000, Delivered: 9_950},
		Refusals:     map[string]int64{"connection-limit": 50, "greylist": 450},
		Replies:      []report.Reply{{Template: "421 too many connections", Class: "connection-limit", Count: 50, Where: "a.log:7"}},
		PeakSessions: report.Peak{Estimate: ptr(int64(2)), Low: ptr(int64(2)), High: ptr(int64(2)), PerIP: map[string]int64{"192.0.2.1": 2}},
		RetryGaps:    report.RetryGaps{ByRetry: []report.RetryGap{{Retry: 1, MedianS: 900, Count: 50}}},
		Trouble:      report.Trouble{Refusals: 50, LastingMinutes: 30},
	}
	other := report.Group{Destination: "Other", Platform: "other.example", Severity: "normal", Cause: "none", Counts: report.Counts{Attempts: 5000, Delivered: 5000}}
	return &report.Report{Schema: 1, Rules: "aaaaaa", Groups: []report.Group{g, other},
		Input: report.Input{Files: []report.File{{Path: "a.log", Lines: 20_000, Understood: 19_900, NotUnderstood: 100}}, Lines: 20_000, Understood: 19_900, NotUnderstood: 100, Attempts: 15_000, Last: &last}}
}

// worsened are the steps by which each guarded number gets beyond its limit.
func worsened() map[string]func(*report.Report) {
	return map[string]func(*report.Report){
		"limit-rate":  func(r *report.Report) { r.Groups[0].Refusals["connection-limit"] = 150 },
		"session-cap": func(r *report.Report) { setPeak(r, 3) },
		"retry-gap":   func(r *report.Report) { r.Groups[0].RetryGaps.ByRetry[0].MedianS = 600 },
		"expired":     func(r *report.Report) { r.Groups[0].Counts.Expired = 1 },
		// H83: 59 minutes raise nothing, 61 do.
		"deferral-hour":   func(r *report.Report) { r.Groups[0].Trouble.LastingMinutes = 61 },
		"coverage":        func(r *report.Report) { unknown(r, 4, 4, 4, 4, 4) },
		"unknown-replies": func(r *report.Report) { unknown(r, 5) },
		"understood": func(r *report.Report) {
			r.Input.Understood, r.Input.NotUnderstood = 17_000, 3_000
			r.Input.Files[0].NotUnderstood = 3_000
		},
	}
}

func setPeak(r *report.Report, n int64) {
	r.Groups[0].PeakSessions = report.Peak{Estimate: &n, Low: &n, High: &n, PerIP: map[string]int64{"192.0.2.1": n}}
}

// unknown adds unknown replies, one kind for each count.
func unknown(r *report.Report, counts ...int64) {
	for i, n := range counts {
		r.Unknown = append(r.Unknown, report.Unknown{Template: strings.Repeat("x", i+1), Count: n, Where: "a.log:9"})
	}
}

// without are the options without one guard.
func without(o Options, id string) Options {
	o.Guards = slices.DeleteFunc(slices.Clone(o.Guards), func(g rules.Guard) bool { return g.ID == id })
	return o
}

// failing are the guards that failed, or are bad below the level, in order of their ids.
func failing(c *Check) (ids []string) {
	for _, r := range c.Results {
		if r.Status == Fail || r.Status == Warn {
			ids = append(ids, r.Guard)
		}
	}
	slices.Sort(ids)
	return ids
}

// The gate itself: the report passes, each guarded number fails when it gets worse by
// a step, at its own guard only, and without that guard nobody notices.
func TestEveryGuardGuards(t *testing.T) {
	base := kept(t, limiting(), nil)
	steps := worsened()
	for _, b := range []*baseline.Baseline{nil, base} {
		o := options(t, b)
		o.FailOn = "normal"
		if c := Evaluate(limiting(), o); c.Failed != 0 || len(c.Results) < 8 {
			t.Fatalf("baseline %v: the report itself fails: %v of %d", b != nil, failing(c), len(c.Results))
		}
		for _, g := range o.Guards {
			step := steps[g.ID]
			if step == nil {
				t.Errorf("no step makes %s worse", g.ID)
				continue
			}
			if g.Limit == "" && b == nil {
				continue // holds against a baseline only
			}
			r := limiting()
			step(r)
			if c := Evaluate(r, o); !slices.Contains(failing(c), g.ID) || c.Failed == 0 {
				t.Errorf("baseline %v: a worse %s passes: %v", b != nil, g.ID, failing(c))
			}
			if c := Evaluate(r, without(o, g.ID)); c.Failed != 0 {
				t.Errorf("baseline %v: without %s its step fails, too: %v", b != nil, g.ID, failing(c))
			}
		}
	}
	if len(steps) != len(builtin(t).Guards) {
		t.Errorf("%d steps for %d guards", len(steps), len(builtin(t).Guards))
	}
}

// What was beyond its limit in the baseline fails only when it got worse.
func TestKnownTroubleFailsOnlyWhenWorse(t *testing.T) {
	bad := func() *report.Report {
		r := limiting()
		r.Groups[0].Refusals["connection-limit"] = 2_000
		r.Groups[0].Trouble.Refusals, r.Groups[0].Counts.Expired = 2_000, 20
		r.Groups[0].RetryGaps.ByRetry[0].MedianS, r.Groups[0].Trouble.LastingMinutes = 300, 100
		r.Groups[0].Severity, r.Groups[0].Cause = "watch", "burst"
		setPeak(r, 12)
		return r
	}
	base := kept(t, bad(), nil)
	f := func(change func(*report.Report), want ...string) {
		t.Helper()
		r := bad()
		change(r)
		c := Evaluate(r, options(t, base))
		if got := failing(c); !slices.Equal(got, want) {
			t.Errorf("failing %v, want %v", got, want)
		}
		if (c.Failed > 0) != (len(want) > 0) {
			t.Errorf("%d failed, want %v", c.Failed, want)
		}
	}
	f(func(*report.Report) {})
	f(func(r *report.Report) { r.Groups[0].Refusals["connection-limit"] = 2_050 }) // chance
	f(func(r *report.Report) { r.Groups[0].Refusals["connection-limit"] = 2_400 }, "limit-rate")
	f(func(r *report.Report) { r.Groups[0].Refusals["connection-limit"] = 1_000 }) // better, still bad
	f(func(r *report.Report) { setPeak(r, 13) })                                   // +8 %
	f(func(r *report.Report) { setPeak(r, 20) }, "session-cap")
	f(func(r *report.Report) { setPeak(r, 6) })
	f(func(r *report.Report) { r.Groups[0].RetryGaps.ByRetry[0].MedianS = 60 }, "retry-gap")
	f(func(r *report.Report) { r.Groups[0].RetryGaps.ByRetry[0].MedianS = 600 })
	f(func(r *report.Report) { r.Groups[0].Counts.Expired = 24 }) // chance
	f(func(r *report.Report) { r.Groups[0].Counts.Expired = 80 }, "expired")
	f(func(r *report.Report) { r.Groups[0].Trouble.LastingMinutes = 200 }, "deferral-hour")
}

// A small sample does not fail on noise and shows its interval; a large one fails on a
// small but real change (issue: statistical care).
func TestSampleSize(t *testing.T) {
	at := func(refused, attempts int64) *report.Report {
		r := limiting()
		g := &r.Groups[0]
		g.Counts.Attempts, g.Refusals["connection-limit"], g.Trouble.Refusals = attempts, refused, refused
		return r
	}
	f := func(was, now *report.Report, want Status, note string) {
		t.Helper()
		var b *baseline.Baseline
		if was != nil {
			b = kept(t, was, nil)
		}
		r := result(t, Evaluate(now, options(t, b)), "limit-rate")
		if r.Status != want || !strings.Contains(r.Note, note) || r.Low == nil || *r.Low > *r.Now || *r.High < *r.Now {
			t.Errorf("%+v, want %s %q", r, want, note)
		}
	}
	f(nil, at(1, 20), OK, "1 of 20: too few to tell, 8.9 to 236.1 is as likely")
	f(nil, at(4, 5), OK, "too few to tell") // one reply proves nothing, four neither
	f(nil, at(6, 20), Fail, "")
	f(nil, at(12, 1000), OK, "too few to tell")
	f(nil, at(1200, 100_000), Fail, "")
	f(at(0, 20), at(1, 20), OK, "too few to tell")
	f(at(0, 2000), at(5, 2000), OK, "too few to tell")
	f(at(0, 2000), at(12, 2000), Fail, "")
	f(at(2000, 1_000_000), at(2300, 1_000_000), Fail, "")
	f(at(2000, 1_000_000), at(2150, 1_000_000), OK, "") // less than 10 % more
	f(at(20, 10_000), at(23, 10_000), OK, "too few to tell")
}

func result(t *testing.T, c *Check, guard string) *Result {
	t.Helper()
	for i := range c.Results {
		if c.Results[i].Guard == guard {
			return &c.Results[i]
		}
	}
	t.Fatalf("no result of %s", guard)
	return nil
}

// One wrong alarm in a hundred runs, however many destinations a run compares.
func TestChanceIsOfTheWholeRun(t *testing.T) {
	r := limiting()
	for i := range 59 {
		g := r.Groups[0]
		g.Platform = fmt.Sprintf("host%d.example", i)
		r.Groups = append(r.Groups, g)
	}
	e := &evaluation{Options: options(t, nil), report: r, few: 5, now: baseline.Of(r, 5, nil), out: &Check{}}
	e.pair()
	if n := e.comparisons(); n != 61 { // 60 that refuse, and the lines not understood
		t.Errorf("%d comparisons, want 61", n)
	}
}

// Session and retry limits bind only where connection- or rate-limit refusals were seen.
func TestLimitsBindWhereLimited(t *testing.T) {
	r := limiting()
	g := &r.Groups[0]
	setPeak(r, 40)
	g.RetryGaps.ByRetry[0].MedianS, g.Counts.Expired = 10, 3
	f := func(refusals map[string]int64, trouble int64, want ...string) {
		t.Helper()
		g.Refusals, g.Trouble.Refusals = refusals, trouble
		if got := failing(Evaluate(r, options(t, nil))); !slices.Equal(got, want) {
			t.Errorf("%v: failing %v, want %v", refusals, got, want)
		}
	}
	f(nil, 0)
	f(map[string]int64{"greylist": 500}, 0)
	f(map[string]int64{"rate-limit": 4}, 4, "expired") // one reply proves nothing (C56)
	f(map[string]int64{"rate-limit": 5}, 5, "expired", "retry-gap", "session-cap")
	f(map[string]int64{"connection-limit": 50}, 50, "expired", "retry-gap", "session-cap")
}

// H83: deferrals for an hour.
func TestDeferralHour(t *testing.T) {
	f := func(minutes float64, refusals int64, want bool) {
		t.Helper()
		r := limiting()
		r.Groups[0].Trouble = report.Trouble{LastingMinutes: minutes, Refusals: refusals}
		if got := slices.Contains(failing(Evaluate(r, options(t, nil))), "deferral-hour"); got != want {
			t.Errorf("%v minutes: alert %v, want %v", minutes, got, want)
		}
	}
	f(59, 50, false)
	f(60, 50, false)
	f(61, 50, true)
	f(61, 4, false)
}

// H49: the first retry is held against 15m; queue runs jitter.
func TestRetryGap(t *testing.T) {
	f := func(seconds, count int64, want bool) {
		t.Helper()
		r := limiting()
		r.Groups[0].RetryGaps.ByRetry[0] = report.RetryGap{Retry: 1, MedianS: seconds, Count: count}
		if got := slices.Contains(failing(Evaluate(r, options(t, nil))), "retry-gap"); got != want {
			t.Errorf("%d s, %d times: failing %v, want %v", seconds, count, got, want)
		}
	}
	f(900, 50, false)
	f(840, 50, false)
	f(300, 50, true)
	f(300, 3, false)
}

// H96: after a recovery the old schedule must not return, even before the receiver
// limits again.
func TestOldPeakReturns(t *testing.T) {
	trouble, calm, back := limiting(), limiting(), limiting()
	setPeak(trouble, 22)
	for _, r := range []*report.Report{calm, back} {
		r.Groups[0].Refusals, r.Groups[0].Replies, r.Groups[0].Trouble = nil, nil, report.Trouble{}
	}
	setPeak(calm, 3)
	setPeak(back, 22)
	base := kept(t, calm, kept(t, trouble, nil))
	if got := base.Find("example.net").LimitedAt; got != 22 {
		t.Fatalf("the baseline forgot the peak: %d", got)
	}
	if got := failing(Evaluate(calm, options(t, base))); got != nil {
		t.Errorf("calm: failing %v", got)
	}
	c := Evaluate(back, options(t, base))
	if got := failing(c); !slices.Equal(got, []string{"session-cap"}) {
		t.Fatalf("the old schedule is back: failing %v", got)
	}
	if r := result(t, c, "session-cap"); !strings.Contains(r.Note, "limited at 22; the old peak is back") || r.Change != "3 -> 22" {
		t.Errorf("%+v", r)
	}
	// Without that memory more sessions that nobody refuses are no trouble.
	if got := failing(Evaluate(back, options(t, kept(t, calm, nil)))); got != nil {
		t.Errorf("no memory: failing %v", got)
	}
}

// H77: with the cap in place the check runs, and shows what is accepted.
func TestCapInPlace(t *testing.T) {
	r := limiting()
	r.Groups[0].Refusals, r.Groups[0].Trouble = map[string]int64{"connection-limit": 6}, report.Trouble{Refusals: 6}
	c := Evaluate(r, options(t, kept(t, limiting(), nil)))
	if c.Failed != 0 {
		t.Errorf("failing %v", failing(c))
	}
	if s := result(t, c, "session-cap"); s.Status != OK || *s.Now != 2 {
		t.Errorf("%+v", s)
	}
}

func TestFindings(t *testing.T) {
	at := func(severity string, trouble int64) *report.Report {
		r := limiting()
		g := &r.Groups[0]
		g.Severity, g.Cause, g.Trouble.Refusals = severity, "burst", trouble
		return r
	}
	f := func(was, now *report.Report, failOn string, want Status) {
		t.Helper()
		var b *baseline.Baseline
		if was != nil {
			b = kept(t, was, nil)
		}
		o := options(t, b)
		o.FailOn, o.Guards = failOn, nil
		c := Evaluate(now, o)
		if len(c.Findings) != 1 || c.Findings[0].Status != want || (c.Failed > 0) != (want == Fail) {
			t.Errorf("--fail-on %s: %+v, want %s", failOn, c.Findings, want)
		}
	}
	f(nil, at("watch", 50), "never", Warn)
	f(nil, at("watch", 50), "normal", Fail)
	f(nil, at("watch", 50), "watch", Fail)
	f(nil, at("watch", 50), "escalate", Warn)
	f(nil, at("escalate", 50), "escalate", Fail)
	f(at("normal", 20), at("watch", 90), "watch", Fail)
	f(at("normal", 45), at("watch", 50), "watch", Known) // a level reached by chance
	f(at("watch", 20), at("watch", 90), "watch", Known)  // limit-rate tells how much worse
	f(at("escalate", 50), at("watch", 50), "watch", Known)
	if c := Evaluate(limiting(), options(t, nil)); len(c.Findings) != 0 {
		t.Errorf("no cause is a finding: %+v", c.Findings)
	}
}

func TestNewAndGone(t *testing.T) {
	r := limiting()
	r.Groups[1].Platform = "fresh.example"
	r.Groups = append(r.Groups, report.Group{Platform: "192.0.2.77", Severity: "normal", Cause: "none", Counts: report.Counts{Attempts: 3}},
		report.Group{Platform: "unknown", Severity: "normal", Cause: "none"}) // not one attempt
	c := Evaluate(r, options(t, kept(t, limiting(), nil)))
	if len(c.New) != 2 || c.New[1] != (Change{"fresh.example", 5000}) || len(c.Gone) != 1 || c.Gone[0] != (Change{"other.example", 5000}) {
		t.Errorf("new %v, gone %v", c.New, c.Gone)
	}
	if c.Failed != 0 {
		t.Errorf("failing %v", failing(c))
	}
	if c := Evaluate(r, options(t, nil)); len(c.New)+len(c.Gone) != 0 {
		t.Errorf("without a baseline: new %v, gone %v", c.New, c.Gone)
	}
}

// Newer rules that put the same replies into another class are told apart from more
// refusals.
func TestReclassified(t *testing.T) {
	was := limiting()
	was.Groups[0].Refusals = map[string]int64{"other": 2_000, "connection-limit": 50}
	was.Groups[0].Replies = append(was.Groups[0].Replies, report.Reply{Template: "450 slow down", Class: "other", Count: 2_000})
	now := func(n int64) *report.Report {
		r := limiting()
		g := &r.Groups[0]
		r.Rules, g.Severity, g.Cause = "bbbbbb", "watch", "burst"
		g.Refusals = map[string]int64{"rate-limit": n, "connection-limit": 50}
		g.Trouble = report.Trouble{Refusals: n + 50, LastingMinutes: 90}
		g.Replies = append(g.Replies, report.Reply{Template: "450 slow down", Class: "rate-limit", Count: n})
		return r
	}
	base := kept(t, was, nil)
	c := Evaluate(now(2_000), options(t, base))
	if c.Failed != 0 || c.Findings[0].Status != Reclassified {
		t.Errorf("failing %v, finding %s", failing(c), c.Findings[0].Status)
	}
	if r := result(t, c, "limit-rate"); r.Status != Reclassified {
		t.Errorf("limit-rate is %s, want %s", r.Status, Reclassified)
	}
	if r := result(t, c, "deferral-hour"); r.Status != Reclassified {
		t.Errorf("deferral-hour is %s, want %s", r.Status, Reclassified)
	}
	if len(c.Moved) != 1 || c.Moved[0] != (Move{"example.net", "other", "rate-limit", 2_000}) {
		t.Errorf("moved %v", c.Moved)
	}
	if !c.Baseline.RulesChanged || !strings.Contains(c.Summary(), "the rules changed") {
		t.Error(c.Summary())
	}
	// A real regression stays one.
	if c := Evaluate(now(4_000), options(t, base)); !slices.Equal(failing(c), []string{"limit-rate"}) || c.Findings[0].Status != Fail {
		t.Errorf("a real regression: failing %v", failing(c))
	}
	// Under the same rules nothing is reclassified.
	same := now(2_000)
	same.Rules = "aaaaaa"
	if c := Evaluate(same, options(t, base)); len(c.Moved) != 0 || !slices.Contains(failing(c), "limit-rate") {
		t.Errorf("same rules: moved %v, failing %v", c.Moved, failing(c))
	}
}

// Every number that rules may guard is taken from a report.
func TestEveryNumberIsKnown(t *testing.T) {
	r := limiting()
	unknown(r, 5)
	e := &evaluation{Options: options(t, nil), report: r, few: 5, now: baseline.Of(r, 5, nil), out: &Check{}}
	e.pair()
	for _, n := range rules.GuardNumbers() {
		p := &e.pairs[1]
		if n.Input {
			p = &e.pairs[0]
		}
		if v := e.number(&rules.Guard{Of: n}, &p.now); !v.known {
			t.Errorf("%s is not taken from the report", n.Name)
		}
	}
}

// Receivers that were not told apart are held to no limit: their sessions and shares are
// those of many. That some of them refused is still told.
func TestMixedHasNoGuards(t *testing.T) {
	r := limiting()
	g := r.Groups[0]
	g.Destination, g.Platform, g.Mixed, g.Cause = "others, not told apart", "other-destinations", true, "unclear"
	g.Refusals = map[string]int64{"connection-limit": 5000}
	g.Trouble.Refusals = 5000
	g.PeakSessions = report.Peak{Estimate: ptr(int64(17)), PerIP: map[string]int64{"192.0.2.1": 17}}
	r.Groups = append(r.Groups, g)
	c := Evaluate(r, options(t, nil))
	for i := range c.Results {
		if d := c.Results[i].Destination; d != nil && *d == g.Platform {
			t.Errorf("guard %s holds for it: %s", c.Results[i].Guard, c.Results[i].Status)
		}
	}
	if i := slices.IndexFunc(c.Findings, func(f Finding) bool { return f.Destination == g.Platform }); i < 0 || c.Findings[i].Status != Warn {
		t.Errorf("its refusals are told %+v", c.Findings)
	}
	if c := Evaluate(r, options(t, kept(t, limiting(), nil))); len(c.New) > 0 {
		t.Errorf("new: %+v", c.New)
	}
}
