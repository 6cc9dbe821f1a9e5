package rules

import (
	"slices"
	"strings"
	"testing"
)

// A qualifier comes with the measured numbers of its condition.
func TestQualifierEvidence(t *testing.T) {
	c := table(t)
	got := c.Qualify(facts(map[string]float64{"hardened_share": 1, "deferred_first": 60, "blocked_then": 40}))
	if len(got) != 1 || got[0].ID != "hardening" || !strings.Contains(got[0].Text, "60 put off, then 40") || len(got[0].Evidence) != 3 {
		t.Fatalf("%+v", got)
	}
	for _, e := range got[0].Evidence {
		if e.Sign != "+" || e.Fact == "" || !strings.Contains(e.Text, ": ") {
			t.Errorf("evidence %+v", e)
		}
	}
}

// Without facts there is no qualifier, nothing to act on, no alert and no problem:
// what is unknown is never guessed.
func TestNoMarksWithoutFacts(t *testing.T) {
	c := table(t)
	immediate, underlying := c.Problems(Facts{}, c.Decide(Facts{}))
	if q, a := c.Qualify(Facts{}), c.Act(Facts{}); len(q)+len(a) > 0 || c.Alerts(Facts{}) || immediate+underlying != "" {
		t.Errorf("qualifiers %v, actionable %v, alert %v, problems %q %q", q, a, c.Alerts(Facts{}), immediate, underlying)
	}
}

// Each qualifier can be explained: a topic has its id.
func TestQualifiersAreTopics(t *testing.T) {
	set := builtin(t)
	for _, id := range set.Causes.QualifierIDs() {
		if !slices.ContainsFunc(set.Topics, func(topic Topic) bool { return topic.Topic == id }) {
			t.Errorf("qualifier %s has no topic", id)
		}
	}
}

// A fact's uses name marks as well, and a trace answers them.
func TestMarksAreShown(t *testing.T) {
	c := table(t)
	f := func(fact, where string) {
		t.Helper()
		uses := c.Uses(fact)
		if !slices.ContainsFunc(uses, func(u Use) bool { return u.Where == where }) {
			t.Errorf("%s is not used in %q: %+v", fact, where, uses)
		}
		trace := c.Trace(Facts{})
		if !strings.HasPrefix(where, "whether") && !slices.ContainsFunc(trace, func(t Tested) bool { return t.Where == where }) {
			t.Errorf("the trace lacks %q", where)
		}
	}
	f("hardened_share", "qualifier hardening")
	f("refused_again", "actionable repeats")
	f("auth_refusals", "underlying authentication")
	f("trouble_lasting", "whether to raise the alert")
}

// Mistakes in marks are named with their place.
func TestMarkErrors(t *testing.T) {
	src := `enough: {fact: attempts, gte: 1}
enough_source: C56
concerns: {fact: attempts, gte: 1}
concerns_source: C77
alert: {fact: atempts, gte: 1}
qualifiers:
  - {id: a, when: {fact: attempts, gte: 1}, text: "{no_such_fact}", source: X11}
  - {id: a, when: {fact: attempts, gte: 1}, text: t, source: X11}
  - {id: b, text: t, source: X11}
  - {id: c, when: {fact: attempts, gte: 1}, text: t}
  - {id: d, causes: [burst], when: {fact: attempts, gte: 1}, text: t, source: X11}
immediate:
  - {id: e, text: t, source: H18}
  - {id: f, causes: [bursts], text: t, source: H18}
`
	_, errs := LoadCauses("causes.yaml", []byte(src), builtin(t).Thresholds)
	var all strings.Builder
	for _, err := range errs {
		all.WriteString(err.Error() + "\n")
	}
	for _, want := range []string{
		`causes.yaml:5:15: unknown fact "atempts"`, "causes.yaml:7:", "no_such_fact", "causes.yaml:8:10: qualifier: each needs an id of its own",
		`qualifier "b" needs when`, "no source", `qualifier "d": causes belong to immediate and underlying`, `immediate "e": causes belong`, `unknown causes "bursts"`,
	} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no %q among:\n%s", want, all.String())
		}
	}
}
