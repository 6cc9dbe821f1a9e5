package main

import (
	"fmt"
	"strings"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// Advice is a step as the rules have it: for whoever runs the MTA, and for the
// customer of an ESP. Texts have {fact} where a report has the number.
type Advice struct {
	ID    string `json:"id"`
	Phase string `json:"phase"`
	// States of the destination and the condition it is for; none is any.
	States []string `json:"states"`
	When   *string  `json:"when"`
	// Replies are the rules, one of which must have matched a reply; none is any.
	Replies  []string `json:"replies"`
	Text     string   `json:"text"`
	ESP      string   `json:"esp"`
	Owner    string   `json:"owner"`
	OwnerESP string   `json:"owner_esp"`
	Source   string   `json:"source"`
}

func explainAdvice(a *rules.Advice, s *rules.Step) Advice {
	x := Advice{ID: s.ID, Phase: s.Phase, States: s.States, Replies: s.Replies, Text: s.Text, ESP: s.ESP, Source: s.Source}
	x.Owner, x.OwnerESP = a.Owner(s.Fix, false), a.Owner(s.Fix, true)
	if s.When != nil {
		when := s.When.String()
		x.When = &when
	}
	return x
}

// only says when advice applies, "" if always.
func only(states, replies []string, when *string) string {
	var parts []string
	if len(replies) > 0 {
		parts = append(parts, "a reply matches "+strings.Join(replies, " or "))
	}
	if len(states) > 0 {
		parts = append(parts, "state "+strings.Join(states, " or "))
	}
	if when != nil {
		parts = append(parts, *when)
	}
	return strings.Join(parts, ", ")
}

// printSteps prints steps in their order; of several with one id, the first that
// applies is the one that a report shows.
func printSteps(p *page, steps []Advice) {
	n, phase := 0, ""
	for i := range steps {
		s := &steps[i]
		if s.Phase != phase {
			phase = s.Phase
			p.line("  %s", phase)
		}
		label := "      or"
		if i == 0 || steps[i-1].ID != s.ID {
			n++
			label = fmt.Sprintf("  %4d", n)
		}
		text, owner := s.Text, s.Owner
		if text == "" {
			text, owner = "(an ESP's customer) "+s.ESP, s.OwnerESP
		}
		why := owner + "; " + s.Source
		if only := only(s.States, s.Replies, s.When); only != "" {
			why = "if " + only + "; " + why
		}
		p.item(label, text+"  ["+why+"]", 10)
	}
}

// explainedStep is one thing to do, in all its forms.
type explainedStep struct {
	Explained
	Advice
	// Causes it is advised for; none is all.
	Causes []string `json:"causes"`
	// Or are the other forms, for other states and facts.
	Or []Advice `json:"or"`
}

// explainStep returns nil if there is no such step.
func explainStep(set *rules.Set, id string) explanation {
	var x *explainedStep
	for i := range set.Advice.Steps {
		switch s := &set.Advice.Steps[i]; {
		case s.ID != id:
		case x == nil:
			x = &explainedStep{explainedAs("step"), explainAdvice(set.Advice, s), s.Causes, []Advice{}}
		default:
			x.Or = append(x.Or, explainAdvice(set.Advice, s))
		}
	}
	if x == nil {
		return nil
	}
	return x
}

func (x *explainedStep) print(p *page) {
	p.line("step %s (%s)", x.ID, x.Phase)
	for i, s := range append([]Advice{x.Advice}, x.Or...) {
		if i > 0 {
			p.line("\n  or")
		}
		p.field("when", only(s.States, s.Replies, s.When))
		p.field("your MTA", s.Text)
		p.field("an ESP's", s.ESP)
		p.field("source", s.Source)
	}
	p.line("")
	p.field("for causes", orAll(x.Causes))
	p.field("fix is with", ownerWords(x.Owner, x.OwnerESP))
}

// ownerWords names the owner where the reader runs the MTA and where an ESP does.
func ownerWords(own, esp string) string {
	if own == esp {
		return own
	}
	return own + " (an MTA of your own), " + esp + " (through an ESP)"
}

// explainedNote is a sentence beside the steps, in all its forms.
type explainedNote struct {
	Explained
	Note  string     `json:"note"`
	Cases []noteCase `json:"cases"`
}

type noteCase struct {
	Causes []string `json:"causes"`
	States []string `json:"states"`
	When   *string  `json:"when"`
	Text   string   `json:"text"`
	ESP    string   `json:"esp"`
	Source string   `json:"source"`
}

// explainNote returns nil if there is no such note.
func explainNote(set *rules.Set, id string) explanation {
	x := &explainedNote{Explained: explainedAs("note"), Note: id}
	for i := range set.Advice.Notes {
		n := &set.Advice.Notes[i]
		if n.ID != id {
			continue
		}
		c := noteCase{Causes: n.Causes, States: n.States, Text: n.Text, ESP: n.ESP, Source: n.Source}
		if n.When != nil {
			when := n.When.String()
			c.When = &when
		}
		x.Cases = append(x.Cases, c)
	}
	if len(x.Cases) == 0 {
		return nil
	}
	return x
}

func (x *explainedNote) print(p *page) {
	p.line("note %s", x.Note)
	for i, c := range x.Cases {
		if i > 0 {
			p.line("\n  or")
		}
		p.field("when", only(c.States, nil, c.When))
		p.field("your MTA", c.Text)
		p.field("an ESP's", c.ESP)
		p.field("for causes", orAll(c.Causes))
		p.field("source", c.Source)
	}
}

// explainedAudit is the audit of the sender.
type explainedAudit struct {
	Explained
	Items  []auditItem `json:"items"`
	Source string      `json:"source"`
}

type auditItem struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Check  string `json:"check"`
	Logged bool   `json:"logged"`
	Source string `json:"source"`
}

func explainAudit(set *rules.Set) *explainedAudit {
	x := &explainedAudit{Explained: explainedAs("audit"), Source: "H71, H72"}
	for i := range set.Advice.Audit {
		a := &set.Advice.Audit[i]
		x.Items = append(x.Items, auditItem{a.ID, a.Name, a.Check, a.Logged(), a.Source})
	}
	return x
}

func (x *explainedAudit) print(p *page) {
	p.line("audit: what to look at before capacity, and what logs show of it")
	for _, a := range x.Items {
		known := "a report counts what receivers said of it"
		if !a.Logged {
			known = "not in delivery logs"
		}
		p.item("  "+a.Name, a.Check+" ("+known+")  ["+a.Source+"]", 18)
	}
	p.line("")
	p.field("is not", "a pass: that no receiver complained of an item does not prove it right")
	p.field("source", x.Source)
}

// explainedOwners is the table of who changes what.
type explainedOwners struct {
	Explained
	Fixes  []ownerRow `json:"fixes"`
	Source string     `json:"source"`
}

type ownerRow struct {
	Fix    string `json:"fix"`
	Own    string `json:"own_mta"`
	ESP    string `json:"esp"`
	Why    string `json:"why"`
	Source string `json:"source"`
}

func explainOwners(set *rules.Set) *explainedOwners {
	x := &explainedOwners{Explained: explainedAs("owners"), Source: "C50-C54, C107"}
	for _, f := range set.Advice.Fixes {
		x.Fixes = append(x.Fixes, ownerRow{f.Fix, f.Own, f.ESP, f.Why, f.Source})
	}
	return x
}

func (x *explainedOwners) print(p *page) {
	p.line("owners: who changes what, where you run the MTA and where an ESP does")
	for _, f := range x.Fixes {
		p.item("  "+f.Fix, fmt.Sprintf("%s: %s  [%s]", ownerWords(f.Own, f.ESP), f.Why, f.Source), 18)
	}
	p.line("")
	p.field("source", x.Source)
}
