package rules

import (
	"slices"
	"strings"
)

// Guard is one number that "diagnose check" guards (rules/guards.yaml).
type Guard struct {
	// ID is stable: CI systems keep results by it.
	ID      string `yaml:"id"`
	Meaning string `yaml:"meaning"`
	// Number is what is guarded, one of GuardNumbers.
	Number string `yaml:"number"`
	// Limit is the absolute limit and Worse how much worse than a baseline the number
	// may be, as a share of the old value; each is a threshold or a value. A guard
	// without a limit holds against a baseline only.
	Limit string `yaml:"limit,omitempty"`
	Worse string `yaml:"worse"`
	// Within makes a number that got worse fail even within the limit.
	Within bool `yaml:"within,omitempty"`
	// Binds is one of GuardBindings.
	Binds    string `yaml:"binds"`
	Severity string `yaml:"severity"`
	Help     string `yaml:"help"`
	Source   string `yaml:"source"`
	At       Pos    `yaml:"-"`

	// Of is the number, MaxWorse and MaxLimit the values of Worse and Limit; check
	// sets them.
	Of       GuardNumber `yaml:"-"`
	MaxLimit float64     `yaml:"-"`
	MaxWorse float64     `yaml:"-"`
}

// GuardNumber is a number that can be guarded.
type GuardNumber struct {
	Name string
	Unit Unit
	// Input says that it is one of the whole input, not of a destination.
	Input bool
	// Low says that smaller is worse.
	Low bool
}

// GuardNumbers are all of them. pkg/check takes them from a report.
func GuardNumbers() []GuardNumber {
	return []GuardNumber{
		{Name: "limit_share", Unit: UnitShare},
		{Name: "peak_sessions", Unit: UnitCount},
		{Name: "retry_first", Unit: UnitSeconds, Low: true},
		{Name: "expired", Unit: UnitCount},
		{Name: "lasting", Unit: UnitMinutes},
		{Name: "unknown_share", Unit: UnitShare, Input: true},
		{Name: "unknown_kinds", Unit: UnitCount, Input: true},
		{Name: "understood_share", Unit: UnitShare, Input: true, Low: true},
	}
}

// GuardBindings say where a guard holds: everywhere, where enough connection- or
// rate-limit refusals were seen, or where any refusal that severity counts was.
func GuardBindings() []string { return []string{BindsAlways, BindsLimited, BindsTroubled} }

// The values of Guard.Binds.
const (
	BindsAlways   = "always"
	BindsLimited  = "limited"
	BindsTroubled = "troubled"
)

// guardFile is a guards.yaml.
type guardFile struct {
	Guards []Guard `yaml:"guards"`
	At     Pos     `yaml:"-"`
}

func decodeGuards(file string, src []byte) (*guardFile, []error) {
	f := guardFile{At: Pos{File: file, Line: 1, Column: 1}}
	return &f, DecodeStrict(file, src, &f)
}

// settleGuards returns what is wrong with guards and finds their numbers.
func settleGuards(guards []Guard, th Thresholds) (errs []error) {
	seen := map[string]bool{}
	for i := range guards {
		g := &guards[i]
		if g.ID != "" && seen[g.ID] {
			errs = append(errs, g.At.Key("id").Errorf("guard %q is there twice", g.ID))
		}
		seen[g.ID] = true
		errs = append(errs, g.check(th)...)
	}
	return errs
}

func (g *Guard) check(th Thresholds) (errs []error) {
	add := func(more ...error) { errs = append(errs, more...) }
	if strings.Trim(g.ID, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || g.ID == "" {
		add(g.At.Errorf("guard %q: an id is of a-z, 0-9 and -", g.ID))
	}
	add(filled(g.At, "guard "+g.ID, "meaning", g.Meaning, "help", g.Help)...)
	add(sourced(g.At, g.Source)...)
	add(oneOf(g.At, "binds", g.Binds, GuardBindings())...)
	add(oneOf(g.At, "severity", g.Severity, []string{"normal", "watch", "escalate"})...)
	var names []string
	for _, n := range GuardNumbers() {
		names = append(names, n.Name)
		if n.Name == g.Number {
			g.Of = n
		}
	}
	if wrong := oneOf(g.At, "number", g.Number, names); len(wrong) > 0 {
		add(wrong...)
		return errs
	}
	var err error
	if g.Limit != "" {
		if g.MaxLimit, err = th.number(g.At, "limit", g.Limit, g.Of.Unit); err != nil {
			add(err)
		}
	} else if !g.Within {
		add(g.At.Errorf("guard %q can never fail: it has neither a limit nor within", g.ID))
	}
	if g.MaxWorse, err = th.number(g.At, "worse", g.Worse, UnitShare); err != nil {
		add(err)
	}
	return errs
}

// number is the value of a threshold in that unit, or of a plain number.
func (th Thresholds) number(at Pos, key, text string, u Unit) (float64, error) {
	if t := th[text]; t != nil {
		if t.Unit != u {
			return 0, at.Key(key).Errorf("threshold %q is in %s, not in %s", t.ID, t.Unit, u)
		}
		return t.Value, nil
	}
	v, err := u.Parse(text)
	if err != nil {
		return 0, at.Key(key).Errorf("%s: %v, or the name of a threshold%s", key, err, DidYouMean(text, th.ids()))
	}
	return v, nil
}

// Guard returns the guard with that id, nil if there is none.
func (s *Set) Guard(id string) *Guard {
	i := slices.IndexFunc(s.Guards, func(g Guard) bool { return g.ID == id })
	if i < 0 {
		return nil
	}
	return &s.Guards[i]
}
