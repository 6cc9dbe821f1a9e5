package rules

import (
	"cmp"
	"slices"
	"strings"
)

// Condition is a tree over facts. Exactly one of All, Any, Not or Fact is set; a
// Fact has at least one comparison, and all of them must hold. What it is compared
// with is a number or the id of a threshold of the same unit.
type Condition struct {
	All  []Condition `yaml:"all,omitempty"`
	Any  []Condition `yaml:"any,omitempty"`
	Not  *Condition  `yaml:"not,omitempty"`
	Fact string      `yaml:"fact,omitempty"`
	GTE  string      `yaml:"gte,omitempty"`
	GT   string      `yaml:"gt,omitempty"`
	LTE  string      `yaml:"lte,omitempty"`
	LT   string      `yaml:"lt,omitempty"`
	EQ   string      `yaml:"eq,omitempty"`
	At   Pos         `yaml:"-"`

	limits []limit // the comparisons with their numbers, made by check
}

// limit is one comparison of a fact.
type limit struct {
	op        string
	threshold string // id, empty for a plain number
	value     float64
}

// holds compares a value. What is not a number is in no relation to any.
func (l *limit) holds(v float64) bool {
	switch l.op {
	case ">=":
		return v >= l.value
	case ">":
		return v > l.value
	case "<=":
		return v <= l.value
	case "<":
		return v < l.value
	}
	return v == l.value
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
	for i := range c.limits {
		if !c.limits[i].holds(m.Value) {
			return False
		}
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

// walk visits every comparison of the tree, in order.
func (c *Condition) walk(visit func(*Condition)) {
	for i := range c.All {
		c.All[i].walk(visit)
	}
	for i := range c.Any {
		c.Any[i].walk(visit)
	}
	if c.Not != nil {
		c.Not.walk(visit)
	}
	if c.Fact != "" {
		visit(c)
	}
}

// Facts returns the names of the facts the condition tests, in order, each once.
func (c *Condition) Facts() []string {
	var names []string
	c.walk(func(leaf *Condition) {
		if !slices.Contains(names, leaf.Fact) {
			names = append(names, leaf.Fact)
		}
	})
	return names
}

// check returns what is wrong with the condition and finds the numbers behind the
// names of thresholds.
func (c *Condition) check(th Thresholds) (errs []error) {
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
			errs = append(errs, list[i].check(th)...)
		}
	}
	if c.Not != nil {
		return append(errs, c.Not.check(th)...)
	}
	if c.Fact == "" {
		return errs
	}
	d, ok := Lookup(c.Fact)
	if !ok {
		return append(errs, c.At.Key("fact").Errorf("unknown fact %q%s", c.Fact, DidYouMean(c.Fact, factNames())))
	}
	c.limits = nil
	for _, side := range []struct{ key, op, text string }{
		{"gte", ">=", c.GTE}, {"gt", ">", c.GT}, {"lte", "<=", c.LTE}, {"lt", "<", c.LT}, {"eq", "is", c.EQ},
	} {
		if side.text == "" {
			continue
		}
		l := limit{op: side.op}
		if t := th[side.text]; t != nil {
			l.threshold, l.value = t.ID, t.Value
			if t.Unit != d.Unit {
				errs = append(errs, c.At.Key(side.key).Errorf("threshold %q is in %s, fact %q in %s", t.ID, t.Unit, c.Fact, d.Unit))
			}
		} else if v, err := d.Unit.Parse(side.text); err == nil {
			l.value = v
		} else {
			errs = append(errs, c.At.Key(side.key).Errorf("%s: %v, or the name of a threshold%s", side.key, err, DidYouMean(side.text, th.ids())))
		}
		c.limits = append(c.limits, l)
	}
	if len(c.limits) == 0 && len(errs) == 0 {
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
			n := m.String(d.Unit)
			b.WriteString(n)
			text = sameEnd(text, n, facts)
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

// sameEnd cuts the end of a range off that is what it begins with: "2 to 2" is 2. text is
// what follows the beginning.
func sameEnd(text, from string, facts Facts) string {
	rest, ok := strings.CutPrefix(text, " to {")
	name, after, closed := strings.Cut(rest, "}")
	m, known := facts[name]
	if d, _ := Lookup(name); ok && closed && known && m.String(d.Unit) == from {
		return after
	}
	return text
}

// speaker is the fact that a condition is shown with: the first that is known.
func (c *Condition) speaker(facts Facts) string {
	first, speaker := "", ""
	c.walk(func(leaf *Condition) {
		if first == "" {
			first = leaf.Fact
		}
		if _, ok := facts[leaf.Fact]; ok && speaker == "" {
			speaker = leaf.Fact
		}
	})
	return cmp.Or(speaker, first)
}

// fills says that all facts that a text names are known.
func fills(text string, facts Facts) bool {
	for {
		_, rest, open := strings.Cut(text, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !open || !closed {
			return true
		}
		if _, ok := facts[name]; !ok {
			return false
		}
		text = after
	}
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

// settle checks the names in a text and writes the values of thresholds for theirs.
func (th Thresholds) settle(at Pos, key string, text *string) []error {
	var b strings.Builder
	for rest := *text; ; {
		i := strings.IndexByte(rest, '{')
		if i < 0 {
			b.WriteString(rest)
			*text = b.String()
			return nil
		}
		j := strings.IndexByte(rest[i:], '}')
		if j < 0 {
			return []error{at.Key(key).Errorf("text %q has { without }", *text)}
		}
		name := rest[i+1 : i+j]
		b.WriteString(rest[:i])
		rest = rest[i+j+1:]
		if t := th[name]; t != nil {
			b.WriteString(t.String())
		} else if _, ok := Lookup(name); ok {
			b.WriteString("{" + name + "}")
		} else {
			return []error{at.Key(key).Errorf("text names unknown fact or threshold %q%s", name, DidYouMean(name, append(factNames(), th.ids()...)))}
		}
	}
}
