package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// explainedRule is a reply rule with its fields as they are written, and its place
// among the others.
type explainedRule struct {
	Explained
	ID         string   `json:"id"`
	Class      string   `json:"class"`
	LimitKind  *string  `json:"limit_kind"`
	Scope      *string  `json:"scope"`
	Providers  []string `json:"providers"`
	Codes      []string `json:"codes"`
	Enhanced   []string `json:"enhanced"`
	All        []string `json:"all"`
	Any        []string `json:"any"`
	With       []string `json:"with"`
	Not        []string `json:"not"`
	Pattern    *string  `json:"pattern"`
	Confidence float64  `json:"confidence"`
	Action     *string  `json:"action"`
	WaitS      *int64   `json:"wait_s"`
	Note       *string  `json:"note"`
	Match      []string `json:"match"`
	NoMatch    []string `json:"no_match"`
	Order      int      `json:"order"`
	Origin     string   `json:"origin"`
	// Instead is the place of the built-in rule that it replaces.
	Instead *string `json:"instead"`
	// Overridden are rules that come first and know an example of it as well.
	Overridden []override `json:"overridden_by"`
	Source     string     `json:"source"`
}

// override is a rule that decides instead where its providers are the receiver
// (everywhere if there are none).
type override struct {
	Rule      string   `json:"rule"`
	Class     string   `json:"class"`
	Providers []string `json:"providers"`
}

func explainRule(set *rules.Set, r *rules.ReplyRule, dir string) *explainedRule {
	x := &explainedRule{
		Explained: explainedAs("rule"), ID: r.ID, Class: r.Class, LimitKind: orNil(r.Kind), Scope: orNil(r.Scope), Providers: r.Providers,
		Codes: r.Codes, Enhanced: r.Enhanced, All: r.All, Any: r.Any, With: r.With, Not: r.Not, Pattern: orNil(r.Pattern),
		Confidence: r.Confidence, Action: orNil(r.Action), Note: orNil(r.Note), Match: r.Examples.Match, NoMatch: r.Examples.NoMatch,
		Order: r.Order, Origin: originOf(r, dir), Source: r.Source,
	}
	if s := int64(r.Wait / time.Second); s > 0 {
		x.WaitS = &s
	}
	x.Instead = insteadOf(set, r)
	for _, o := range set.Replies.Overriding(r) {
		x.Overridden = append(x.Overridden, override{o.ID, o.Class, o.Providers})
	}
	return x
}

// insteadOf is the place of the built-in rule that a user's rule replaces, nil if
// there is none.
func insteadOf(set *rules.Set, r *rules.ReplyRule) *string {
	i := slices.IndexFunc(set.Overrides, func(o rules.Override) bool { return o.ID == r.ID })
	if i < 0 || !r.User {
		return nil
	}
	place := "built-in " + set.Overrides[i].Instead
	return &place
}

// overridesShown bounds the list in text; the JSON has all of it.
const overridesShown = 8

func (x *explainedRule) print(p *page) {
	p.line("rule %s", x.ID)
	class := x.Class
	if x.LimitKind != nil {
		class += ", " + *x.LimitKind
	}
	p.field("class", class)
	p.field("scope", deref(x.Scope, "read from the words of each reply"))
	p.field("receivers", orAll(x.Providers))
	p.field("codes", strings.Join(x.Codes, ", "))
	p.field("enhanced", strings.Join(x.Enhanced, ", "))
	p.field("all of", quoted(x.All))
	p.field("any of", quoted(x.Any))
	p.field("with any of", quoted(x.With))
	p.field("none of", quoted(x.Not))
	p.field("pattern", deref(x.Pattern, ""))
	p.field("confidence", confidenceText(x.Confidence))
	p.field("reported", actionText(deref(x.Action, ""), x.WaitS))
	p.field("note", deref(x.Note, ""))
	p.fields("matches", x.Match)
	p.fields("but not", x.NoMatch)
	p.field("place", fmt.Sprintf("%s, precedence %d", x.Origin, x.Order))
	if x.Instead != nil {
		p.field("instead of", *x.Instead)
	}
	label := "comes after"
	for i, o := range x.Overridden {
		if i == overridesShown {
			p.field(label, fmt.Sprintf("and %d more; all are in --json", len(x.Overridden)-i))
			break
		}
		where := "everywhere"
		if len(o.Providers) > 0 {
			where = "at " + orAll(o.Providers)
		}
		p.field(label, fmt.Sprintf("%s (%s), %s", o.Rule, o.Class, where))
		label = ""
	}
	p.field("source", x.Source)
}

// orAll is a list of providers; none is all receivers.
func orAll(providers []string) string {
	if len(providers) == 0 {
		return "all"
	}
	return strings.Join(providers, ", ")
}

// quoted lists phrases as they are written.
func quoted(list []string) string {
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = `"` + s + `"`
	}
	return strings.Join(words, " ")
}

// explainedClass is what a class of replies means.
type explainedClass struct {
	Explained
	Class  string   `json:"class"`
	Name   string   `json:"name"`
	Says   string   `json:"says"`
	Scope  *string  `json:"scope_says"`
	IsNot  string   `json:"is_not"`
	First  []string `json:"first"`
	Fix    string   `json:"fix"`
	Rules  []string `json:"rules"`
	Source string   `json:"source"`
	// Rule is there where a rule has the same name.
	Rule *explainedRule `json:"rule"`
}

func explainClass(set *rules.Set, class mail.Class, dir string) *explainedClass {
	m := set.Meanings.Class(class)
	x := &explainedClass{
		Explained: explainedAs("class"), Class: m.Class, Name: m.Name, Says: m.Says, Scope: orNil(m.Scope), IsNot: m.IsNot,
		First: m.First, Fix: m.Fix, Source: m.Source,
	}
	for _, r := range set.Rules() {
		if c, _ := r.Meaning(); c == class {
			x.Rules = append(x.Rules, r.ID)
		}
	}
	if r := set.Rule(m.Class); r != nil {
		x.Rule = explainRule(set, r, dir)
	}
	return x
}

func (x *explainedClass) print(p *page) {
	p.line("class %s: %s", x.Class, x.Name)
	p.field("says", x.Says)
	p.field("scope", deref(x.Scope, ""))
	p.field("is not", x.IsNot)
	p.field("first do", strings.Join(x.First, "; "))
	p.field("fix is with", x.Fix)
	p.field("rules", plural(int64(len(x.Rules)), "rule")+": diagnose rules list --class "+x.Class)
	p.field("source", x.Source)
	if x.Rule != nil {
		p.line("")
		x.Rule.print(p)
	}
}
