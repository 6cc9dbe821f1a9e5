package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/check"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// Every word that is offered can be explained, as text of any width and as JSON.
func TestEveryWordIsExplained(t *testing.T) {
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	words := knownWords(set)
	if len(words) < 300 {
		t.Fatalf("%d words", len(words))
	}
	kinds := map[string]int{}
	for i, word := range words {
		e := &explainCommand{reading: reading{world: newTrial(t).world}}
		what, err := e.explain(set, word)
		if err != nil {
			t.Fatal(err)
		}
		p := &page{width: 60 + i%50}
		what.print(p)
		checkText(t, word, p.b.String(), p.width)
		tr := newTrial(t)
		if err := tr.write(&manners{}, true, what); err != nil {
			t.Fatal(err)
		}
		var head struct {
			Schema       int
			Kind, Source string
			Cases        []struct{ Source string }
			Uses         []struct{ Source string }
		}
		if err := json.Unmarshal(tr.out.Bytes(), &head); err != nil || head.Schema != 1 || head.Kind == "" {
			t.Fatalf("%s: %v in %s", word, err, tr.out.String())
		}
		kinds[head.Kind]++
		// Where it is from is told (X09); a fact that no rule uses has no source.
		for _, c := range head.Cases {
			head.Source += c.Source
		}
		for _, u := range head.Uses {
			head.Source += u.Source
		}
		if head.Source == "" && head.Kind != "fact" {
			t.Errorf("%s: no source", word)
		}
	}
	for _, kind := range []string{"rule", "class", "cause", "fact", "level", "step", "topic"} {
		if kinds[kind] == 0 {
			t.Errorf("nothing is explained as a %s: %v", kind, kinds)
		}
	}
}

// checkText checks that text is printable ASCII in lines of at most width.
func checkText(t *testing.T, what, text string, width int) {
	t.Helper()
	if text == "" {
		t.Fatalf("%s: nothing is said", what)
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if len(line) > width {
			t.Fatalf("%s: %d characters, not %d: %q", what, len(line), width, line)
		}
		for _, c := range []byte(line) {
			if c < 0x20 || c > 0x7e {
				t.Fatalf("%s: byte %#02x in %q", what, c, line)
			}
		}
	}
}

// Whatever is typed: an explanation or exit code 2, and nothing of it reaches the
// terminal as it is.
func FuzzExplain(f *testing.F) {
	for _, s := range []string{"", " ", "burst", "421", "421 4.7.0 Too many", "mx.example.net\t421 x", "\t", "x y", "\x1b[31m\u202e", "550 \xff\xfe", "4.7.652", strings.Repeat("a", 5000), "listing", "-"} {
		f.Add(s, "")
		f.Add(s, "mx1.example.net")
	}
	set, err := rules.Builtin()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, arg, mx string) {
		e := &explainCommand{}
		e.mx.value = mx
		what, err := e.explain(set, arg)
		if err != nil {
			var fail *failure
			if !errors.As(err, &fail) || fail.code != exitUsage {
				t.Fatalf("%v", err)
			}
			return
		}
		p := &page{width: 70}
		what.print(p)
		checkText(t, "the text", p.b.String(), 70)
		w := world{Out: io.Discard}
		if err := w.write(&manners{}, true, what); err != nil {
			t.Fatal(err)
		}
	})
}

// JUnit XML can be read back, whatever names and messages hold.
func TestJUnit(t *testing.T) {
	const evil = "a<b>&\"'\x00\x1b[31m\u202e]]>\n--"
	at := rules.Pos{File: evil, Line: 3, Column: 2}
	data, err := junit([]rules.Result{
		{File: "a_test.yaml", Name: "good", Line: 1, Checks: 2},
		{File: evil, Name: evil, Line: 3, Checks: 2, Errs: []error{at.Errorf("%s", evil), errors.New(evil)}},
		{File: evil, Name: "other", Line: 9, Checks: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range data {
		if c != '\n' && (c < 0x20 || c > 0x7e) {
			t.Fatalf("byte %#02x in %q", c, data)
		}
	}
	var back struct {
		Tests    int                `xml:"tests,attr"`
		Failures int                `xml:"failures,attr"`
		Suites   []check.JUnitSuite `xml:"testsuite"`
	}
	if err := xml.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if back.Tests != 3 || back.Failures != 1 || len(back.Suites) != 2 || back.Suites[1].Tests != 2 || back.Suites[1].Failures != 1 {
		t.Fatalf("%s", data)
	}
	bad := back.Suites[1].Cases[0]
	if bad.Failure == nil || bad.Line != 3 || !strings.Contains(bad.Failure.Message, `a<b>&"'\x00\x1b[31m\u202e]]>`) || strings.Count(bad.Failure.Text, "\n") != 1 {
		t.Errorf("%+v", bad.Failure)
	}
	if good := back.Suites[0].Cases[0]; good.Failure != nil || good.Name != "good" {
		t.Errorf("%+v", good)
	}
}

// A table fits its width: columns go in their order, the last one left is cut.
func TestFitted(t *testing.T) {
	f := func(width int, want ...string) {
		t.Helper()
		table := fitted{header: []string{"A", "B", "C"}, rows: [][]string{{"aaaaaaaaaa", "bbbbbbbbbb", strings.Repeat("c", 30)}}, drop: []int{1}, least: 20}
		var b bytes.Buffer
		table.write(&b, width)
		got := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		if !slices.Equal(got, want) {
			t.Errorf("width %d: got %q, want %q", width, got, want)
		}
	}
	f(0, "A           B           C", "aaaaaaaaaa  bbbbbbbbbb  "+strings.Repeat("c", 30))
	f(54, "A           B           C", "aaaaaaaaaa  bbbbbbbbbb  "+strings.Repeat("c", 30))
	f(50, "A           B           C", "aaaaaaaaaa  bbbbbbbbbb  "+strings.Repeat("c", 24)+"..")
	f(40, "A           C", "aaaaaaaaaa  "+strings.Repeat("c", 26)+"..")
	f(20, "A           C", "aaaaaaaaaa  cccccc..")
}
