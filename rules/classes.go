package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Meanings are the words for classes, kinds, scopes and codes
// (rules/classes.yaml). Each is complete: nothing that a rule can name is missing.
type Meanings struct {
	Classes []ClassMeaning `yaml:"classes"`
	Kinds   []KindMeaning  `yaml:"kinds"`
	Scopes  []ScopeMeaning `yaml:"scopes"`
	Codes   []CodeMeaning  `yaml:"codes"`
	At      Pos            `yaml:"-"`
}

// ClassMeaning is what a class of replies means to a person.
type ClassMeaning struct {
	Class string `yaml:"class"`
	// Name is how people call it, Says what the receiver says by it.
	Name string `yaml:"name"`
	Says string `yaml:"says"`
	// Scope is said where the reply does not tell whom it counts; empty where that
	// does not matter.
	Scope string `yaml:"scope"`
	// IsNot is what such a reply is mistaken for, First what to do, in order, Fix
	// who can do it.
	IsNot  string   `yaml:"is_not"`
	First  []string `yaml:"first"`
	Fix    string   `yaml:"fix"`
	Source string   `yaml:"source"`
	At     Pos      `yaml:"-"`
}

// KindMeaning is what a kind of limit means; it stands in for what its class says.
type KindMeaning struct {
	Kind   string `yaml:"kind"`
	Says   string `yaml:"says"`
	Source string `yaml:"source"`
	At     Pos    `yaml:"-"`
}

// ScopeMeaning is whom a limit counts.
type ScopeMeaning struct {
	Scope  string `yaml:"scope"`
	Says   string `yaml:"says"`
	Source string `yaml:"source"`
	At     Pos    `yaml:"-"`
}

// CodeMeaning is what a reply code or an enhanced status code means.
type CodeMeaning struct {
	// Code is a group by the first digit (2xx, 4xx, 5xx, 6xx for an ESP's own, none),
	// or a single code: 421, 4.7.0.
	Code string `yaml:"code"`
	Name string `yaml:"name"`
	// Do is what it asks for.
	Do string `yaml:"do"`
	// Keep stands in for Name where the reply is no verdict on the mailbox
	// (Match.KeepAddress), Note is what to heed then, or always if there is no Keep.
	Keep   string `yaml:"keep"`
	Note   string `yaml:"note"`
	Source string `yaml:"source"`
	At     Pos    `yaml:"-"`
}

// codeGroups are the groups that must have a meaning.
var codeGroups = []string{"2xx", "4xx", "5xx", "6xx", "none"}

// Class returns the meaning of a class; that of mail.ClassNone is the one of mail.Other.
func (m *Meanings) Class(c mail.Class) *ClassMeaning {
	name := c.String()
	if c == mail.ClassNone {
		name = mail.Other.String()
	}
	return first(m.Classes, func(c *ClassMeaning) bool { return c.Class == name })
}

// Kind returns the meaning of a kind of limit, nil for "".
func (m *Meanings) Kind(name string) *KindMeaning {
	return first(m.Kinds, func(k *KindMeaning) bool { return k.Kind == name })
}

// Scope returns the meaning of a scope.
func (m *Meanings) Scope(s mail.Scope) *ScopeMeaning {
	return first(m.Scopes, func(k *ScopeMeaning) bool { return k.Scope == s.String() })
}

// Code returns the meaning of a reply by its code, or by its enhanced status code
// where it has none.
func (m *Meanings) Code(r Match) *CodeMeaning {
	group := "none"
	switch d := r.digit(); d {
	case 2, 3:
		group = "2xx"
	case 4, 5, 6:
		group = string(rune('0'+d)) + "xx"
	}
	return first(m.Codes, func(c *CodeMeaning) bool { return c.Code == group })
}

// CodesOf returns the meanings of a reply's code and enhanced status code: of the
// group, then of single codes.
func (m *Meanings) CodesOf(r Match) []*CodeMeaning {
	list := []*CodeMeaning{m.Code(r)}
	for i := range m.Codes {
		c := &m.Codes[i]
		if exact, err := parseEnhanced([]string{c.Code}); err == nil && exact[0].has(r.Enhanced) {
			list = append(list, c)
		} else if code, err := strconv.Atoi(c.Code); err == nil && code == r.Code {
			list = append(list, c)
		}
	}
	return list
}

// digit is the first digit of the reply code, else that of the enhanced status
// code, else 0.
func (m Match) digit() int {
	if m.Code > 0 {
		return m.Code / 100
	}
	return int(m.Enhanced.Class)
}

// Temporary says that the reply is a 4xx, whatever its words are (requirements
// H08, C11).
func (m Match) Temporary() bool { return m.digit() == 4 }

// Permanent says that the reply is a 5xx. A limit may be one: see KeepAddress.
func (m Match) Permanent() bool { return m.digit() == 5 }

// first returns a pointer to the first item that is meant, nil if there is none.
func first[T any](list []T, is func(*T) bool) *T {
	for i := range list {
		if is(&list[i]) {
			return &list[i]
		}
	}
	return nil
}

// LoadMeanings reads classes.yaml and returns every mistake in it.
func LoadMeanings(file string, src []byte) (*Meanings, []error) {
	m := Meanings{At: Pos{File: file, Line: 1, Column: 1}}
	errs := DecodeStrict(file, src, &m)
	return &m, append(errs, m.check()...)
}

func (m *Meanings) check() (errs []error) {
	whole := func(what string, names []string, have func(name string) bool) {
		for _, name := range names {
			if !have(name) {
				errs = append(errs, m.At.Errorf("%s %q has no meaning here; every %s needs one", what, name, what))
			}
		}
	}
	for i := range m.Classes {
		c := &m.Classes[i]
		errs = append(errs, oneOf(c.At, "class", c.Class, mail.ClassNames())...)
		errs = append(errs, filled(c.At, "class "+c.Class, "name", c.Name, "says", c.Says, "is_not", c.IsNot, "first", strings.Join(c.First, ""), "fix", c.Fix)...)
		errs = append(errs, sourced(c.At, c.Source)...)
	}
	for i := range m.Kinds {
		k := &m.Kinds[i]
		errs = append(errs, oneOf(k.At, "kind", k.Kind, kinds)...)
		errs = append(errs, filled(k.At, "kind "+k.Kind, "says", k.Says)...)
		errs = append(errs, sourced(k.At, k.Source)...)
	}
	for i := range m.Scopes {
		s := &m.Scopes[i]
		errs = append(errs, oneOf(s.At, "scope", s.Scope, mail.ScopeNames())...)
		errs = append(errs, filled(s.At, "scope "+s.Scope, "says", s.Says)...)
		errs = append(errs, sourced(s.At, s.Source)...)
	}
	for i := range m.Codes {
		c := &m.Codes[i]
		_, single := strconv.Atoi(c.Code)
		if _, err := parseEnhanced([]string{c.Code}); err != nil && single != nil {
			errs = append(errs, oneOf(c.At, "code", c.Code, codeGroups)...)
		}
		errs = append(errs, filled(c.At, "code "+c.Code, "name", c.Name)...)
		errs = append(errs, sourced(c.At, c.Source)...)
	}
	whole("class", mail.ClassNames(), func(n string) bool {
		return slices.ContainsFunc(m.Classes, func(c ClassMeaning) bool { return c.Class == n })
	})
	whole("kind", kinds, func(n string) bool { return m.Kind(n) != nil })
	whole("scope", mail.ScopeNames(), func(n string) bool {
		return slices.ContainsFunc(m.Scopes, func(s ScopeMeaning) bool { return s.Scope == n })
	})
	whole("code", codeGroups, func(n string) bool {
		return slices.ContainsFunc(m.Codes, func(c CodeMeaning) bool { return c.Code == n })
	})
	return errs
}

// filled returns an error for each text that is empty; texts are pairs of key and
// value.
func filled(at Pos, what string, texts ...string) (errs []error) {
	for i := 0; i < len(texts); i += 2 {
		if strings.TrimSpace(texts[i+1]) == "" {
			errs = append(errs, at.Errorf("%s: needs %s", what, texts[i]))
		}
	}
	return errs
}

// Topic is what is to be said of something that is neither a reply nor a cause
// (rules/topics.yaml), such as more sending IPs.
type Topic struct {
	Topic string `yaml:"topic"`
	Name  string `yaml:"name"`
	Says  string `yaml:"says"`
	IsNot string `yaml:"is_not"`
	// Conditions must all hold for it; each says where that can be known.
	Conditions []TopicCondition `yaml:"conditions"`
	First      []string         `yaml:"first"`
	Note       string           `yaml:"note"`
	Source     string           `yaml:"source"`
	At         Pos              `yaml:"-"`
}

// TopicCondition is one condition and where it can be known.
type TopicCondition struct {
	Text  string `yaml:"text"`
	Known string `yaml:"known"`
	At    Pos    `yaml:"-"`
}

// settleTopics writes the values of thresholds where texts name them.
func settleTopics(topics []Topic, th Thresholds) (errs []error) {
	for i := range topics {
		t := &topics[i]
		errs = append(errs, th.settle(t.At, "says", &t.Says)...)
		errs = append(errs, th.settle(t.At, "note", &t.Note)...)
		for j := range t.Conditions {
			errs = append(errs, th.settle(t.Conditions[j].At, "text", &t.Conditions[j].Text)...)
		}
		for j := range t.First {
			errs = append(errs, th.settle(t.At, "first", &t.First[j])...)
		}
	}
	return errs
}

type topicFile struct {
	Topics []Topic `yaml:"topics"`
}

// decodeTopics reads topics.yaml and returns every mistake in it.
func decodeTopics(file string, src []byte) (*topicFile, []error) {
	var f topicFile
	errs := DecodeStrict(file, src, &f)
	seen := map[string]bool{}
	for i := range f.Topics {
		t := &f.Topics[i]
		if seen[t.Topic] {
			errs = append(errs, t.At.Key("topic").Errorf("topic %q is there twice", t.Topic))
		}
		seen[t.Topic] = true
		errs = append(errs, filled(t.At, "topic "+t.Topic, "topic", t.Topic, "name", t.Name, "says", t.Says, "is_not", t.IsNot, "first", strings.Join(t.First, ""))...)
		for _, c := range t.Conditions {
			errs = append(errs, filled(c.At, "topic "+t.Topic, "text", c.Text, "known", c.Known)...)
		}
		errs = append(errs, sourced(t.At, t.Source)...)
	}
	return &f, errs
}
