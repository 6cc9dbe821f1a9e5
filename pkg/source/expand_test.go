package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
)

// tree makes files below a new directory and goes there. A name that ends in /
// is a directory, "a -> b" a link.
func tree(t *testing.T, names ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range names {
		if link, to, ok := strings.Cut(name, " -> "); ok {
			os.MkdirAll(filepath.Dir(link), 0o700)
			if err := os.Symlink(to, link); err != nil {
				parsertest.Lacks(t, "cannot make a symbolic link: "+err.Error(), "set TMPDIR to a folder on a disk that holds them")
			}
			continue
		}
		os.MkdirAll(filepath.Dir(name), 0o700)
		if strings.HasSuffix(name, "/") {
			os.MkdirAll(name, 0o700)
		} else if err := os.WriteFile(name, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestExpand(t *testing.T) {
	tree(t, "mail.log", "logs/mail.log.1", "logs/mail.log.2.gz", "logs/old/mail.log.3.gz", "logs/.hidden", "logs/.git/x",
		"odd/[a].log", "odd/a.log", "odd/*.log", "empty/", "onlyhidden/.x", ".dot.log",
		"logs/loop -> ..", "logs/link -> ../mail.log", "logs/nothing -> nowhere", "logs/zz -> mail.log.1", "here -> logs")
	f := func(args string, recursive bool, want, errText string) {
		t.Helper()
		inputs, _, errs := Expand(strings.Split(args, " "), recursive)
		var got, texts []string
		for _, in := range inputs {
			got = append(got, filepath.ToSlash(in.Path))
		}
		for _, err := range errs {
			var p *PathError
			if !errors.As(err, &p) {
				t.Fatalf("%T is no *PathError", err)
			}
			texts = append(texts, filepath.ToSlash(err.Error()))
		}
		if s := strings.Join(got, " "); s != want {
			t.Fatalf("%s: inputs %q, want %q (errors %q)", args, s, want, texts)
		}
		if s := strings.Join(texts, "|"); s != errText {
			t.Fatalf("%s: errors %q, want %q", args, s, errText)
		}
	}
	const isDir = ": it is a directory; use -r to read the files below it"
	f("mail.log", false, "mail.log", "")
	f("mail.log logs/mail.log.1", false, "mail.log logs/mail.log.1", "")
	f("-", false, "-", "")
	f("- mail.log -", false, "- mail.log", "")
	f("logs/mail.log.1 - mail.log", false, "logs/mail.log.1 - mail.log", "")
	// patterns
	f("logs/*.gz", false, "logs/mail.log.2.gz", "")
	f("logs/*.[0-9] logs/mail*", false, "logs/mail.log.1 logs/mail.log.2.gz", "")
	f("*.log", false, "mail.log", "")
	f(".*.log", false, ".dot.log", "")
	f("*/mail.log.?", false, "here/mail.log.1", "")
	f("logs/*.xz", false, "", "no files match logs/*.xz")
	f("none/*.gz", false, "", "no files match none/*.gz")
	f("mail.log/*", false, "", "no files match mail.log/*")
	f("logs/[x", false, "", "no files match logs/[x (syntax error in pattern)")
	f("onlyhidden/*", false, "", "no files match onlyhidden/*")
	f("logs/o*", false, "", "cannot read logs/old"+isDir)
	f("logs/o*", true, "logs/old/mail.log.3.gz", "")
	f("logs/n*", false, "", "cannot open logs/nothing: no such file")
	// files whose names look like patterns
	f("odd/[a].log", false, "odd/[a].log", "")
	f("odd/*.log", false, "odd/*.log", "")
	f("odd/?.log", false, "odd/*.log odd/a.log", "")
	// names
	f("none.log mail.log", false, "mail.log", "cannot open none.log: no such file")
	f("logs mail.log none", false, "mail.log", "cannot read logs"+isDir+"|cannot open none: no such file")
	// directories
	f("logs", true, "logs/link logs/mail.log.1 logs/mail.log.2.gz logs/old/mail.log.3.gz", "")
	f("here", true, "here/link here/mail.log.1 here/mail.log.2.gz here/old/mail.log.3.gz", "")
	f("logs/", true, "logs/link logs/mail.log.1 logs/mail.log.2.gz logs/old/mail.log.3.gz", "")
	f("empty mail.log", true, "mail.log", "no files below empty")
	f("onlyhidden", true, "", "no files below onlyhidden")
	f("logs/.git", true, "logs/.git/x", "")
	// one file under several names is one input
	f("mail.log mail.log ./mail.log logs/link logs", true, "mail.log logs/mail.log.1 logs/mail.log.2.gz logs/old/mail.log.3.gz", "")
	if inputs, skipped, errs := Expand(nil, true); len(inputs)+len(skipped)+len(errs) != 0 {
		t.Fatalf("no arguments: %v, %v, %v", inputs, skipped, errs)
	}
}

// What lies in a directory and is no file is skipped, and told.
func TestExpand_Skipped(t *testing.T) {
	tree(t, "logs/mail.log", "logs/old/x", "logs/back -> ..", "logs/loop -> loop", "logs/nothing -> nowhere", "logs/.hidden -> nowhere", "logs/zero -> /dev/zero")
	inputs, skipped, errs := Expand([]string{"logs"}, true)
	if len(inputs) != 2 || len(errs) != 0 {
		t.Fatalf("inputs %v, errors %v", inputs, errs)
	}
	var left LeftOut
	left.Skip(skipped)
	want := []string{
		"skipped logs/back: it is a link to a directory", "skipped logs/loop: too many levels of symbolic links",
		"skipped logs/nothing: no such file", "skipped logs/zero: it is a device",
	}
	if got := left.Notes(nil); !slices.Equal(got, want) {
		t.Fatalf("notes\n%q\nwant\n%q", got, want)
	}
	// Nobody asked for them by name, so nothing was found.
	tree(t, "logs/nothing -> nowhere")
	if _, skipped, errs := Expand([]string{"logs"}, true); len(skipped) != 1 || len(errs) != 1 || errs[0].Error() != "no files below logs" {
		t.Fatalf("skipped %v, errors %v", skipped, errs)
	}
}

func TestExpand_Kinds(t *testing.T) {
	tree(t, "logs/a", "empty/")
	f := func(arg string, recursive bool, want Kind, cause error) {
		t.Helper()
		_, _, errs := Expand([]string{arg}, recursive)
		var p *PathError
		if len(errs) != 1 || !errors.As(errs[0], &p) || p.Kind != want || p.Path != arg {
			t.Fatalf("%s: %v, want one of kind %d", arg, errs, want)
		}
		if cause != nil && !errors.Is(errs[0], cause) {
			t.Fatalf("%s: %v does not wrap %v", arg, errs[0], cause)
		}
	}
	f("*.gz", false, NoMatch, nil)
	f("empty", true, NoMatch, nil)
	f("none", false, NotFound, fs.ErrNotExist)
	f("", false, NotFound, fs.ErrNotExist)
	f("a\x00b", false, Unreadable, nil)
	f("logs", false, Directory, nil)
	if _, err := os.Stat(os.DevNull); err == nil {
		f(os.DevNull, false, Special, nil)
	}
	if os.Chmod("logs", 0); func() error { _, err := os.ReadDir("logs"); return err }() == nil {
		t.Log("permissions not tested: this user may read everything")
		return
	}
	defer os.Chmod("logs", 0o700)
	f("logs", true, Unreadable, fs.ErrPermission)
	f("logs/a", false, Unreadable, fs.ErrPermission)
	_, _, errs := Expand([]string{"logs/*"}, false)
	if len(errs) != 1 || errs[0].Error() != "cannot open logs: permission denied" {
		t.Fatalf("errors %v", errs)
	}
}
