package rules

import "slices"

// Tested is one condition of the signal table as it was answered.
type Tested struct {
	// Where is "cause burst, signal burst-curve" or "level watch".
	Where string
	// When is the condition with its thresholds.
	When   string
	Answer Truth
	// Facts are the values that it looked at; a fact that these logs do not have is
	// not among Known.
	Facts []TestedFact
	// Weight is that of a signal, Score the sum of its cause so far.
	Weight, Score float64
	Source        string
}

// TestedFact is a fact with its value.
type TestedFact struct {
	Definition
	Measure
	Known bool
}

// String writes the answer: yes, no or unknown.
func (t Truth) String() string {
	switch t {
	case True:
		return "yes"
	case False:
		return "no"
	default:
		return "unknown"
	}
}

// Trace answers every condition in the order in which a decision is made: is there
// anything to explain, is there enough evidence, each cause with its signals, then
// the levels of severity, the alert and the names of what is beside the cause. The same facts give the same path (requirement C32).
func (c *Causes) Trace(facts Facts) []Tested {
	var out []Tested
	test := func(where string, when *Condition, source string) *Tested {
		t := Tested{Where: where, When: when.String(), Answer: when.Eval(facts), Source: source}
		for _, name := range when.Facts() {
			d, _ := Lookup(name)
			m, known := facts[name]
			t.Facts = append(t.Facts, TestedFact{d, m, known})
		}
		out = append(out, t)
		return &out[len(out)-1]
	}
	test("is there anything to explain", &c.Concerns, c.ConcernsSource)
	test("is there enough evidence", &c.Enough, c.EnoughSource)
	for i := range c.Causes {
		k := &c.Causes[i]
		if k.Needs != nil && test("cause "+k.ID+" is considered", k.Needs, k.Source).Answer != True {
			continue
		}
		var score float64
		for j := range k.Signals {
			s := &k.Signals[j]
			t := test("cause "+k.ID+", signal "+s.ID, &s.When, s.Source)
			t.Weight = s.Weight
			if t.Answer == True {
				score += s.Weight
			}
			t.Score = score
		}
	}
	for i := range c.Levels {
		l := &c.Levels[i]
		test("level "+l.Level, &l.When, l.Source)
	}
	if c.Alert != nil {
		test("is it to raise the alert", c.Alert, c.AlertSource)
	}
	for _, l := range c.markLists() {
		for i := range l.list {
			if m := &l.list[i]; m.When != nil {
				test(l.key+" "+m.ID, m.When, m.Source)
			}
		}
	}
	return slices.Clip(out)
}
