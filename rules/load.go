package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sort"
	"sync"

	"github.com/seed-07ce53fa/diagnose/pkg/strictyaml"
)

// Set is all that is known of replies and receivers.
type Set struct {
	Replies   *Replies
	Providers *Providers
	// Thresholds are the numbers that decisions depend on; those of an overlay take
	// the place of built-in ones.
	Thresholds Thresholds
	// Causes is the signal table; an overlay with a causes.yaml replaces it.
	Causes *Causes
	// Advice is what to do; an overlay with an advice.yaml replaces it.
	Advice *Advice
	// Table is how the five signals bear on the five causes: a picture of the built-in
	// signal table, nil where an overlay replaces that.
	Table *Table
	// Guards are what "diagnose check" holds against its limits; an overlay with a
	// guards.yaml replaces them.
	Guards []Guard
	// Meanings and Topics are the words of explanations; an overlay with a
	// classes.yaml or topics.yaml replaces them.
	Meanings *Meanings
	Topics   []Topic
	// Overrides says which user rules stand in for built-in ones.
	Overrides []Override
	// Version is a short hash of all rule data, overlays included. A baseline
	// keeps it: other rules may count otherwise.
	Version string
}

// Override is a built-in rule that an overlay replaces.
type Override struct {
	ID string
	// By and Instead are the places of the new and of the old rule, "file:line".
	By, Instead string
}

// Builtin loads the rules that are built in.
func Builtin() (*Set, error) { return Load() }

// Load loads the built-in rules and then overlays, each a folder of YAML files
// with reply rules (any name, key "replies") and providers ("providers"). A rule
// of an overlay comes before every built-in rule, and one with the id of a
// built-in rule replaces it.
//
// All mistakes in all files are returned at once (errors.Join), each an *Error
// with its place. The examples of overlay rules are run; those of the built-in
// ones are run by Set.Test.
func Load(overlays ...fs.FS) (*Set, error) { return LoadWith(nil, overlays...) }

// LoadWith is Load with values for thresholds, by id, as people write them ("15m",
// "40%"). They stand above those of the overlays.
func LoadWith(values map[string]string, overlays ...fs.FS) (*Set, error) {
	l := newLoader()
	l.builtin()
	for _, o := range overlays {
		l.folder(o, true)
	}
	for _, id := range slices.Sorted(maps.Keys(values)) {
		l.count([]byte(id + "=" + values[id]))
		if err := l.set.Thresholds.set(id, values[id]); err != nil {
			l.errs = append(l.errs, err)
		}
	}
	l.finish()
	l.examples()
	if err := errors.Join(l.errs...); err != nil {
		return nil, err
	}
	return l.set, nil
}

type loader struct {
	set       *Set
	errs      []error
	ids       map[string]*ReplyRule
	rules     []*ReplyRule
	providers []*Provider
	hash      []byte
}

func newLoader() *loader {
	return &loader{set: &Set{Thresholds: Thresholds{}}, ids: map[string]*ReplyRule{}}
}

func (l *loader) folder(fsys fs.FS, user bool) {
	names, err := ruleFiles(fsys)
	if err != nil {
		l.errs = append(l.errs, fmt.Errorf("cannot read rules: %w", err))
		return
	}
	// Decoding is most of the work, and each file is by itself. What the files say
	// is taken in order of their names.
	type decoded struct {
		file *ruleFile
		errs []error
	}
	list := make([]decoded, len(names))
	var files sync.WaitGroup
	for i, name := range names {
		src, err := strictyaml.ReadAll(fsys.Open(name))
		if err != nil {
			l.errs = append(l.errs, fmt.Errorf("cannot read rules: %w", err))
			continue
		}
		l.count(src)
		files.Go(func() { list[i].file, list[i].errs = decodeFile(name, src) })
	}
	files.Wait()
	for _, d := range list {
		l.take(d.file, d.errs, user)
	}
}

// ruleFiles are the names of the files of a folder that hold rules, in order.
func ruleFiles(fsys fs.FS) (names []string, err error) {
	err = fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !e.IsDir() && IsRuleFile(name) {
			names = append(names, name)
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}

// count takes a file into the version. Its name does not matter: a folder has the
// same version wherever it lies.
func (l *loader) count(src []byte) {
	sum := sha256.Sum256(src)
	l.hash = append(l.hash, sum[:]...)
}

// take takes over what a file says; f is nil where it could not be read.
func (l *loader) take(f *ruleFile, errs []error, user bool) {
	if l.errs = append(l.errs, errs...); f == nil {
		return
	}
	switch set := l.set; {
	case f.Causes != nil:
		set.Causes = f.Causes
		if user {
			set.Table = nil
		}
	case f.Advice != nil:
		set.Advice = f.Advice
	case f.Table != nil:
		set.Table = f.Table
	case f.Guards != nil:
		set.Guards = f.Guards.Guards
	case f.Meanings != nil:
		set.Meanings = f.Meanings
	case f.Topics != nil:
		set.Topics = f.Topics.Topics
	case f.Thresholds != nil:
		l.errs = append(l.errs, set.Thresholds.take(f.Thresholds, user)...)
	case f.Providers != nil:
		for i := range f.Providers.Providers {
			p := &f.Providers.Providers[i]
			p.user = user
			l.providers = append(l.providers, p)
		}
	case f.Replies != nil:
		l.replies(f.Replies, user)
	}
}

// replies takes the rules of one file.
func (l *loader) replies(f *replyFile, user bool) {
	for i := range f.Replies {
		r := &f.Replies[i]
		r.Order, r.User = f.Order, user
		if r.Providers == nil {
			r.Providers = f.Providers
		}
		if r.Source == "" {
			r.Source = f.Source
		}
		if r.Confidence == 0 {
			r.Confidence = f.Confidence
		}
		if old := l.ids[r.ID]; old != nil && r.ID != "" {
			if old.User || !user {
				l.errs = append(l.errs, r.At.Key("id").Errorf("reply %q: id is taken, see %s:%d", r.ID, old.At.File, old.At.Line))
				continue
			}
			l.set.Overrides = append(l.set.Overrides, Override{ID: r.ID, By: place(r.At), Instead: place(old.At)})
			l.rules = slices.DeleteFunc(l.rules, func(x *ReplyRule) bool { return x == old })
		}
		l.ids[r.ID] = r
		l.rules = append(l.rules, r)
	}
}

func place(p Pos) string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// finish checks rules against providers, compiles, and runs examples.
func (l *loader) finish() {
	if l.set.Causes != nil {
		l.errs = append(l.errs, l.set.Causes.check(l.set.Thresholds)...)
	}
	if l.set.Advice != nil {
		l.errs = append(l.errs, l.set.Advice.check(l.set.Thresholds)...)
	}
	l.errs = append(l.errs, settleGuards(l.set.Guards, l.set.Thresholds)...)
	l.errs = append(l.errs, settleTopics(l.set.Topics, l.set.Thresholds)...)
	known, errs := newProviders(l.providers)
	l.errs = append(l.errs, errs...)
	n := 0
	for _, rule := range l.rules {
		n += len(rule.All) + len(rule.Any) + len(rule.With) + len(rule.Not)
	}
	r := &Replies{phrases: newPhrases(n), rules: make([]*ReplyRule, 0, len(l.rules)), known: known}
	ids := known.IDs()
	for _, rule := range l.rules {
		errs := append(rule.check(ids), rule.compile(r.phrases)...)
		l.errs = append(l.errs, errs...)
		if len(errs) == 0 && !rule.spoiled {
			r.rules = append(r.rules, rule)
		}
	}
	sort.SliceStable(r.rules, func(i, j int) bool {
		a, b := r.rules[i], r.rules[j]
		if a.User != b.User {
			return a.User
		}
		return a.Order < b.Order
	})
	sum := sha256.Sum256(l.hash)
	l.set.Replies, l.set.Providers, l.set.Version = r, known, hex.EncodeToString(sum[:3])
}

// examples runs those of the overlays. Rules with mistakes are not among them, so
// that one mistake does not show as many.
func (l *loader) examples() {
	for _, rule := range l.set.Replies.rules {
		if rule.User {
			l.errs = append(l.errs, l.set.Replies.test(rule)...)
		}
	}
}

// compile numbers the phrases of a rule.
func (r *ReplyRule) compile(ps *phrases) (errs []error) {
	for _, f := range [...]struct {
		key  string
		list []string
		into *[]int
	}{{"all", r.All, &r.all}, {"any", r.Any, &r.any}, {"with", r.With, &r.with}, {"not", r.Not, &r.not}} {
		for i, s := range f.list {
			n, err := ps.add(s)
			if err != nil {
				errs = append(errs, r.At.Key(f.key, i).Errorf("reply %q: phrase %q: %v", r.ID, s, err))
				continue
			}
			*f.into = append(*f.into, n)
		}
	}
	return errs
}
