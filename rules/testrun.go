package rules

import (
	"fmt"
	"slices"
	"strings"
)

// Run runs the tests of a file on a set.
func (f *TestFile) Run(set *Set, decide Decider) []Result {
	var out []Result
	for i := range f.Replies {
		out = append(out, f.Replies[i].run(set))
	}
	for i := range f.Causes {
		out = append(out, f.Causes[i].run(set, f.Facts, decide))
	}
	return out
}

// examine collects what is wrong in one test.
type examine struct {
	Result
	at Pos
}

func examineCase(at Pos, name string) examine {
	return examine{Result{File: at.File, Name: name, Line: at.Line}, at}
}

func (x *examine) check(ok bool, key, format string, args ...any) {
	x.Checks++
	if !ok {
		x.Errs = append(x.Errs, x.at.Key(key).Errorf(format, args...))
	}
}

func (c *ReplyCase) run(set *Set) Result {
	name := c.Name
	if name == "" {
		name = c.Reply
	}
	x := examineCase(c.At, name)
	provider := c.Provider
	if c.MX != "" {
		provider = set.Providers.ByMX(c.MX)
	}
	m := set.Replies.Classify(provider, []byte(c.Reply))
	by := m.Rule
	if by == "" {
		by = "none"
	}
	want := func(key, want, got string) {
		if want != "" {
			x.check(want == got, key, "reply %q: %s is %s, want %s (rule %s)", c.Reply, key, orNone(got), want, by)
		}
	}
	want("class", c.Class, m.Class.String())
	want("rule", c.Rule, by)
	want("kind", c.Kind, m.Kind)
	want("scope", c.Scope, m.Scope.String())
	for _, n := range c.Not {
		x.check(m.Class.String() != n, "not", "reply %q: class is %s (rule %s)", c.Reply, n, by)
	}
	if c.AtLeast != nil {
		x.check(m.Confidence >= *c.AtLeast, "at_least", "reply %q: confidence is %v, want %v or more (rule %s)", c.Reply, m.Confidence, *c.AtLeast, by)
	}
	if c.AtMost != nil {
		x.check(m.Confidence <= *c.AtMost, "at_most", "reply %q: confidence is %v, want %v or less (rule %s)", c.Reply, m.Confidence, *c.AtMost, by)
	}
	return x.Result
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func (c *CauseCase) run(set *Set, common map[string]float64, decide Decider) Result {
	name := c.Name
	if name == "" {
		name = "facts at line " + fmt.Sprint(c.At.Line)
	}
	x := examineCase(c.At, name)
	facts := Facts{}
	for _, from := range []map[string]float64{common, c.Facts} {
		for fact, v := range from {
			facts[fact] = Measure{Value: v, Basis: Assumed}
		}
	}
	cause, severity, verdicts := decide(set.Causes, facts)
	var scores []string
	holds := map[string]bool{}
	for _, v := range verdicts {
		scores = append(scores, fmt.Sprintf("%s %g", v.Cause, v.Score))
		holds[v.Cause] = v.Holds
	}
	why := orNone(strings.Join(scores, ", "))
	if c.Cause != "" {
		x.check(cause == c.Cause, "cause", "%s: cause is %s, want %s (scores: %s)", name, cause, c.Cause, why)
	}
	if c.Severity != "" {
		x.check(severity == c.Severity, "severity", "%s: severity is %s, want %s", name, severity, c.Severity)
	}
	for _, n := range c.Holds {
		x.check(holds[n], "holds", "%s: %s does not hold (scores: %s)", name, n, why)
	}
	for _, n := range c.Not {
		x.check(!holds[n], "not", "%s: %s holds (scores: %s)", name, n, why)
	}
	if c.First != "" {
		first := ""
		if steps := set.Advice.StepsFor(Situation{Cause: cause, Facts: facts}); len(steps) > 0 {
			first = steps[0].ID
		}
		x.check(first == c.First, "first", "%s: the first step is %s, want %s", name, orNone(first), c.First)
	}
	c.runMarks(&x, set.Causes, facts, verdicts)
	return x.Result
}

// runMarks looks at what stands beside the cause.
func (c *CauseCase) runMarks(x *examine, table *Causes, facts Facts, verdicts []Verdict) {
	ids := func(list []Marked) string {
		var out []string
		for _, m := range list {
			out = append(out, m.ID)
		}
		slices.Sort(out)
		return orNone(strings.Join(out, ", "))
	}
	want := func(list []string) string { return orNone(strings.Join(slices.Sorted(slices.Values(list)), ", ")) }
	same := func(key, got, want string) {
		x.check(got == want, key, "%s: %s is %s, want %s", x.Name, key, got, want)
	}
	if c.Qualifiers != nil {
		same("qualifiers", ids(table.Qualify(facts)), want(c.Qualifiers))
	}
	if c.Actionable != nil {
		same("actionable", ids(table.Act(facts)), want(c.Actionable))
	}
	immediate, underlying := table.Problems(facts, verdicts)
	if c.Immediate != "" {
		same("immediate", orNone(immediate), c.Immediate)
	}
	if c.Underlying != "" {
		same("underlying", orNone(underlying), c.Underlying)
	}
	if c.Alert != nil {
		same("alert", fmt.Sprint(table.Alerts(facts)), fmt.Sprint(*c.Alert))
	}
}

// words are a word, or none.
func words(word string) []string {
	if word == "" {
		return nil
	}
	return []string{word}
}

// TestExamples runs the examples of the rules that are asked for, in order of
// precedence; nil asks for all.
func (s *Set) TestExamples(of func(*ReplyRule) bool) []Result {
	var out []Result
	for _, rule := range s.Replies.rules {
		if of != nil && !of(rule) {
			continue
		}
		out = append(out, Result{
			File: rule.At.File, Name: rule.ID, Line: rule.At.Line,
			Checks: len(rule.Examples.Match) + len(rule.Examples.NoMatch), Errs: s.Replies.test(rule),
		})
	}
	return out
}
