package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// explainedTrace is the path of a decision, in the order of requirement C55: what
// the replies mean, which receiver, whose infrastructure, then every condition with
// its numbers and thresholds.
type explainedTrace struct {
	Explained
	Destination string       `json:"destination"`
	Platform    string       `json:"platform"`
	Rules       string       `json:"rules"`
	Parts       []tracePart  `json:"parts"`
	Conditions  []tracedTest `json:"conditions"`
	Result      []tracePart  `json:"result"`
}

// tracePart is one thing known before or after the conditions.
type tracePart struct {
	Step string `json:"step"`
	Text string `json:"text"`
}

// tracedTest is one condition with its answer.
type tracedTest struct {
	Where  string       `json:"where"`
	When   string       `json:"when"`
	Answer string       `json:"answer"`
	Facts  []tracedFact `json:"facts"`
	Weight *float64     `json:"weight"`
	Score  *float64     `json:"score"`
	Source string       `json:"source"`
}

type tracedFact struct {
	Fact  string   `json:"fact"`
	Value *float64 `json:"value"`
	Unit  string   `json:"unit"`
	Basis *string  `json:"basis"`
	Where *string  `json:"where"`
}

// String writes a fact with its value.
func (f *tracedFact) String() string {
	if f.Value == nil {
		return f.Fact + " not in these logs"
	}
	s := f.Fact + " " + rules.Unit(f.Unit).Format(*f.Value)
	if *f.Basis != rules.Measured.String() {
		s += " (" + *f.Basis + ")"
	}
	return s
}

// traceOf follows the decision on the destination that dest names in the logs.
func (e *explainCommand) traceOf(ctx context.Context, dest string, paths []string) error {
	if len(paths) == 0 {
		if e.InTerminal {
			return usagef("explain --trace %s: which logs? Give their paths", dest)
		}
		paths = []string{source.Stdin}
	}
	cfg, bad, err := e.config(ctx, paths)
	if err != nil {
		return err
	}
	rep, err := e.read(ctx, cfg, bad)
	if err != nil {
		return err
	}
	groups, err := selectGroups(rep.Groups, []string{dest})
	if err != nil {
		return err
	}
	said := e.manners.sayInput(e.world, &rep.Input, !e.json)
	for i := range groups {
		if i > 0 && !e.json {
			if err := e.put([]byte("\n")); err != nil {
				return err
			}
		}
		if err := e.write(&e.manners, e.json, newTrace(&groups[i], cfg.Rules, rep.Rules)); err != nil {
			return err
		}
	}
	code, say := inputVerdict(&rep.Input, e.minUnderstood.value)
	return said.failure(code, say)
}

func newTrace(g *report.Group, set *rules.Set, version string) *explainedTrace {
	x := &explainedTrace{Explained: explainedAs("trace"), Destination: g.Destination, Platform: g.Platform, Rules: version}
	part := func(list *[]tracePart, step, format string, args ...any) {
		*list = append(*list, tracePart{step, fmt.Sprintf(format, args...)})
	}
	for _, r := range g.Replies {
		part(&x.Parts, "class", "%s x %s by rule %s (confidence %s): %s", rules.Thousands(r.Count), r.Class, orDash(r.Rule), confidenceText(r.Confidence), r.Template)
	}
	part(&x.Parts, "mx", "%s (%s): %s", g.Platform, g.Kind, orNone(strings.Join(g.MX, " ")))
	part(&x.Parts, "sender", "via %s, owner %s, pool %s; sending IPs %s", g.Via, orDash(g.Owner), orDash(g.Pool), orElse(strings.Join(g.SendingIPs, " "), "not in these logs"))
	facts := rules.Facts{}
	for _, f := range g.Facts {
		facts[f.ID.Definition().Name] = rules.Measure{Value: f.Value, Basis: f.Basis, Where: f.Where}
	}
	for _, t := range set.Causes.Trace(facts) {
		test := tracedTest{Where: t.Where, When: t.When, Answer: t.Answer.String(), Source: t.Source}
		if t.Weight != 0 {
			test.Weight, test.Score = &t.Weight, &t.Score
		}
		for _, f := range t.Facts {
			fact := tracedFact{Fact: f.Name, Unit: string(f.Unit)}
			if f.Known {
				basis := f.Basis.String()
				fact.Value, fact.Basis, fact.Where = &f.Value, &basis, orNil(f.Measure.Where)
			}
			test.Facts = append(test.Facts, fact)
		}
		x.Conditions = append(x.Conditions, test)
	}
	for _, c := range g.Causes {
		part(&x.Result, "cause", "%s, %s, confidence %s", c.Cause, c.Role, confidenceText(c.Confidence))
	}
	part(&x.Result, "verdict", "%s, confidence %s; severity %s %s", g.Cause, confidenceText(g.Confidence), g.Severity, g.Why)
	part(&x.Result, "limit", "%s", g.Limit.Type)
	if len(g.Qualifiers) > 0 {
		part(&x.Result, "also", "%s", strings.Join(g.Qualifiers, ", "))
	}
	for i, s := range g.Steps {
		part(&x.Result, "step", "%d %s (%s)", i+1, s.ID, s.Owner)
	}
	return x
}

func (x *explainedTrace) print(p *page) {
	p.line("trace of %s (%s), rules %s", x.Destination, x.Platform, x.Rules)
	parts := func(list []tracePart) {
		last := ""
		for _, t := range list {
			label := t.Step
			if label == last {
				label = ""
			}
			p.field(label, strings.TrimSpace(t.Text))
			last = t.Step
		}
	}
	parts(x.Parts)
	group := ""
	for _, t := range x.Conditions {
		at, signal, _ := strings.Cut(t.Where, ", signal ")
		if at != group {
			p.line("  %s", at)
			group = at
		}
		text := t.When
		if signal != "" {
			text = signal + ": " + text
		}
		var shown []string
		for i := range t.Facts {
			shown = append(shown, t.Facts[i].String())
		}
		text += " | " + strings.Join(shown, ", ")
		if t.Weight != nil && t.Answer == rules.True.String() {
			text += fmt.Sprintf(" | %+g = %g", *t.Weight, *t.Score)
		}
		p.item("    "+strings.Replace(t.Answer, "unknown", "?", 1), text+"  ["+t.Source+"]", 10)
	}
	p.line("  result")
	parts(x.Result)
}

// place takes FILE:LINE apart.
func place(s string) (file string, line int64, err error) {
	i := strings.LastIndexByte(s, ':')
	if i > 0 {
		line, err = strconv.ParseInt(s[i+1:], 10, 64)
	}
	if i <= 0 || err != nil || line < 1 {
		return "", 0, usagef("--line: want FILE:LINE such as mail.log.2.gz:88120, have %q", s)
	}
	return s[:i], line, nil
}
