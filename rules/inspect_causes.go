package rules

import (
	"fmt"
	"slices"
	"strings"
)

// Use is a place in the signal table that looks at a fact or a threshold.
type Use struct {
	// Where is "cause burst, signal burst-curve" or "severity watch".
	Where string
	// Weight is that of the signal, 0 for what has none.
	Weight float64
	When   string
	Source string
}

// Uses returns the places that test a fact, in the order of the table.
func (c *Causes) Uses(fact string) []Use {
	return c.uses(testsFact(fact))
}

// UsesThreshold returns the places that compare with a threshold.
func (c *Causes) UsesThreshold(id string) []Use {
	return c.uses(comparesWith(id))
}

func testsFact(fact string) func(*Condition) bool {
	return func(leaf *Condition) bool { return leaf.Fact == fact }
}

func comparesWith(threshold string) func(*Condition) bool {
	return func(leaf *Condition) bool {
		return slices.ContainsFunc(leaf.limits, func(l limit) bool { return l.threshold == threshold })
	}
}

// uses returns the places with a comparison of that kind.
func (c *Causes) uses(kind func(*Condition) bool) []Use {
	var out []Use
	look := func(where string, weight float64, when *Condition, source string) {
		found := false
		if when != nil {
			when.walk(func(leaf *Condition) { found = found || kind(leaf) })
		}
		if found {
			out = append(out, Use{where, weight, when.String(), source})
		}
	}
	look("whether there is anything to explain", 0, &c.Concerns, c.ConcernsSource)
	look("whether there is enough evidence", 0, &c.Enough, c.EnoughSource)
	for i := range c.Causes {
		k := &c.Causes[i]
		look("cause "+k.ID+" is considered", 0, k.Needs, k.Source)
		for j := range k.Signals {
			s := &k.Signals[j]
			look("cause "+k.ID+", signal "+s.ID, s.Weight, &s.When, s.Source)
		}
	}
	for i := range c.Levels {
		l := &c.Levels[i]
		look("level "+l.Level, 0, &l.When, l.Source)
	}
	look("whether to raise the alert", 0, c.Alert, c.AlertSource)
	for _, l := range c.markLists() {
		for i := range l.list {
			m := &l.list[i]
			look(l.key+" "+m.ID, 0, m.When, m.Source)
		}
	}
	return out
}

// String writes a condition for people: "refused_calm >= 40% and attempts_calm >= 10".
func (c *Condition) String() string {
	switch {
	case len(c.All) > 0:
		return join(c.All, " and ")
	case len(c.Any) > 0:
		return join(c.Any, " or ")
	case c.Not != nil:
		return "not (" + c.Not.String() + ")"
	}
	d, _ := Lookup(c.Fact)
	var parts []string
	for _, l := range c.limits {
		text := fmt.Sprintf("%s %s %s", c.Fact, l.op, d.Unit.Format(l.value))
		if l.threshold != "" {
			text += " (" + l.threshold + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " and ")
}

// join writes several conditions; trees in it get parentheses.
func join(list []Condition, word string) string {
	parts := make([]string, len(list))
	for i := range list {
		parts[i] = list[i].String()
		if len(list) > 1 && len(list[i].All)+len(list[i].Any) > 1 {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, word)
}
