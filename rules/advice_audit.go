package rules

import (
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/reply"
)

// Logged says that a log can show something of the item.
func (a *AuditItem) Logged() bool { return a.Fact != "" || len(a.Classes) > 0 }

// Names says that a reply of that class and template names the item.
func (a *AuditItem) Names(class mail.Class, template string) bool {
	if !slices.Contains(a.Classes, class.String()) {
		return false
	}
	code, words := reply.Parse([]byte(template)).Enhanced, strings.ToLower(template)
	return len(a.Codes)+len(a.Words) == 0 ||
		slices.ContainsFunc(a.codes, func(m enhancedMatch) bool { return m.has(code) }) ||
		slices.ContainsFunc(a.Words, func(w string) bool { return hasWord(words, w) })
}

// Says writes what the log shows of the item: "3 refusals naming it".
func (a *AuditItem) Says(v float64, unit Unit) string {
	n, shows := unit.Format(v), " "+a.Shows
	if n == "1" {
		shows = singular(shows)
	}
	return n + shows
}

// hasWord says that text has word, with no letter or digit right before or after it.
func hasWord(text, word string) bool {
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		from, to := at+i, at+i+len(word)
		if (from == 0 || !wordByte(text[from-1])) && (to == len(text) || !wordByte(text[to])) {
			return true
		}
		at = to
	}
}

func (a *AuditItem) check() (errs []error) {
	add := func(more ...error) { errs = append(errs, more...) }
	add(filled(a.At, "audit "+a.ID, "id", a.ID, "name", a.Name, "check", a.Check)...)
	add(sourced(a.At, a.Source)...)
	if a.Fact != "" {
		add(oneOf(a.At, "fact", a.Fact, factNames())...)
	}
	if a.Logged() == (a.Shows == "") {
		add(a.At.Errorf("audit %q: what a log can show needs shows, and nothing else does", a.ID))
	}
	add(eachOf(a.At, "classes", a.Classes, mail.ClassNames())...)
	var err error
	if a.codes, err = parseEnhanced(a.Codes); err != nil {
		add(a.At.Key("codes").Errorf("audit %q: %v", a.ID, err))
	}
	for i, w := range a.Words {
		if w == "" || w != strings.ToLower(w) {
			add(a.At.Key("words", i).Errorf("audit %q: a word in lower case, have %q", a.ID, w))
		}
	}
	if a.Fact != "" && len(a.Classes) > 0 || len(a.Classes) == 0 && len(a.Codes)+len(a.Words) > 0 {
		add(a.At.Errorf("audit %q: give a fact, or classes with codes and words", a.ID))
	}
	return errs
}
