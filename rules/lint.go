package rules

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// File is a rule file as it was read. Name is how messages call it; what the file
// is, its last element says (causes.yaml, *_test.yaml).
type File struct {
	Name string
	Data []byte
}

// IsRuleFile says that a file of a rule folder holds rules; IsTestFile, that it
// holds tests of them.
func IsRuleFile(name string) bool {
	ext := path.Ext(name)
	return (ext == ".yaml" || ext == ".yml") && !IsTestFile(name)
}

// IsTestFile says that a file holds tests of rules (see TestFile).
func IsTestFile(name string) bool {
	return strings.HasSuffix(name, "_test.yaml") || strings.HasSuffix(name, "_test.yml")
}

// LoadFiles is Load with an overlay that was read already. It does not run
// examples, and it does not stop at mistakes: the set holds the rules that are
// sound, the errors are all mistakes (each an *Error) in the order of their places.
// Test files among the overlay are left out; LoadTests reads them.
func LoadFiles(overlay ...File) (*Set, []error) {
	l := newLoader()
	l.builtin()
	overlay = slices.SortedFunc(slices.Values(overlay), func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	for _, f := range overlay {
		if IsRuleFile(f.Name) {
			l.count(f.Data)
			read, errs := decodeFile(f.Name, f.Data)
			l.take(read, errs, true)
		}
	}
	l.finish()
	sortErrors(l.errs)
	return l.set, l.errs
}

// Lint returns every mistake in an overlay and in the tests among its files:
// wrong YAML, unknown names, rules without a source or an example, and examples
// that their own rule does not decide.
func Lint(overlay ...File) []error {
	set, errs := LoadFiles(overlay...)
	for _, rule := range set.Replies.rules {
		if rule.User {
			errs = append(errs, set.Replies.test(rule)...)
		}
	}
	for _, f := range overlay {
		if IsTestFile(f.Name) {
			_, wrong := LoadTests(f, set)
			errs = append(errs, wrong...)
		}
	}
	sortErrors(errs)
	return errs
}

// sortErrors sorts mistakes by file, line and column.
func sortErrors(errs []error) {
	slices.SortStableFunc(errs, func(a, b error) int {
		var x, y *Error
		if !errors.As(a, &x) || !errors.As(b, &y) {
			return 0
		}
		return cmp.Or(strings.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column))
	})
}

// BuiltinTests returns the test files that are built in.
func BuiltinTests() []File {
	names, err := fs.Glob(data, "*_test.yaml")
	if err != nil {
		return nil // only a bad pattern is an error
	}
	var files []File
	for _, name := range names {
		if src, err := data.ReadFile(name); err == nil { // it always is: the folder is in memory
			files = append(files, File{name, src})
		}
	}
	return files
}

// spoil marks the rules whose part of the file has a mistake in its YAML.
func (f *replyFile) spoil(errs []error) {
	for _, err := range errs {
		var e *Error
		if !errors.As(err, &e) {
			continue
		}
		var hit *ReplyRule
		for i := range f.Replies {
			if r := &f.Replies[i]; r.At.Line > 0 && r.At.Line <= e.Line {
				hit = r
			}
		}
		if hit != nil {
			hit.spoiled = true
		}
	}
}
