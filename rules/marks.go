package rules

import "slices"

// Mark is a name for what facts show beside the cause: a qualifier (X11), a pattern
// that calls for action (C66-C69), the immediate or the deeper problem (H18, H19).
type Mark struct {
	ID string `yaml:"id"`
	// Causes one of which must hold; empty asks for none.
	Causes []string `yaml:"causes,omitempty"`
	// When must be true, if it is there.
	When   *Condition `yaml:"when,omitempty"`
	Text   string     `yaml:"text"`
	Source string     `yaml:"source"`
	At     Pos        `yaml:"-"`
}

// Marked is a mark that applies, its text filled in.
type Marked struct {
	ID, Text, Source string
	// Evidence are the facts of its condition that these logs have.
	Evidence []Evidence
}

// Qualify returns the qualifiers that apply, in the order of the table. They are a
// second axis and never a cause (requirement X11).
func (c *Causes) Qualify(facts Facts) []Marked { return marked(c.Qualifiers, facts) }

// Act returns the patterns that make deferrals worth acting on (C66-C69).
func (c *Causes) Act(facts Facts) []Marked { return marked(c.Actionable, facts) }

// Alerts says that deferrals go on for so long that somebody should be told (H83).
func (c *Causes) Alerts(facts Facts) bool { return c.Alert != nil && c.Alert.Eval(facts) == True }

// Problems returns the id of the immediate problem and that of the deeper one (H18,
// H19); empty where no cause holds. Verdicts come best first, as from Decide.
func (c *Causes) Problems(facts Facts, verdicts []Verdict) (immediate, underlying string) {
	first := func(list []Mark, role string) string {
		for _, r := range []string{role, "immediate", "underlying"} {
			for _, v := range verdicts {
				if !v.Holds || v.Role != r {
					continue
				}
				for i := range list {
					if m := &list[i]; slices.Contains(m.Causes, v.Cause) && m.applies(facts) {
						return m.ID
					}
				}
			}
		}
		return ""
	}
	return first(c.Immediate, "immediate"), first(c.Underlying, "underlying")
}

func (m *Mark) applies(facts Facts) bool { return m.When == nil || m.When.Eval(facts) == True }

func marked(list []Mark, facts Facts) []Marked {
	var out []Marked
	for i := range list {
		m := &list[i]
		if !m.applies(facts) {
			continue
		}
		one := Marked{ID: m.ID, Text: fill(m.Text, facts), Source: m.Source}
		for _, name := range m.When.Facts() {
			d, _ := Lookup(name)
			if f, ok := facts[name]; ok {
				one.Evidence = append(one.Evidence, Evidence{Signal: m.ID, Sign: "+", Fact: name, Text: d.Meaning + ": " + f.String(d.Unit), Source: m.Source})
			}
		}
		out = append(out, one)
	}
	return out
}

// markList is one list of marks with what messages call it.
type markList struct {
	key  string
	list []Mark
}

func (c *Causes) markLists() []markList {
	return []markList{{"actionable", c.Actionable}, {"immediate", c.Immediate}, {"underlying", c.Underlying}, {"qualifier", c.Qualifiers}}
}

// QualifierIDs are the ids of the qualifiers, in order.
func (c *Causes) QualifierIDs() []string { return markIDs(c.Qualifiers) }

func markIDs(list []Mark) []string {
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	return ids
}

// checkMarks returns what is wrong with the marks and with the alert.
func (c *Causes) checkMarks(th Thresholds) (errs []error) {
	if c.Alert != nil {
		errs = append(errs, c.Alert.check(th)...)
		errs = append(errs, sourced(c.Alert.At, c.AlertSource)...)
	}
	for _, l := range c.markLists() {
		problem := l.key == "immediate" || l.key == "underlying"
		seen := map[string]bool{}
		for i := range l.list {
			m := &l.list[i]
			if m.ID == "" || seen[m.ID] {
				errs = append(errs, m.At.Key("id").Errorf("%s: each needs an id of its own", l.key))
			}
			seen[m.ID] = true
			errs = append(errs, sourced(m.At, m.Source)...)
			switch {
			case m.When != nil:
				errs = append(errs, m.When.check(th)...)
			case !problem:
				errs = append(errs, m.At.Errorf("%s %q needs when, a condition", l.key, m.ID))
			}
			if problem == (len(m.Causes) == 0) {
				errs = append(errs, m.At.Errorf("%s %q: causes belong to immediate and underlying, which need them", l.key, m.ID))
			}
			for _, id := range m.Causes {
				errs = append(errs, oneOf(m.At, "causes", id, CauseNames())...)
			}
			errs = append(errs, th.settle(m.At, "text", &m.Text)...)
		}
	}
	return errs
}
