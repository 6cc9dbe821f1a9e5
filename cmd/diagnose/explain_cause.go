package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// explainedCause is a cause with all that decides on it.
type explainedCause struct {
	Explained
	Cause   string `json:"cause"`
	Meaning string `json:"meaning"`
	Role    string `json:"role"`
	// Outranks says that it comes first whenever it holds.
	Outranks bool `json:"outranks"`
	// Needs is a condition without which it is not considered. Hold is the score
	// from which it holds, Full that of full confidence.
	Needs   *string           `json:"needs"`
	Hold    float64           `json:"hold"`
	Full    float64           `json:"full"`
	Signals []explainedSignal `json:"signals"`
	Facts   []factName        `json:"facts"`
	Steps   []Advice          `json:"steps"`
	Source  string            `json:"source"`
	// Class is there where a class of replies has the same name.
	Class *explainedClass `json:"class"`
}

// explainedSignal is one row of the signal table. Texts have {fact} where a report
// has the number.
type explainedSignal struct {
	ID      string  `json:"id"`
	When    string  `json:"when"`
	Weight  float64 `json:"weight"`
	Text    string  `json:"text"`
	Else    string  `json:"else"`
	Unknown string  `json:"unknown"`
	Source  string  `json:"source"`
}

type factName struct {
	Fact    string `json:"fact"`
	Unit    string `json:"unit"`
	Meaning string `json:"meaning"`
}

// explainCause returns nil if there is no such cause.
func explainCause(set *rules.Set, name, dir string) explanation {
	table := set.Causes
	i := slices.IndexFunc(table.Causes, func(c rules.Cause) bool { return c.ID == name })
	if i < 0 {
		return nil
	}
	c := &table.Causes[i]
	x := &explainedCause{
		Explained: explainedAs("cause"), Cause: c.ID, Meaning: c.Meaning, Role: c.Role, Outranks: c.Outranks, Hold: c.Hold, Full: c.Full, Source: c.Source,
	}
	var facts []string
	know := func(names []string) {
		for _, f := range names {
			if !slices.Contains(facts, f) {
				facts = append(facts, f)
			}
		}
	}
	if c.Needs != nil {
		needs := c.Needs.String()
		x.Needs = &needs
		know(c.Needs.Facts())
	}
	for j := range c.Signals {
		s := &c.Signals[j]
		x.Signals = append(x.Signals, explainedSignal{s.ID, s.When.String(), s.Weight, s.Text, s.Else, s.Unknown, s.Source})
		know(s.When.Facts())
	}
	for _, f := range facts {
		d, _ := rules.Lookup(f)
		x.Facts = append(x.Facts, factName{d.Name, string(d.Unit), d.Meaning})
	}
	for i := range set.Advice.Steps {
		if s := &set.Advice.Steps[i]; len(s.Causes) == 0 || slices.Contains(s.Causes, name) {
			x.Steps = append(x.Steps, explainAdvice(set.Advice, s))
		}
	}
	if class, ok := mail.ParseClass(name); ok {
		x.Class = explainClass(set, class, dir)
	}
	return x
}

func (x *explainedCause) print(p *page) {
	p.line("cause %s (%s)", x.Cause, x.Role)
	p.field("means", x.Meaning)
	p.field("needs", deref(x.Needs, ""))
	holds := fmt.Sprintf("from a score of %g; full confidence from %g", x.Hold, x.Full)
	if x.Outranks {
		holds += "; then it comes first, whatever else holds"
	}
	p.field("holds", holds)
	p.line("\n  Signals: what adds to the score, and what takes from it")
	for _, s := range x.Signals {
		p.item(fmt.Sprintf("  %+5g", s.Weight), s.When+"  ["+s.Source+"]", 9)
	}
	p.line("\n  Facts")
	for _, f := range x.Facts {
		p.item("    "+f.Fact, fmt.Sprintf("%s (%s)", f.Meaning, f.Unit), 30)
	}
	p.line("\n  Steps, in this order")
	printSteps(p, x.Steps)
	p.line("")
	p.field("source", x.Source)
	if x.Class != nil {
		p.line("")
		x.Class.print(p)
	}
}

// explainedFact is a fact and where rules look at it.
type explainedFact struct {
	Explained
	Fact    string    `json:"fact"`
	Unit    string    `json:"unit"`
	Meaning string    `json:"meaning"`
	Uses    []factUse `json:"uses"`
}

type factUse struct {
	Where  string   `json:"where"`
	Weight *float64 `json:"weight"`
	When   string   `json:"when"`
	Source string   `json:"source"`
}

func explainFact(set *rules.Set, d rules.Definition) *explainedFact {
	return &explainedFact{explainedAs("fact"), d.Name, string(d.Unit), d.Meaning, factUses(append(set.Causes.Uses(d.Name), set.Advice.Uses(d.Name)...))}
}

func factUses(uses []rules.Use) []factUse {
	list := []factUse{}
	for _, u := range uses {
		use := factUse{Where: u.Where, When: u.When, Source: u.Source}
		if u.Weight != 0 {
			use.Weight = &u.Weight
		}
		list = append(list, use)
	}
	return list
}

func (x *explainedFact) print(p *page) {
	p.line("fact %s", x.Fact)
	p.field("means", x.Meaning)
	p.field("unit", x.Unit)
	printUses(p, x.Uses, "no condition; reports and texts show it")
}

// printUses prints where something is used, or what else it is for.
func printUses(p *page, uses []factUse, otherwise string) {
	if len(uses) == 0 {
		p.field("used in", otherwise)
		return
	}
	label := "used in"
	for _, u := range uses {
		s := u.Where
		if u.Weight != nil {
			s += fmt.Sprintf(" (%+g)", *u.Weight)
		}
		p.field(label, s+": "+u.When+"  ["+u.Source+"]")
		label = ""
	}
}

// explainedLevel is a level of severity.
type explainedLevel struct {
	Explained
	Level string      `json:"level"`
	Cases []levelCase `json:"cases"`
}

type levelCase struct {
	When   string `json:"when"`
	Text   string `json:"text"`
	Source string `json:"source"`
}

// levels are the levels of severity.
func levels() []string { return failLevels()[1:] }

// explainLevel returns nil if there is no such level.
func explainLevel(set *rules.Set, name string) explanation {
	if !slices.Contains(levels(), name) {
		return nil
	}
	x := &explainedLevel{Explained: explainedAs("level"), Level: name}
	for i := range set.Causes.Levels {
		if l := &set.Causes.Levels[i]; l.Level == name {
			x.Cases = append(x.Cases, levelCase{l.When.String(), l.Text, l.Source})
		}
	}
	if name == "watch" { // what is worth acting on is worth watching
		for _, m := range set.Causes.Actionable {
			x.Cases = append(x.Cases, levelCase{m.When.String(), m.Text, m.Source})
		}
	}
	if len(x.Cases) == 0 {
		x.Cases = []levelCase{{When: "no other level applies", Source: "C77"}}
	}
	return x
}

func (x *explainedLevel) print(p *page) {
	p.line("level %s", strings.ToUpper(x.Level))
	label := "when"
	for _, c := range x.Cases {
		p.field(label, c.When+"  ["+c.Source+"]")
		label = "or when"
	}
}

// explainedTopic is something that is neither a reply nor a cause.
type explainedTopic struct {
	Explained
	Topic      string           `json:"topic"`
	Name       string           `json:"name"`
	Says       string           `json:"says"`
	IsNot      string           `json:"is_not"`
	Conditions []topicCondition `json:"conditions"`
	First      []string         `json:"first"`
	Note       *string          `json:"note"`
	Source     string           `json:"source"`
}

// topicCondition is a condition, and where it can be known.
type topicCondition struct {
	Text  string `json:"text"`
	Known string `json:"known"`
}

// explainTopic returns nil if there is no such topic.
func explainTopic(set *rules.Set, name string) explanation {
	i := slices.IndexFunc(set.Topics, func(t rules.Topic) bool { return t.Topic == name })
	if i < 0 {
		return nil
	}
	t := &set.Topics[i]
	x := &explainedTopic{
		Explained: explainedAs("topic"), Topic: t.Topic, Name: t.Name, Says: t.Says, IsNot: t.IsNot, First: t.First, Note: orNil(t.Note), Source: t.Source,
	}
	for _, c := range t.Conditions {
		x.Conditions = append(x.Conditions, topicCondition{c.Text, c.Known})
	}
	return x
}

func (x *explainedTopic) print(p *page) {
	p.line("%s: %s", x.Topic, x.Name)
	p.field("means", x.Says)
	p.field("is not", x.IsNot)
	label := "only if"
	for _, c := range x.Conditions {
		p.field(label, "[?] "+c.Text+" ("+c.Known+")")
		label = "and if"
	}
	p.field("first do", strings.Join(x.First, "; "))
	p.field("note", deref(x.Note, ""))
	p.field("source", x.Source)
}
