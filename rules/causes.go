package rules

import "slices"

// Causes is the signal table: which facts speak for and against each cause, when a
// cause holds, and how grave the state of a destination is (rules/causes.yaml).
type Causes struct {
	// Enough is the least evidence a verdict needs; below it the cause is unclear
	// (requirement C56: never diagnose from one bounce line).
	Enough       Condition `yaml:"enough"`
	EnoughSource string    `yaml:"enough_source"`
	// Concerns says whether a destination has anything to explain at all.
	Concerns       Condition `yaml:"concerns"`
	ConcernsSource string    `yaml:"concerns_source"`
	Causes         []Cause   `yaml:"causes"`
	Levels         []Level   `yaml:"severity"`
	// Alert says that deferrals have gone on for too long (H83).
	Alert       *Condition `yaml:"alert,omitempty"`
	AlertSource string     `yaml:"alert_source,omitempty"`
	// Actionable are the patterns each of which makes deferrals worth acting on
	// (C66-C69), Immediate and Underlying the names of the problem at hand and of the
	// one beneath it (H18, H19), Qualifiers what is no cause of its own (X11).
	Actionable []Mark `yaml:"actionable,omitempty"`
	Immediate  []Mark `yaml:"immediate,omitempty"`
	Underlying []Mark `yaml:"underlying,omitempty"`
	Qualifiers []Mark `yaml:"qualifiers,omitempty"`
	At         Pos    `yaml:"-"`

	thresholds Thresholds
}

// Cause is one of burst, trust, queue-pressure, warm-up, listing.
type Cause struct {
	ID      string `yaml:"cause"`
	Meaning string `yaml:"meaning"`
	// Role is immediate (the pressure itself) or underlying (why the receiver
	// keeps limiting), requirement H18.
	Role string `yaml:"role"`
	// Outranks makes the cause first whenever it holds.
	Outranks bool `yaml:"outranks"`
	// Needs must be true, else the cause is not considered.
	Needs *Condition `yaml:"needs,omitempty"`
	// Hold is the score from which the cause holds, Full the score of full confidence.
	Hold    float64  `yaml:"hold"`
	Full    float64  `yaml:"full"`
	Signals []Signal `yaml:"signals"`
	Source  string   `yaml:"source"`
	At      Pos      `yaml:"-"`
}

// Signal is one condition with its weight: positive speaks for the cause when it
// holds, negative against it. The text of the case that applies is printed with
// the measured numbers; an empty text is not printed.
type Signal struct {
	ID      string    `yaml:"id"`
	When    Condition `yaml:"when"`
	Weight  float64   `yaml:"weight"`
	Text    string    `yaml:"text"`
	Else    string    `yaml:"else,omitempty"`
	Unknown string    `yaml:"unknown,omitempty"`
	// Least is what it takes to say that the condition does not hold; where there is
	// less, the answer is ? and Few is said instead of Else. It does not weigh.
	Least  *Condition `yaml:"least,omitempty"`
	Few    string     `yaml:"few,omitempty"`
	Source string     `yaml:"source"`
	At     Pos        `yaml:"-"`
}

// Level is one level of severity, gravest first (requirements C77-C79).
type Level struct {
	Level  string    `yaml:"level"`
	When   Condition `yaml:"when"`
	Text   string    `yaml:"text"`
	Source string    `yaml:"source"`
	At     Pos       `yaml:"-"`
}

// CauseNames are the causes a rule may name.
func CauseNames() []string { return []string{"burst", "trust", "queue-pressure", "warm-up", "listing"} }

// Evidence is one signal with its answer.
type Evidence struct {
	Signal string
	Sign   string // + for, - against, ? not in these logs
	Fact   string // the first fact the signal tests
	Text   string
	Source string
}

// Verdict is what the signals say about one cause.
type Verdict struct {
	Cause      string
	Role       string
	Outranks   bool
	Holds      bool
	Score      float64
	Confidence float64
	Evidence   []Evidence
}

// Decide weighs every cause, best first. A cause that does not hold is returned
// too, so that the reader sees why not.
func (c *Causes) Decide(facts Facts) []Verdict {
	var out []Verdict
	for i := range c.Causes {
		if k := &c.Causes[i]; k.Needs == nil || k.Needs.Eval(facts) == True {
			out = append(out, k.weigh(facts, c.thresholds))
		}
	}
	slices.SortStableFunc(out, func(a, b Verdict) int {
		switch {
		case a.Holds != b.Holds:
			return order(a.Holds)
		case a.Holds && a.Outranks != b.Outranks:
			return order(a.Outranks)
		case a.Confidence != b.Confidence:
			return order(a.Confidence > b.Confidence)
		}
		return order(a.Score > b.Score)
	})
	return out
}

func order(first bool) int {
	if first {
		return -1
	}
	return 1
}

func (k *Cause) weigh(facts Facts, th Thresholds) Verdict {
	v := Verdict{Cause: k.ID, Role: k.Role, Outranks: k.Outranks, Evidence: make([]Evidence, 0, len(k.Signals))}
	for i := range k.Signals {
		s := &k.Signals[i]
		e := Evidence{Signal: s.ID, Fact: s.When.speaker(facts), Source: s.Source}
		sign, against := "+", "-"
		if s.Weight < 0 {
			sign, against = "-", "+"
		}
		switch s.When.Eval(facts) {
		case True:
			v.Score += s.Weight
			e.Sign, e.Text = sign, s.Text
		case False:
			e.Sign, e.Text = against, s.Else
			if s.Least != nil && s.Least.Eval(facts) != True {
				e.Sign, e.Text = "?", s.Few
			}
		default:
			e.Sign, e.Text = "?", s.Unknown
		}
		if !fills(e.Text, facts) {
			e.Sign, e.Text = "?", s.Unknown // a sentence with a gap tells nothing
		}
		if e.Text != "" {
			e.Text = fill(e.Text, facts)
			v.Evidence = append(v.Evidence, e)
		}
	}
	v.Holds = v.Score >= k.Hold
	v.Confidence = min(max(v.Score/k.Full, 0), 1) * th.Value(ConfidenceMost) * support(facts, th)
	return v
}

// support lowers confidence where there is little to judge from: n refusals give
// n/(n+half).
func support(facts Facts, th Thresholds) float64 {
	n := facts["trouble_refusals"].Value
	return n / (n + th.Value(ConfidenceHalf))
}

// Severity returns the gravest level that applies and why; "normal" if none. What is
// worth acting on is worth watching at least (C66-C69).
func (c *Causes) Severity(facts Facts) (level, why string) {
	for i := range c.Levels {
		if l := &c.Levels[i]; l.When.Eval(facts) == True {
			return l.Level, fill(l.Text, facts)
		}
	}
	if act := c.Act(facts); len(act) > 0 {
		return "watch", act[0].Text
	}
	return "normal", ""
}

// LoadCauses reads the signal table from YAML, with the thresholds it names, and
// returns every mistake in it.
func LoadCauses(file string, src []byte, th Thresholds) (*Causes, []error) {
	c, errs := decodeCauses(file, src)
	return c, append(errs, c.check(th)...)
}

func decodeCauses(file string, src []byte) (*Causes, []error) {
	c := Causes{At: Pos{File: file, Line: 1, Column: 1}}
	return &c, DecodeStrict(file, src, &c)
}

// check returns everything that is wrong with the table beyond its YAML form, and
// puts the values of thresholds where their names are.
func (c *Causes) check(th Thresholds) (errs []error) {
	c.thresholds = th
	add := func(more ...error) { errs = append(errs, more...) }
	for _, k := range []struct {
		key, source string
		when        *Condition
	}{{"enough", c.EnoughSource, &c.Enough}, {"concerns", c.ConcernsSource, &c.Concerns}} {
		if k.when.At.Line == 0 {
			errs = append(errs, c.At.Errorf("needs %s, a condition", k.key))
			continue
		}
		add(k.when.check(th)...)
		add(sourced(k.when.At, k.source)...)
	}
	for i := range c.Causes {
		add(c.Causes[i].check(th)...)
	}
	for i := range c.Levels {
		l := &c.Levels[i]
		add(oneOf(l.At, "level", l.Level, []string{"normal", "watch", "escalate"})...)
		add(sourced(l.At, l.Source)...)
		add(l.When.check(th)...)
		add(th.settle(l.At, "text", &l.Text)...)
	}
	add(c.checkMarks(th)...)
	return errs
}

func (k *Cause) check(th Thresholds) (errs []error) {
	errs = append(errs, oneOf(k.At, "cause", k.ID, CauseNames())...)
	errs = append(errs, oneOf(k.At, "role", k.Role, []string{"immediate", "underlying"})...)
	errs = append(errs, sourced(k.At, k.Source)...)
	if k.Hold <= 0 || k.Full < k.Hold {
		errs = append(errs, k.At.Key("hold").Errorf("cause %q: want 0 < hold <= full", k.ID))
	}
	if k.Needs != nil {
		errs = append(errs, k.Needs.check(th)...)
	}
	seen := map[string]bool{}
	for i := range k.Signals {
		s := &k.Signals[i]
		if s.ID == "" || seen[s.ID] {
			errs = append(errs, s.At.Key("id").Errorf("cause %q: each signal needs an id of its own", k.ID))
		}
		seen[s.ID] = true
		if s.Weight == 0 {
			errs = append(errs, s.At.Errorf("signal %q weighs nothing; give a weight", s.ID))
		}
		errs = append(errs, sourced(s.At, s.Source)...)
		errs = append(errs, s.When.check(th)...)
		errs = append(errs, th.settle(s.At, "text", &s.Text)...)
		errs = append(errs, th.settle(s.At, "else", &s.Else)...)
		errs = append(errs, th.settle(s.At, "unknown", &s.Unknown)...)
		errs = append(errs, th.settle(s.At, "few", &s.Few)...)
		if s.Least != nil {
			errs = append(errs, s.Least.check(th)...)
		}
	}
	return errs
}

// oneOf returns an error if a word is not in the list.
func oneOf(at Pos, key, word string, list []string) []error {
	if slices.Contains(list, word) {
		return nil
	}
	return []error{at.Key(key).Errorf("unknown %s %q%s", key, word, DidYouMean(word, list))}
}

// sourced returns an error if a rule has no source (requirement X09).
func sourced(at Pos, source string) []error {
	if source != "" {
		return nil
	}
	return []error{at.Errorf("no source; name the requirement, RFC or document it comes from")}
}
