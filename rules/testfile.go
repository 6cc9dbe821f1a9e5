package rules

import (
	"maps"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// TestFile is a file of tests of rules: *_test.yaml. README.md of this folder
// describes its keys.
type TestFile struct {
	// Facts hold for every case of Causes that does not say otherwise.
	Facts   map[string]float64 `yaml:"facts"`
	Replies []ReplyCase        `yaml:"replies"`
	Causes  []CauseCase        `yaml:"causes"`
	At      Pos                `yaml:"-"`
}

// ReplyCase is a reply and what the rules must say of it. What is empty is not
// looked at.
type ReplyCase struct {
	Name  string `yaml:"name"`
	Reply string `yaml:"reply"`
	// MX is the receiving host, Provider the id of a provider; at most one.
	MX       string `yaml:"mx"`
	Provider string `yaml:"provider"`
	Class    string `yaml:"class"`
	Rule     string `yaml:"rule"`
	Kind     string `yaml:"kind"`
	Scope    string `yaml:"scope"`
	// Not is a class that it must not have.
	Not []string `yaml:"not"`
	// AtLeast and AtMost bound the confidence.
	AtLeast *float64 `yaml:"at_least"`
	AtMost  *float64 `yaml:"at_most"`
	At      Pos      `yaml:"-"`
}

// CauseCase is a set of facts and what the signal table must make of them.
type CauseCase struct {
	Name  string             `yaml:"name"`
	Facts map[string]float64 `yaml:"facts"`
	// Cause is one of CauseNames, unclear or none.
	Cause    string `yaml:"cause"`
	Severity string `yaml:"severity"`
	// Holds are causes that must hold as well, Not those that must not.
	Holds []string `yaml:"holds"`
	Not   []string `yaml:"not"`
	// First is the id of the first step that is advised.
	First string `yaml:"first"`
	// Qualifiers and Actionable are all that must come out; an empty list means none.
	// Immediate and Underlying are the ids of the problems.
	Qualifiers []string `yaml:"qualifiers"`
	Actionable []string `yaml:"actionable"`
	Immediate  string   `yaml:"immediate"`
	Underlying string   `yaml:"underlying"`
	// Alert says whether the alert is raised.
	Alert *bool `yaml:"alert"`
	At    Pos   `yaml:"-"`
}

// marks says that the case looks at what stands beside the cause.
func (c *CauseCase) marks() bool {
	return c.Qualifiers != nil || c.Actionable != nil || c.Immediate+c.Underlying != "" || c.Alert != nil
}

// Decider decides on facts as a report does (cause.Decide).
type Decider func(*Causes, Facts) (cause, severity string, verdicts []Verdict)

// Result is one test that was run.
type Result struct {
	// File and Name say which test it is, Line where it begins.
	File, Name string
	Line       int
	// Checks is how many things it checked, Errs those that are wrong, each an *Error.
	Checks int
	Errs   []error
}

// LoadTests reads a test file and returns every mistake in it, names that the set
// does not know among them.
func LoadTests(file File, set *Set) (*TestFile, []error) {
	f := &TestFile{At: Pos{File: file.Name, Line: 1, Column: 1}}
	errs := DecodeStrict(file.Name, file.Data, f)
	errs = append(errs, knownFacts(f.At, f.Facts)...)
	sound := len(errs) == 0 // else what a case lacks may be a key that was mistyped
	for i := range f.Replies {
		errs = append(errs, f.Replies[i].check(set, sound)...)
	}
	for i := range f.Causes {
		errs = append(errs, f.Causes[i].check(set, sound)...)
	}
	if len(errs) == 0 && len(f.Replies)+len(f.Causes) == 0 {
		errs = append(errs, f.At.Errorf("no tests in this file; give replies or causes"))
	}
	sortErrors(errs)
	return f, errs
}

func knownFacts(at Pos, facts map[string]float64) (errs []error) {
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		if _, ok := Lookup(name); !ok {
			errs = append(errs, at.Key("facts").Errorf("unknown fact %q%s", name, DidYouMean(name, factNames())))
		}
	}
	return errs
}

func (c *ReplyCase) check(set *Set, sound bool) (errs []error) {
	known := func(key, word string, list []string) {
		if word != "" {
			errs = append(errs, oneOf(c.At, key, word, list)...)
		}
	}
	if sound && c.Reply == "" {
		errs = append(errs, c.At.Errorf("needs a reply"))
	}
	if c.MX != "" && c.Provider != "" {
		errs = append(errs, c.At.Key("provider").Errorf("mx and provider contradict each other; give one"))
	}
	known("provider", c.Provider, set.Providers.IDs())
	known("class", c.Class, mail.ClassNames())
	known("kind", c.Kind, kinds)
	known("scope", c.Scope, mail.ScopeNames())
	if c.Rule != "none" {
		known("rule", c.Rule, set.RuleIDs())
	}
	for i, n := range c.Not {
		if _, ok := mail.ParseClass(n); !ok {
			errs = append(errs, c.At.Key("not", i).Errorf("unknown class %q%s", n, DidYouMean(n, mail.ClassNames())))
		}
	}
	if sound && c.Class+c.Rule+c.Kind+c.Scope == "" && len(c.Not) == 0 && c.AtLeast == nil && c.AtMost == nil {
		errs = append(errs, c.At.Errorf("tests nothing; give class, rule, kind, scope, not, at_least or at_most"))
	}
	return errs
}

func (c *CauseCase) check(set *Set, sound bool) (errs []error) {
	errs = append(errs, knownFacts(c.At, c.Facts)...)
	if c.Cause != "" {
		errs = append(errs, oneOf(c.At, "cause", c.Cause, append(CauseNames(), "unclear", "none"))...)
	}
	if c.Severity != "" {
		errs = append(errs, oneOf(c.At, "severity", c.Severity, []string{"normal", "watch", "escalate"})...)
	}
	for _, l := range []struct {
		key  string
		list []string
	}{{"holds", c.Holds}, {"not", c.Not}} {
		for i, n := range l.list {
			if !slices.Contains(CauseNames(), n) {
				errs = append(errs, c.At.Key(l.key, i).Errorf("unknown cause %q%s", n, DidYouMean(n, CauseNames())))
			}
		}
	}
	if c.First != "" && set.Advice != nil {
		errs = append(errs, oneOf(c.At, "first", c.First, set.Advice.StepIDs())...)
	}
	if set.Causes != nil {
		for _, l := range []struct {
			key         string
			words, list []string
		}{
			{"qualifiers", c.Qualifiers, set.Causes.QualifierIDs()}, {"actionable", c.Actionable, markIDs(set.Causes.Actionable)},
			{"immediate", words(c.Immediate), markIDs(set.Causes.Immediate)}, {"underlying", words(c.Underlying), markIDs(set.Causes.Underlying)},
		} {
			for _, word := range l.words {
				errs = append(errs, oneOf(c.At, l.key, word, l.list)...)
			}
		}
	}
	if sound && c.Cause+c.Severity+c.First == "" && len(c.Holds)+len(c.Not) == 0 && !c.marks() {
		errs = append(errs, c.At.Errorf("tests nothing; give cause, severity, holds, not, first, qualifiers, actionable, immediate, underlying or alert"))
	}
	return errs
}
