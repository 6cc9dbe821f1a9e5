package rules

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func table(t *testing.T) *Causes {
	t.Helper()
	src, err := data.ReadFile("causes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, errs := LoadCauses("causes.yaml", src, builtin(t).Thresholds)
	for _, err := range errs {
		t.Error(err)
	}
	return c
}

// facts makes measured facts.
func facts(pairs map[string]float64) Facts {
	f := Facts{}
	for name, v := range pairs {
		if _, ok := Lookup(name); !ok {
			panic("unknown fact " + name)
		}
		f[name] = Measure{Value: v, Basis: Measured}
	}
	return f
}

// limited is a destination with plenty of connection-limit refusals; tests add to it.
func limited(more map[string]float64) Facts {
	f := facts(map[string]float64{
		"attempts": 2000, "accepted": 1000, "accepted_share": 0.5,
		"limit_refusals": 1000, "connection_limit_refusals": 1000, "trouble_refusals": 1000, "trouble_messages": 500, "trouble_share": 0.5,
		"listing_refusals": 0, "listing_share": 0, "reputation_refusals": 0, "reputation_share": 0,
		"trouble_expired": 0, "trouble_bounced": 0,
	})
	for name, m := range facts(more) {
		f[name] = m
	}
	return f
}

// The signal table row by row (H52-H56).
func TestSignalTable(t *testing.T) {
	c := table(t)
	f := func(name string, facts Facts, want string) {
		t.Helper()
		v := c.Decide(facts)
		if len(v) == 0 || !v[0].Holds || v[0].Cause != want {
			t.Errorf("%s: got %+v, want %s first", name, v, want)
		}
	}
	spike := map[string]float64{"offered_sessions": 30, "arrivals_busiest": 900, "peak_sessions": 20,
		"curve_odds": 4, "refused_below": 0.1, "refused_above": 0.9, "retries_per_first": 0.5, "retry_gap": 700}
	f("fast spike", limited(spike), "burst")
	f("low volume", limited(map[string]float64{"offered_sessions": 0.1, "refused_calm": 0.8, "attempts_calm": 60, "attempts_above": 0, "rate_odds": 1, "peak_sessions": 1,
		"retries_per_first": 1, "retry_gap": 900}), "trust")
	f("many retries", limited(map[string]float64{"offered_sessions": 1, "retries_per_first": 12, "retry_gap": 5, "peak_sessions": 9, "refused_calm": 0.9, "attempts_calm": 30}), "queue-pressure")
	f("new IP", limited(map[string]float64{"new_ip": 1, "offered_sessions": 3, "refused_low": 0.5, "curve_odds": 0.8, "retries_per_first": 1, "retry_gap": 900}), "warm-up")
	listed := limited(spike)
	listed["listing_refusals"] = Measure{Value: 300}
	listed["listing_share"] = Measure{Value: 0.25}
	f("listing outranks a spike", listed, "listing")
}

// A curve that is flat already at one session outranks a spike (H69).
func TestFlatCurveOutranksSpike(t *testing.T) {
	v := table(t).Decide(limited(map[string]float64{"offered_sessions": 30, "arrivals_busiest": 900, "peak_sessions": 20,
		"curve_odds": 1, "refused_below": 0.8, "refused_above": 0.8, "refused_calm": 0.8, "attempts_calm": 40, "rate_odds": 1, "retries_per_first": 1, "retry_gap": 900}))
	if v[0].Cause != "trust" {
		t.Errorf("got %s, want trust: %+v", v[0].Cause, v)
	}
}

// The ratio of retries alone never decides: with gaps as advised it is no queue pressure (H80).
func TestCalmRetriesAreNoPressure(t *testing.T) {
	for _, v := range table(t).Decide(limited(map[string]float64{"retries_per_first": 20, "retry_gap": 3600})) {
		if v.Cause == "queue-pressure" && v.Holds {
			t.Errorf("queue-pressure holds at an hour's gap: %+v", v)
		}
	}
}

// No verdict and no step depends on volume per day (H58): what counts by day is
// shown only beside them.
func TestNoDailyVolume(t *testing.T) {
	set := builtin(t)
	for _, d := range Vocabulary() {
		if !strings.Contains(d.Name, "per_day") && !strings.Contains(d.Name, "daily") {
			continue
		}
		for _, u := range set.Causes.Uses(d.Name) {
			t.Errorf("%s looks at %s, which counts by day", u.Where, d.Name)
		}
		for _, s := range set.Advice.Steps {
			if s.When != nil && slices.Contains(s.When.Facts(), d.Name) {
				t.Errorf("step %s looks at %s, which counts by day", s.ID, d.Name)
			}
		}
	}
}

// Severity is the seed's table (C77-C79) and independent of the cause.
func TestSeverity(t *testing.T) {
	c := table(t)
	f := func(pairs map[string]float64, want string) {
		t.Helper()
		if got, why := c.Severity(facts(pairs)); got != want {
			t.Errorf("%v: got %s (%s), want %s", pairs, got, why, want)
		}
	}
	f(map[string]float64{"trouble_refusals": 1, "trouble_share": 1, "trouble_expired": 0, "trouble_bounced": 0}, "normal")
	f(map[string]float64{"trouble_refusals": 6, "trouble_share": 0.003, "trouble_expired": 0, "trouble_bounced": 0, "trouble_minutes": 5}, "normal")
	f(map[string]float64{"trouble_refusals": 60, "trouble_share": 0.003, "trouble_expired": 0, "trouble_bounced": 0}, "watch")
	f(map[string]float64{"trouble_refusals": 6, "trouble_share": 0.1, "trouble_expired": 0, "trouble_bounced": 0}, "watch")
	f(map[string]float64{"trouble_refusals": 6, "trouble_share": 0.001, "trouble_expired": 1, "trouble_bounced": 0}, "escalate")
	f(map[string]float64{"trouble_refusals": 40, "trouble_share": 0.4, "trouble_expired": 0, "trouble_bounced": 40}, "escalate")
}

// Every cause lists lowering the sessions before it looks at reputation, and none
// says to add IPs (H34, H70, X02).
func TestAdviceOrder(t *testing.T) {
	for _, cause := range CauseNames() {
		for _, esp := range []bool{false, true} {
			at := map[string]int{}
			for i, s := range builtin(t).Advice.StepsFor(Situation{Cause: cause, ESP: esp}) {
				at[s.ID] = i + 1
				if s.Text == "" || s.Owner == "" || s.Source == "" {
					t.Errorf("%s: step %+v is incomplete", cause, s)
				}
				if strings.Contains(s.Text, "add IP") || i < 4 && strings.Contains(strings.ToLower(s.Text), "more ips") {
					t.Errorf("%s: step %d speaks of more IPs: %q", cause, i+1, s.Text)
				}
				if esp && strings.Contains(s.Text, "main.cf") {
					t.Errorf("%s: the customer of an ESP has no main.cf: %q", cause, s.Text)
				}
			}
			order := []string{"pause-bursts", "lower-sessions", "slow-retries", "inspect-reputation"}
			for i := 1; i < len(order); i++ {
				if at[order[i-1]] == 0 || at[order[i]] == 0 || at[order[i-1]] >= at[order[i]] {
					t.Errorf("%s (esp %v): %s is not before %s: %v", cause, esp, order[i-1], order[i], at)
				}
			}
		}
	}
}

// Evidence carries the measured number, and a fact that is missing is a question.
func TestEvidence(t *testing.T) {
	v := table(t).Decide(limited(map[string]float64{"offered_sessions": 30, "arrivals_busiest": 900}))
	var signs string
	for _, k := range v {
		for _, e := range k.Evidence {
			if k.Cause != "burst" {
				continue
			}
			signs += e.Sign
			if e.Signal == "burst-offered" && !strings.Contains(e.Text, "900") {
				t.Errorf("text %q lacks the number", e.Text)
			}
			if strings.ContainsAny(e.Text, "{}") {
				t.Errorf("text %q has an unfilled name", e.Text)
			}
		}
	}
	if !strings.Contains(signs, "+") || !strings.Contains(signs, "?") {
		t.Errorf("signs %q", signs)
	}
}

// A sentence with a number that is not known tells nothing: it is a question, and what is
// decided is shown with a fact that is known.
func TestEvidenceHasNoGaps(t *testing.T) {
	f := func(more map[string]float64) {
		t.Helper()
		facts := limited(more)
		for _, v := range table(t).Decide(facts) {
			for _, e := range v.Evidence {
				if _, known := facts[e.Fact]; e.Sign != "?" && (!known || strings.Contains(e.Text, "?")) {
					t.Errorf("%s: %s %q of the fact %s", e.Signal, e.Sign, e.Text, e.Fact)
				}
			}
		}
	}
	f(nil)
	f(map[string]float64{"retries_per_first": 0.1})                     // no gap to tell of
	f(map[string]float64{"retries_per_first": 0.1, "pace_before": 2.5}) // half of a sentence
}

func TestConditions(t *testing.T) {
	is := Condition{Fact: "attempts", GTE: "1"}
	more := Condition{Fact: "accepted", GT: "2"}
	f := func(c Condition, facts Facts, want Truth) {
		t.Helper()
		if errs := c.check(nil); len(errs) > 0 {
			t.Fatal(errs)
		}
		if got := c.Eval(facts); got != want {
			t.Errorf("%+v on %v: got %d, want %d", c, facts, got, want)
		}
	}
	yes, no := facts(map[string]float64{"attempts": 1, "accepted": 3}), facts(map[string]float64{"attempts": 0, "accepted": 2})
	f(is, yes, True)
	f(is, no, False)
	f(is, Facts{}, Unknown)
	f(is, Facts{"attempts": {Value: math.NaN()}}, False)
	f(Condition{All: []Condition{is, more}}, yes, True)
	f(Condition{All: []Condition{is, more}}, facts(map[string]float64{"attempts": 0}), False)
	f(Condition{All: []Condition{is, more}}, facts(map[string]float64{"attempts": 1}), Unknown)
	f(Condition{Any: []Condition{is, more}}, facts(map[string]float64{"attempts": 1}), True)
	f(Condition{Any: []Condition{is, more}}, facts(map[string]float64{"attempts": 0}), Unknown)
	f(Condition{Not: &is}, yes, False)
	f(Condition{Not: &is}, Facts{}, Unknown)
}

// A table with mistakes: all are found, each with its place.
func TestCausesErrors(t *testing.T) {
	src := `enough: {fact: attempts}
concerns: {fact: atempts, gte: 1}
causes:
  - cause: bursts
    meaning: m
    role: immediate
    hold: 3
    full: 8
    source: H50
    signals:
      - id: a
        when: {fact: attempts, gte: 1}
        weight: 1
        text: "{no_such_fact}"
        source: H1
      - id: a
        when: {fact: attempts, gte: 1}
        weight: 0
        text: ""
severity:
  - level: grave
    when: {fact: attempts, gte: 1}
    text: ""
    source: C77
`
	_, errs := LoadCauses("causes.yaml", []byte(src), builtin(t).Thresholds)
	var all strings.Builder
	for _, err := range errs {
		all.WriteString(err.Error() + "\n")
	}
	for _, want := range []string{
		"causes.yaml:1:", "compared with nothing", "causes.yaml:2:18: unknown fact \"atempts\"; did you mean \"attempts\"?",
		"causes.yaml:4:12: unknown cause \"bursts\"; did you mean \"burst\"?", "no_such_fact", "id of its own", "weighs nothing", "no source", "unknown level \"grave\"",
	} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no %q among:\n%s", want, all.String())
		}
	}
}

func TestFormatUnits(t *testing.T) {
	f := func(u Unit, v float64, want string) {
		t.Helper()
		if got := u.Format(v); got != want {
			t.Errorf("%s %v: got %q, want %q", u, v, got, want)
		}
	}
	f(UnitShare, 0.934, "93.4%")
	f(UnitShare, 1, "100%")
	f(UnitCount, 1234567, "1,234,567")
	f(UnitCount, -1234, "-1,234")
	f(UnitSeconds, 0, "0s")
	f(UnitSeconds, 59, "59s")
	f(UnitSeconds, 900, "15m")
	f(UnitSeconds, 4320, "1h12m")
	f(UnitMinutes, 1500, "1d1h")
	f(UnitRatio, 2.75, "2.8")
	f(UnitRatio, 0.05, "0.1")
	f(UnitRatio, 0.04, "0.04") // not "work for 0 sessions"
	f(UnitRatio, 0.0049, "0.005")
	f(UnitRatio, 0.0001, "0")
	f(UnitRatio, 0, "0")
	f(UnitYesNo, 1, "yes")
}

// A share of a few attempts is no evidence against a cause, and a limit is not all that
// a receiver refuses for.
func TestTooFewToTell(t *testing.T) {
	f := func(calm float64, sign, says string) {
		t.Helper()
		facts := Facts{}
		for name, v := range map[string]float64{"trouble_refusals": 100, "trouble_messages": 50, "attempts": 500, "refused_calm": 0, "attempts_calm": calm} {
			facts[name] = Measure{Value: v, Basis: Measured}
		}
		for _, v := range builtin(t).Causes.Decide(facts) {
			for _, e := range v.Evidence {
				if e.Signal != "trust-flat" {
					continue
				}
				if e.Sign != sign || !strings.Contains(e.Text, says) {
					t.Errorf("%v attempts: %s %s, want %s %s", calm, e.Sign, e.Text, sign, says)
				}
				return
			}
		}
		t.Errorf("%v attempts: no evidence", calm)
	}
	f(475, "-", "0% of 475 attempts met a connection or rate limit")
	f(6, "?", "there were 6 attempts: too few to tell")
}

// A range of one number is a number, and words agree with it.
func TestFillRange(t *testing.T) {
	f := func(low, high float64, want string) {
		t.Helper()
		facts := Facts{"limit_low": {Value: low}, "limit_high": {Value: high}}
		if got := fill("serving {limit_low} to {limit_high} sessions when", facts); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f(2, 4, "serving 2 to 4 sessions when")
	f(2, 2, "serving 2 sessions when")
	f(1, 1, "serving 1 session when")
}

// What is said of a fact is said to people: no name of another one stands in it, but the
// place that the curve is split at.
func TestMeaningsAreWords(t *testing.T) {
	for _, d := range Vocabulary() {
		for word := range strings.FieldsSeq(d.Meaning) {
			if _, ok := Lookup(strings.Trim(word, ",;:()")); ok && strings.Contains(word, "_") && word != "curve_split" {
				t.Errorf("%s: %q", d.Name, d.Meaning)
			}
		}
	}
}
