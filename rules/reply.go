package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// ReplyRule says what one family of replies means. The YAML keys are described
// in README.md of this folder.
type ReplyRule struct {
	ID         string        `yaml:"id"`
	Class      string        `yaml:"class"`
	Kind       string        `yaml:"kind"`
	Scope      string        `yaml:"scope"`
	Providers  []string      `yaml:"providers"`
	Codes      []string      `yaml:"codes"`
	Enhanced   []string      `yaml:"enhanced"`
	All        []string      `yaml:"all"`
	Any        []string      `yaml:"any"`
	With       []string      `yaml:"with"`
	Not        []string      `yaml:"not"`
	Pattern    string        `yaml:"pattern"`
	Confidence float64       `yaml:"confidence"`
	Source     string        `yaml:"source"`
	Action     string        `yaml:"action"`
	Wait       time.Duration `yaml:"wait"`
	Note       string        `yaml:"note"`
	Examples   Examples      `yaml:"examples"`
	At         Pos           `yaml:"-"`

	// Order is the place in the precedence, Origin the file, User whether it came
	// from an overlay.
	Order int  `yaml:"-"`
	User  bool `yaml:"-"`

	class               mail.Class
	scope               mail.Scope
	codes               codeSet
	enhanced            []enhancedMatch
	all, any, with, not []int // phrase numbers

	pattern func() *regexp.Regexp // nil if it has none
	// spoiled says that its YAML has a mistake: what is left of it may match anything.
	spoiled bool
	// compiled says that its pattern was tried when the built-in rules were compiled.
	compiled bool
}

// Examples are replies that are run as tests when the rules are loaded.
type Examples struct {
	Match   []string `yaml:"match"`
	NoMatch []string `yaml:"no_match"`
	At      Pos      `yaml:"-"`
}

// replyFile is one file of reply rules. What stands at the top holds for every
// rule in it that does not say otherwise.
type replyFile struct {
	Order      int         `yaml:"order"`
	Providers  []string    `yaml:"providers"`
	Confidence float64     `yaml:"confidence"`
	Source     string      `yaml:"source"`
	Replies    []ReplyRule `yaml:"replies"`
	At         Pos         `yaml:"-"`
}

// Kinds of a connection limit.
var kinds = []string{"concurrency", "connection-rate", "session-limit", "own-side"}

// Bounds on what a user's rule may cost.
const (
	maxPattern = 1000
	maxPhrases = 200
	maxPhrase  = 200
)

// check validates the fields of a rule and compiles what stands by itself.
func (r *ReplyRule) check(known []string) (errs []error) {
	bad := func(key string, format string, args ...any) {
		errs = append(errs, r.At.Key(key).Errorf("reply %q: "+format, append([]any{r.ID}, args...)...))
	}
	if r.ID == "" {
		bad("id", "needs an id")
	}
	var ok bool
	if r.class, ok = mail.ParseClass(r.Class); !ok {
		bad("class", "unknown class %q%s", r.Class, DidYouMean(r.Class, mail.ClassNames()))
	}
	if r.Scope != "" {
		if r.scope, ok = mail.ParseScope(r.Scope); !ok {
			bad("scope", "unknown scope %q%s", r.Scope, DidYouMean(r.Scope, mail.ScopeNames()))
		}
	}
	switch {
	case r.class == mail.ClassNone: // told above
	case r.Kind == "":
		if r.class == mail.ConnectionLimit {
			bad("class", "a connection-limit needs a kind: %s", strings.Join(kinds, ", "))
		}
	case r.class != mail.ConnectionLimit && r.Kind != "session-limit":
		bad("kind", "kind is for connection-limit only")
	case !slices.Contains(kinds, r.Kind):
		bad("kind", "unknown kind %q%s", r.Kind, DidYouMean(r.Kind, kinds))
	}
	for i, p := range r.Providers {
		if !slices.Contains(known, p) {
			errs = append(errs, r.At.Key("providers", i).Errorf("reply %q: unknown provider %q%s", r.ID, p, DidYouMean(p, known)))
		}
	}
	if r.Source == "" {
		bad("source", "needs a source: where is this reply documented or seen?")
	}
	if r.Confidence <= 0 || r.Confidence > 1 {
		bad("confidence", "confidence must be above 0 and at most 1, have %v", r.Confidence)
	}
	if len(r.Examples.Match) == 0 {
		bad("examples", "needs at least one example under match")
	}
	if len(r.All)+len(r.Any) == 0 && r.Pattern == "" && len(r.Codes)+len(r.Enhanced) == 0 {
		bad("id", "would match every reply: give all, any, pattern, codes or enhanced")
	}
	if len(r.All)+len(r.Any)+len(r.With)+len(r.Not) > maxPhrases {
		bad("any", "more than %d phrases", maxPhrases)
	}
	var err error
	if r.codes, err = parseCodes(r.Codes); err != nil {
		bad("codes", "%v", err)
	}
	if r.enhanced, err = parseEnhanced(r.Enhanced); err != nil {
		bad("enhanced", "%v", err)
	}
	if r.Pattern != "" {
		if err := r.usePattern(); err != nil {
			bad("pattern", "%v", err)
		}
	}
	return errs
}

// usePattern makes the pattern ready. One that is known to be good waits until it is
// first asked for: few replies come that far.
func (r *ReplyRule) usePattern() error {
	if len(r.Pattern) > maxPattern {
		return fmt.Errorf("pattern is longer than %d bytes", maxPattern)
	}
	text := "(?i)" + r.Pattern
	if r.compiled {
		r.pattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
		return nil
	}
	compiled, err := regexp.Compile(text)
	if err != nil {
		return fmt.Errorf("cannot compile pattern: %w", err)
	}
	r.pattern = func() *regexp.Regexp { return compiled }
	return nil
}
