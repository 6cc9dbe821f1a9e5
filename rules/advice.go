package rules

import (
	"slices"
	"strings"
)

// Advice is what follows from a diagnosis (rules/advice.yaml): the steps in order,
// sentences that belong beside them, the audit of the sender, and who can do what.
type Advice struct {
	Fixes   []Fix       `yaml:"fixes"`
	Steps   []Step      `yaml:"steps"`
	Notes   []Note      `yaml:"notes"`
	Audit   []AuditItem `yaml:"audit"`
	Missing []Missing   `yaml:"missing"`
	At      Pos         `yaml:"-"`
}

// Fix is one row of the table of owners: who changes it, and why it helps
// (requirements C50-C54).
type Fix struct {
	Fix string `yaml:"fix"`
	// Own is the owner where the reader runs the MTA, ESP where an ESP does.
	Own string `yaml:"own"`
	ESP string `yaml:"esp"`
	// Causes are those that it removes, where that needs another owner than the queue.
	Causes []string `yaml:"causes,omitempty"`
	Why    string   `yaml:"why"`
	Source string   `yaml:"source"`
	At     Pos      `yaml:"-"`
}

// Owners are who can take a step.
func Owners() []string { return []string{"mta-operator", "sender", "esp", "esp-and-sender"} }

// Phases are the parts of a repair, in their order (requirement H25).
func Phases() []string { return []string{"pause", "throttle", "retry", "check-reputation", "resume"} }

// States are how things stand at the end of the log: what measuring calls them.
func States() []string { return []string{"active", "recovering", "recovered", "stable"} }

// Step is one thing to do. Steps are taken in the order of the file; of several
// with one id the first that applies is meant.
type Step struct {
	ID    string `yaml:"id"`
	Phase string `yaml:"phase"`
	// Causes and States it is for; empty is all. When must be true.
	Causes []string   `yaml:"causes,omitempty"`
	States []string   `yaml:"states,omitempty"`
	When   *Condition `yaml:"when,omitempty"`
	// Replies are rules; one of them must have matched a reply of the receiver.
	Replies []string `yaml:"replies,omitempty"`
	// Text is for whoever runs the MTA, ESP for the customer of an ESP; a step
	// without text for the reader at hand is left out.
	Text string `yaml:"text"`
	ESP  string `yaml:"esp,omitempty"`
	// Fix names the row of the table of owners that says who can do it.
	Fix    string `yaml:"fix"`
	Source string `yaml:"source"`
	At     Pos    `yaml:"-"`

	// Owner is who can do it, for the reader at hand.
	Owner string `yaml:"-"`
}

// Note is a sentence that belongs beside the steps, most relevant first.
type Note struct {
	ID     string     `yaml:"id"`
	Causes []string   `yaml:"causes,omitempty"`
	States []string   `yaml:"states,omitempty"`
	When   *Condition `yaml:"when,omitempty"`
	// Text is for whoever runs the MTA, ESP for the customer of an ESP.
	Text string `yaml:"text"`
	ESP  string `yaml:"esp,omitempty"`
	// Full notes are for full reports only.
	Full   bool   `yaml:"full,omitempty"`
	Source string `yaml:"source"`
	At     Pos    `yaml:"-"`
}

// AuditItem is one item of the audit of the sender (requirement H71) and what a log
// can show of it.
type AuditItem struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
	// Check is what to look at, wherever that is.
	Check string `yaml:"check"`
	// Fact is measured: what the log shows of the item. Else Classes, Codes (enhanced)
	// and Words find the replies that name it: those of a class that have a code or a
	// word of them, all of the class where neither is given. An item with none of
	// them is in no log.
	Fact    string   `yaml:"fact,omitempty"`
	Classes []string `yaml:"classes,omitempty"`
	Codes   []string `yaml:"codes,omitempty"`
	Words   []string `yaml:"words,omitempty"`
	// Shows says what the number counts: "refusals name it".
	Shows  string `yaml:"shows,omitempty"`
	Source string `yaml:"source"`
	At     Pos    `yaml:"-"`

	codes []enhancedMatch // Codes, made by check
}

// Missing names a fact that no log can hold or this one does not.
type Missing struct {
	Text   string `yaml:"text"`
	Source string `yaml:"source"`
	At     Pos    `yaml:"-"`
}

// Situation is what advice depends on.
type Situation struct {
	// Cause is one of CauseNames, "unclear" or "none"; State is one of States, where
	// empty is active.
	Cause, State string
	// ESP says that the reader is the customer of an ESP, who cannot change a queue
	// and can only ask (requirements C39, C107, X03).
	ESP   bool
	Facts Facts
	// Replies are the rules that matched replies of the receiver.
	Replies []string
}

func (s *Situation) meets(causes, states []string, when *Condition) bool {
	state := s.State
	if state == "" {
		state = "active"
	}
	return (len(causes) == 0 || slices.Contains(causes, s.Cause)) &&
		(len(states) == 0 || slices.Contains(states, state)) &&
		(when == nil || when.Eval(s.Facts) == True)
}

// replied says that one of the rules matched a reply, or that none is asked for.
func (s *Situation) replied(ids []string) bool {
	return len(ids) == 0 || slices.ContainsFunc(ids, func(id string) bool { return slices.Contains(s.Replies, id) })
}

// text chooses the words for the reader and fills in what was measured.
func (s *Situation) text(own, esp string) string {
	if s.ESP {
		own = esp
	}
	return fill(own, s.Facts)
}

// StepsFor returns the steps of a situation, in order, with the words and the owner
// for its reader.
func (a *Advice) StepsFor(s Situation) []Step {
	var out []Step
	for _, step := range a.Steps {
		step.Text = s.text(step.Text, step.ESP)
		if step.Text == "" || !s.meets(step.Causes, step.States, step.When) || !s.replied(step.Replies) ||
			slices.ContainsFunc(out, func(o Step) bool { return o.ID == step.ID }) {
			continue
		}
		step.Owner = a.Owner(step.Fix, s.ESP)
		out = append(out, step)
	}
	return out
}

// NotesFor returns the notes of a situation, most relevant first.
func (a *Advice) NotesFor(s Situation) []Note {
	var out []Note
	for _, n := range a.Notes {
		n.Text = s.text(n.Text, n.ESP)
		if n.Text != "" && s.meets(n.Causes, n.States, n.When) &&
			!slices.ContainsFunc(out, func(o Note) bool { return o.ID == n.ID }) {
			out = append(out, n)
		}
	}
	return out
}

// Owner is who can do a fix: where the reader runs the MTA, or where an ESP does. It
// is empty where there is no such fix.
func (a *Advice) Owner(fix string, esp bool) string {
	f := first(a.Fixes, func(f *Fix) bool { return f.Fix == fix })
	switch {
	case f == nil:
		return ""
	case esp:
		return f.ESP
	}
	return f.Own
}

// OwnerOf is who, beside whoever runs the queue of an ESP, has to remove a cause: the
// owner of its fix; empty where that is the ESP alone (requirements C35, C38).
func (a *Advice) OwnerOf(cause string) string {
	if f := first(a.Fixes, func(f *Fix) bool { return slices.Contains(f.Causes, cause) }); f != nil {
		return f.ESP
	}
	return ""
}

// StepIDs are the ids of all steps, each once, in order.
func (a *Advice) StepIDs() []string {
	var ids []string
	for i := range a.Steps {
		if id := a.Steps[i].ID; !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// LoadAdvice reads advice from YAML, with the thresholds it names, and returns every
// mistake in it.
func LoadAdvice(file string, src []byte, th Thresholds) (*Advice, []error) {
	a, errs := decodeAdvice(file, src)
	return a, append(errs, a.check(th)...)
}

func decodeAdvice(file string, src []byte) (*Advice, []error) {
	a := Advice{At: Pos{File: file, Line: 1, Column: 1}}
	return &a, DecodeStrict(file, src, &a)
}

// check returns everything that is wrong with the advice beyond its YAML form, and
// puts the values of thresholds where their names are.
func (a *Advice) check(th Thresholds) (errs []error) {
	add := func(more ...error) { errs = append(errs, more...) }
	var fixes []string
	for i := range a.Fixes {
		f := &a.Fixes[i]
		fixes = append(fixes, f.Fix)
		add(filled(f.At, "fix "+f.Fix, "fix", f.Fix, "why", f.Why)...)
		add(oneOf(f.At, "own", f.Own, Owners())...)
		add(oneOf(f.At, "esp", f.ESP, Owners())...)
		add(sourced(f.At, f.Source)...)
		add(eachOf(f.At, "causes", f.Causes, CauseNames())...)
	}
	if len(a.Steps) == 0 {
		add(a.At.Errorf("needs steps"))
	}
	phase := 0
	for i := range a.Steps {
		s := &a.Steps[i]
		add(filled(s.At, strings.TrimSpace("step "+s.ID), "id", s.ID, "text or esp", s.Text+s.ESP)...)
		add(oneOf(s.At, "phase", s.Phase, Phases())...)
		if n := slices.Index(Phases(), s.Phase); n >= 0 {
			if n < phase {
				add(s.At.Key("phase").Errorf("step %q: phase %s comes before %s (%s)", s.ID, s.Phase, Phases()[phase], strings.Join(Phases(), ", ")))
			}
			phase = max(phase, n)
		}
		add(oneOf(s.At, "fix", s.Fix, fixes)...)
		add(sourced(s.At, s.Source)...)
		add(audience(s.At, th, s.Causes, s.States, s.When, &s.Text, &s.ESP)...)
	}
	for i := range a.Notes {
		n := &a.Notes[i]
		add(filled(n.At, strings.TrimSpace("note "+n.ID), "id", n.ID, "text or esp", n.Text+n.ESP)...)
		add(sourced(n.At, n.Source)...)
		add(audience(n.At, th, n.Causes, n.States, n.When, &n.Text, &n.ESP)...)
	}
	for i := range a.Audit {
		add(a.Audit[i].check()...)
	}
	for i := range a.Missing {
		add(filled(a.Missing[i].At, "missing", "text", a.Missing[i].Text)...)
		add(sourced(a.Missing[i].At, a.Missing[i].Source)...)
	}
	return errs
}

// audience checks whom a text is for, and the text.
func audience(at Pos, th Thresholds, causes, states []string, when *Condition, own, esp *string) (errs []error) {
	errs = append(errs, eachOf(at, "causes", causes, CauseNames())...)
	errs = append(errs, eachOf(at, "states", states, States())...)
	if when != nil {
		errs = append(errs, when.check(th)...)
	}
	errs = append(errs, th.settle(at, "text", own)...)
	return append(errs, th.settle(at, "esp", esp)...)
}

// eachOf returns an error for each word that is not in the list.
func eachOf(at Pos, key string, words, list []string) (errs []error) {
	for i, w := range words {
		if !slices.Contains(list, w) {
			errs = append(errs, at.Key(key, i).Errorf("unknown %s %q%s", key, w, DidYouMean(w, list)))
		}
	}
	return errs
}
