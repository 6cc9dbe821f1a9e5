// Package docs_test keeps the documents true.
package docs_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// sections are the letters of the ids and how many rows each has.
var sections = []struct {
	letter string
	rows   int
}{{"H", 100}, {"C", 111}, {"X", 12}}

// TestRequirements checks docs/requirements.md: every id once, no unknown one, no
// empty text, and each proof a test that exists.
func TestRequirements(t *testing.T) {
	text, err := os.ReadFile("requirements.md")
	if err != nil {
		t.Fatal(err)
	}
	open, problems := checkRequirements(string(text), os.DirFS(".."))
	for _, p := range problems {
		t.Error(p)
	}
	t.Logf("%d of 223 requirements are open", open)
}

// checkRequirements returns how many rows are open and what is wrong with the table.
// Proofs are looked up in repo, whose root is the root of the repository.
func checkRequirements(text string, repo fs.FS) (open int, problems []string) {
	report := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }

	var known []string
	lines := map[string]int{} // the line of each id; 0 for one that is not there
	for _, s := range sections {
		for i := 1; i <= s.rows; i++ {
			id := fmt.Sprintf("%s%02d", s.letter, i)
			known = append(known, id)
			lines[id] = 0
		}
	}

	for i, line := range strings.Split(text, "\n") {
		where := fmt.Sprintf("requirements.md:%d", i+1)
		cells := strings.Split(line, "|")
		if len(cells) < 2 {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		id := cells[1]
		if id == "id" || strings.Trim(id, "-") == "" {
			continue
		}
		if len(cells) != 5 || cells[0] != "" || cells[4] != "" {
			report("%s: want | id | requirement | proof |, have %q", where, line)
			continue
		}
		before, ok := lines[id]
		switch {
		case !ok:
			report("%s: unknown id %q", where, id)
		case before > 0:
			report("%s: %s is there twice, first at line %d", where, id, before)
		}
		lines[id] = i + 1

		if cells[2] == "" {
			report("%s: %s has no text", where, id)
		}
		if cells[3] == "open" {
			open++
			continue
		}
		for _, proof := range strings.Split(cells[3], ", ") {
			if err := checkProof(strings.Trim(proof, "`"), repo); err != nil {
				report("%s: %s: %v", where, id, err)
			}
		}
	}
	for _, id := range known {
		if lines[id] == 0 {
			report("requirements.md: %s is missing", id)
		}
	}
	return open, problems
}

var testName = regexp.MustCompile(`^(Test|Fuzz|Benchmark)($|[^a-z])`)

// checkProof says why a proof is none: no such file, no such test in it.
func checkProof(proof string, repo fs.FS) error {
	file, name, isTest := strings.Cut(proof, ":")
	switch {
	case !fs.ValidPath(file):
		return fmt.Errorf("cannot use proof %q: want path/to/file_test.go:TestName or path/to/name.txtar, from the root of the repository", proof)
	case path.Ext(file) == ".txtar" && !isTest:
		info, err := fs.Stat(repo, file)
		if err != nil {
			return err
		}
		if info.IsDir() || info.Size() == 0 {
			return fmt.Errorf("cannot use proof %q: no script in it", proof)
		}
		return nil
	case !strings.HasSuffix(file, "_test.go") || !testName.MatchString(name):
		return fmt.Errorf("cannot use proof %q: want path/to/file_test.go:TestName or path/to/name.txtar", proof)
	}

	source, err := fs.ReadFile(repo, file)
	if err != nil {
		return err
	}
	tree, err := parser.ParseFile(token.NewFileSet(), file, source, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, d := range tree.Decls {
		f, ok := d.(*ast.FuncDecl)
		if ok && f.Recv == nil && f.Name.Name == name && len(f.Type.Params.List) == 1 && f.Body != nil && len(f.Body.List) > 0 {
			return nil
		}
	}
	return errors.New("no test " + name + " in " + file)
}

// TestCheckRequirements shows that the check can fail.
func TestCheckRequirements(t *testing.T) {
	repo := fstest.MapFS{
		"a/a_test.go": {Data: []byte("package a\n\nfunc TestIt(t *testing.T) { t.Log() }\n\nfunc (x T) TestMethod(t *testing.T) { t.Log() }\n\n" +
			"func TestEmpty(t *testing.T) {}\n\nfunc TestNoBody(t *testing.T)\n\nfunc TestNoArgs() { println() }\n\n// func TestComment(t *testing.T) {}\n\nfunc FuzzIt(f *testing.F) { f.Add() }\n")},
		"a/broken_test.go": {Data: []byte("package a\n\nfunc TestIt(")},
		"a/a.go":           {Data: []byte("package a\n\nfunc TestIt(t *testing.T) { t.Log() }\n")},
		"s/story.txtar":    {Data: []byte("exec diagnose\n")},
		"s/empty.txtar":    {},
	}
	table := func(change func(id, row string) string) string {
		var b strings.Builder
		b.WriteString("# Title\n\n| id | requirement | proof |\n|---|---|---|\n")
		for _, s := range sections {
			for i := 1; i <= s.rows; i++ {
				id := fmt.Sprintf("%s%02d", s.letter, i)
				b.WriteString(change(id, "| "+id+" | something | open |\n"))
			}
		}
		return b.String()
	}
	f := func(name, id, row string, wantOpen int, want string) {
		t.Helper()
		open, problems := checkRequirements(table(func(i, r string) string {
			if i == id {
				return row
			}
			return r
		}), repo)
		if open != wantOpen {
			t.Errorf("%s: %d open, want %d", name, open, wantOpen)
		}
		switch got := strings.Join(problems, "\n"); {
		case want == "" && got != "":
			t.Errorf("%s: unwanted problem: %s", name, got)
		case !strings.Contains(got, want):
			t.Errorf("%s: problems %q, want %q", name, got, want)
		}
	}
	proof := func(name, proof, want string) {
		t.Helper()
		f(name, "H07", "| H07 | something | "+proof+" |\n", 222, want)
	}

	f("all open", "", "", 223, "")
	f("missing", "C111", "", 222, "C111 is missing")
	f("twice", "X12", "| X11 | something | open |\n", 223, "X11 is there twice")
	f("unknown", "H100", "| H101 | something | open |\n", 223, `unknown id "H101"`)
	f("other spelling", "H01", "| H1 | something | open |\n", 223, `unknown id "H1"`)
	f("no text", "C05", "| C05 | | open |\n", 223, "C05 has no text")
	f("a column too few", "C05", "| C05 | open |\n", 222, "want | id | requirement | proof |")
	f("a column too many", "C05", "| C05 | a | b | open |\n", 222, "want | id | requirement | proof |")

	proof("test", "`a/a_test.go:TestIt`", "")
	proof("fuzz target", "a/a_test.go:FuzzIt", "")
	proof("script", "`s/story.txtar`", "")
	proof("several", "`a/a_test.go:TestIt`, `s/story.txtar`", "")
	proof("one of several is wrong", "`a/a_test.go:TestIt`, `s/none.txtar`", "s/none.txtar")
	proof("no proof", "", "cannot use proof")
	proof("another word", "done", "cannot use proof")
	proof("no such file", "`b/b_test.go:TestIt`", "b/b_test.go")
	proof("no such test", "`a/a_test.go:TestOther`", "no test TestOther")
	proof("longer name", "`a/a_test.go:TestI`", "no test TestI in")
	proof("method", "`a/a_test.go:TestMethod`", "no test TestMethod")
	proof("empty test", "`a/a_test.go:TestEmpty`", "no test TestEmpty")
	proof("test without a body", "`a/a_test.go:TestNoBody`", "no test TestNoBody")
	proof("not a test", "`a/a_test.go:TestNoArgs`", "no test TestNoArgs")
	proof("in a comment", "`a/a_test.go:TestComment`", "no test TestComment")
	proof("not a test file", "`a/a.go:TestIt`", "cannot use proof")
	proof("no test named", "`a/a_test.go`", "cannot use proof")
	proof("does not parse", "`a/broken_test.go:TestIt`", "broken_test.go:3")
	proof("empty script", "`s/empty.txtar`", "no script")
	proof("test in a script", "`s/story.txtar:TestIt`", "cannot use proof")
	proof("outside", "`../a/a_test.go:TestIt`", "cannot use proof")
}
