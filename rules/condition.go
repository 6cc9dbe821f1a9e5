package rules

import (
	"slices"
	"strings"
)

// Condition is a tree over facts. Exactly one of All, Any, Not or Fact is set; a
// Fact has at least one comparison, and all of them must hold.
type Condition struct {
	All  []Condition `yaml:"all,omitempty"`
	Any  []Condition `yaml:"any,omitempty"`
	Not  *Condition  `yaml:"not,omitempty"`
	Fact string      `yaml:"fact,omitempty"`
	GTE  *float64    `yaml:"gte,omitempty"`
	GT   *float64    `yaml:"gt,omitempty"`
	LTE  *float64    `yaml:"lte,omitempty"`
	LT   *float64    `yaml:"lt,omitempty"`
	EQ   *float64    `yaml:"eq,omitempty"`
	At   Pos         `yaml:"-"`
}

// Truth is the answer of a condition: a fact that these logs do not hold makes it
// Unknown unless the rest decides (Kleene's logic).
type Truth int8

// The answers.
const (
	Unknown Truth = iota
	False
	True
)

// Eval answers the condition from facts.
func (c *Condition) Eval(facts Facts) Truth {
	switch {
	case len(c.All) > 0:
		return fold(c.All, facts, False, True)
	case len(c.Any) > 0:
		return fold(c.Any, facts, True, False)
	case c.Not != nil:
		switch c.Not.Eval(facts) {
		case True:
			return False
		case False:
			return True
		default:
			return Unknown
		}
	}
	m, ok := facts[c.Fact]
	if !ok {
		return Unknown
	}
	v := m.Value
	if c.GTE != nil && !(v >= *c.GTE) || c.GT != nil && !(v > *c.GT) ||
		c.LTE != nil && !(v <= *c.LTE) || c.LT != nil && !(v < *c.LT) || c.EQ != nil && v != *c.EQ {
		return False
	}
	return True
}

// fold answers all (decisive False) or any (decisive True).
func fold(list []Condition, facts Facts, decisive, otherwise Truth) Truth {
	out := otherwise
	for i := range list {
		switch list[i].Eval(facts) {
		case decisive:
			return decisive
		case Unknown:
			out = Unknown
		default: // it does not change the answer
		}
	}
	return out
}

// Facts returns the names of the facts the condition tests, in order, each once.
func (c *Condition) Facts() []string {
	var names []string
	var walk func(*Condition)
	walk = func(c *Condition) {
		for i := range c.All {
			walk(&c.All[i])
		}
		for i := range c.Any {
			walk(&c.Any[i])
		}
		if c.Not != nil {
			walk(c.Not)
		}
		if c.Fact != "" && !slices.Contains(names, c.Fact) {
			names = append(names, c.Fact)
		}
	}
	walk(c)
	return names
}

// check returns what is wrong with the shape of the condition.
func (c *Condition) check() (errs []error) {
	kinds := 0
	for _, set := range []bool{len(c.All) > 0, len(c.Any) > 0, c.Not != nil, c.Fact != ""} {
		if set {
			kinds++
		}
	}
	if kinds != 1 {
		return []error{c.At.Errorf("a condition is one of all, any, not or fact; this one has %d of them", kinds)}
	}
	for _, list := range [][]Condition{c.All, c.Any} {
		for i := range list {
			errs = append(errs, list[i].check()...)
		}
	}
	if c.Not != nil {
		return append(errs, c.Not.check()...)
	}
	if c.Fact == "" {
		return errs
	}
	if _, ok := Lookup(c.Fact); !ok {
		return append(errs, c.At.Key("fact").Errorf("unknown fact %q%s", c.Fact, DidYouMean(c.Fact, factNames())))
	}
	if c.GTE == nil && c.GT == nil && c.LTE == nil && c.LT == nil && c.EQ == nil {
		return append(errs, c.At.Errorf("fact %q is compared with nothing; give gte, gt, lte, lt or eq", c.Fact))
	}
	return errs
}

func factNames() []string {
	var names []string
	for _, d := range Vocabulary() {
		names = append(names, d.Name)
	}
	return names
}

// fill replaces {fact} in a text by the fact's value in its unit, and by "?" where
// it is not known.
func fill(text string, facts Facts) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			break
		}
		j := strings.IndexByte(text[i:], '}')
		if j < 0 {
			break
		}
		name := text[i+1 : i+j]
		b.WriteString(text[:i])
		text = text[i+j+1:]
		d, _ := Lookup(name)
		if m, ok := facts[name]; ok {
			n := d.Unit.Format(m.Value)
			b.WriteString(n)
			if n == "1" {
				text = singular(text)
			}
		} else {
			b.WriteByte('?')
		}
	}
	b.WriteString(text)
	return b.String()
}

// singular turns the noun after a 1 into the singular: " retries for" becomes
// " retry for".
func singular(text string) string {
	for _, n := range []struct{ many, one string }{
		{" replies", " reply"}, {" retries", " retry"}, {" attempts", " attempt"}, {" first attempts", " first attempt"}, {" messages", " message"},
		{" recipients", " recipient"}, {" refusals", " refusal"}, {" sessions", " session"},
	} {
		if rest, ok := strings.CutPrefix(text, n.many); ok {
			return n.one + rest
		}
	}
	return text
}

// checkText returns an error if the text names an unknown fact.
func checkText(at Pos, key, text string) []error {
	for rest := text; ; {
		i := strings.IndexByte(rest, '{')
		if i < 0 {
			return nil
		}
		j := strings.IndexByte(rest[i:], '}')
		if j < 0 {
			return []error{at.Key(key).Errorf("text %q has { without }", text)}
		}
		name := rest[i+1 : i+j]
		if _, ok := Lookup(name); !ok {
			return []error{at.Key(key).Errorf("text names unknown fact %q%s", name, DidYouMean(name, factNames()))}
		}
		rest = rest[i+j+1:]
	}
}
