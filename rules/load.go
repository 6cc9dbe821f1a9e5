package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
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
	l.folder(data, false)
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
	var names []string
	err := fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !e.IsDir() && IsRuleFile(name) {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		l.errs = append(l.errs, fmt.Errorf("cannot read rules: %w", err))
		return
	}
	sort.Strings(names)
	// Decoding is most of the work, and each file is by itself. What the files say
	// is taken in order of their names.
	decoded := make([]func(), len(names))
	var files sync.WaitGroup
	for i, name := range names {
		src, err := strictyaml.ReadAll(fsys.Open(name))
		if err != nil {
			l.errs = append(l.errs, fmt.Errorf("cannot read rules: %w", err))
			continue
		}
		l.count(src)
		files.Go(func() { decoded[i] = l.decode(name, src, user) })
	}
	files.Wait()
	for _, take := range decoded {
		if take != nil {
			take()
		}
	}
}

// count takes a file into the version. Its name does not matter: a folder has the
// same version wherever it lies.
func (l *loader) count(src []byte) {
	sum := sha256.Sum256(src)
	l.hash = append(l.hash, sum[:]...)
}

// decode decodes a file and returns what takes its rules over.
func (l *loader) decode(name string, src []byte, user bool) (take func()) {
	switch base := path.Base(name); {
	case base == "causes.yaml":
		causes, errs := decodeCauses(name, src)
		return func() {
			l.set.Causes, l.errs = causes, append(l.errs, errs...)
			if user {
				l.set.Table = nil
			}
		}
	case base == "advice.yaml":
		advice, errs := decodeAdvice(name, src)
		return func() { l.set.Advice, l.errs = advice, append(l.errs, errs...) }
	case base == "table.yaml":
		table, errs := LoadTable(name, src)
		return func() { l.set.Table, l.errs = table, append(l.errs, errs...) }
	case base == "guards.yaml":
		guards, errs := decodeGuards(name, src)
		return func() { l.set.Guards, l.errs = guards, append(l.errs, errs...) }
	case base == "classes.yaml":
		meanings, errs := LoadMeanings(name, src)
		return func() { l.set.Meanings, l.errs = meanings, append(l.errs, errs...) }
	case base == "topics.yaml":
		topics, errs := LoadTopics(name, src)
		return func() { l.set.Topics, l.errs = topics, append(l.errs, errs...) }
	case base == "thresholds.yaml":
		f := thresholdFile{At: Pos{File: name, Line: 1, Column: 1}}
		errs := DecodeStrict(name, src, &f)
		return func() { l.errs = append(append(l.errs, errs...), l.set.Thresholds.take(&f, user)...) }
	case base == "providers.yaml":
		var f providerFile
		errs := DecodeStrict(name, src, &f)
		return func() {
			l.errs = append(l.errs, errs...)
			for i := range f.Providers {
				f.Providers[i].user = user
				l.providers = append(l.providers, &f.Providers[i])
			}
		}
	}
	var f replyFile
	errs := DecodeStrict(name, src, &f)
	f.spoil(errs)
	return func() {
		l.errs = append(l.errs, errs...)
		l.replies(&f, user)
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
	r := &Replies{phrases: newPhrases(), known: known}
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
