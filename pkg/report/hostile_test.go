package report

import (
	"encoding/csv"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/report/reporttest"
)

// filled is a report in which every field is set, its strings to texts in turn.
func filled(words bool, texts ...string) *Report {
	r := &Report{}
	reporttest.Fill(r, words, reporttest.Turns(texts...))
	return r
}

// elements is the tree of a page as a browser builds it, without its text: elements
// with their attributes, in order of the document.
func elements(t *testing.T, page string) (list []string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.CommentNode {
			t.Fatalf("a comment: %s", n.Data)
		}
		if n.Type != html.ElementNode {
			continue
		}
		s := n.Data
		for _, a := range n.Attr {
			s += " " + a.Key + "=" + a.Val
		}
		list = append(list, s)
	}
	return list
}

// difference is where two lists part, "" where they are alike.
func difference(got, want []string) string {
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			return strings.Join(got[min(i, len(got)):min(i+3, len(got))], ", ") + " instead of " + strings.Join(want[min(i, len(want)):min(i+3, len(want))], ", ")
		}
	}
	return ""
}

// structure is what a page and a document are made of.
type structure struct{ elements, blocks []string }

// newHarmless returns the structure with texts that have no meaning, made once.
func newHarmless(t *testing.T) func() structure {
	t.Helper()
	return sync.OnceValue(func() structure {
		r := filled(true, "xa xa", "xb xb", "xc xc")
		blocks, _ := outlineOf(t, written(t, "md", r))
		return structure{elements(t, written(t, "html", r)), blocks}
	})
}

// checkForms writes a report in all forms and holds each against a reader of it. With
// words the structure must be that of a report with harmless texts.
func checkForms(t *testing.T, harmless func() structure, words bool, texts ...string) {
	t.Helper()
	r := filled(words, texts...)

	by := RowNames()[len(texts[0])%len(RowNames())]
	for _, o := range []TextOptions{{Width: MinWidth, By: Rows(by)}, {Detail: DetailAll, All: true, Args: texts}} {
		text := render(t, r, o)
		reporttest.Printable(t, "the text", text)
		reporttest.NoCommand(t, text)
		for line := range strings.SplitSeq(text, "\n") {
			if strings.HasPrefix(line, "FORGED") {
				t.Fatalf("log text begins a line:\n%s", text)
			}
		}
	}
	colored := render(t, r, TextOptions{Color: true})
	for _, code := range []string{"0", bold, red, yellow, green} {
		colored = strings.ReplaceAll(colored, "\x1b["+code+"m", "")
	}
	reporttest.Printable(t, "the text without our colours", colored)

	for _, compact := range []bool{false, true} {
		text := marshal(t, r, compact)
		reporttest.Printable(t, "the JSON", text)
		reporttest.NoCommand(t, text)
		var back Report
		if err := json.Unmarshal([]byte(text), &back); err != nil {
			t.Fatal(err)
		}
		// Bytes that are no UTF-8 become U+FFFD, which sorts elsewhere.
		if utf8.ValidString(strings.Join(texts, "")) && marshal(t, &back, compact) != text {
			t.Fatalf("the JSON says something else when it is read and written again")
		}
	}
	for line := range strings.Lines(written(t, "ndjson", r)) {
		if !json.Valid([]byte(line)) {
			t.Fatalf("no JSON: %s", line)
		}
	}

	table := written(t, "csv", r)
	reporttest.Printable(t, "the CSV", strings.ReplaceAll(table, "\r\n", "\n"))
	if rows := rowsOf(t, table); len(rows) != len(r.Groups) {
		t.Fatalf("%d rows, want %d", len(rows), len(r.Groups))
	}
	semicolons := csv.NewReader(strings.NewReader(table))
	semicolons.Comma, semicolons.FieldsPerRecord, semicolons.LazyQuotes = ';', -1, true
	for _, fields := range append(all(t, semicolons), all(t, csv.NewReader(strings.NewReader(table)))...) {
		for _, f := range fields {
			if f = strings.TrimLeft(f, " \t"); f != "" && strings.ContainsAny(f[:1], "=+-@") {
				t.Fatalf("a formula: %q", f)
			}
		}
	}

	page := written(t, "html", r)
	reporttest.Printable(t, "the page", page)
	if d := difference(elements(t, page), harmless().elements); words && d != "" {
		t.Fatalf("log text changed the page: %s", d)
	}
	doc := written(t, "md", r)
	reporttest.Printable(t, "the document", doc)
	blocks, danger := outlineOf(t, doc)
	if d := difference(blocks, harmless().blocks); words && d != "" || len(danger) > 0 {
		t.Fatalf("log text changed the document: %s %v\n%s", d, danger, doc)
	}
	code := false // where GitLab looks for no commands
	for line := range strings.SplitSeq(doc, "\n") {
		if strings.HasPrefix(line, "```") {
			code = !code
		} else if !code && strings.HasPrefix(strings.TrimLeft(line, "-> "), "/") {
			t.Fatalf("a command to GitLab: %q", line)
		}
	}
}

// silentText says that a text has nothing to show, so that less is said.
func silentText(s string) bool { return strings.TrimSpace(Visible(s)) == "" }

// Whatever is in whichever field of a report: every form of it is read as what it is.
func FuzzForms(f *testing.F) {
	list := slices.DeleteFunc(reporttest.Attacks(), silentText)
	for i, s := range list {
		f.Add(s, list[(i*7+3)%len(list)], list[(i*13+5)%len(list)], i%2 == 0)
	}
	var harmless func() structure
	f.Fuzz(func(t *testing.T, a, b, c string, words bool) {
		if harmless == nil {
			harmless = newHarmless(t)
		}
		if silentText(a) || silentText(b) || silentText(c) {
			return // nothing to show
		}
		checkForms(t, harmless, words, a, b, c)
	})
}

// A shell reads a quoted word as the text itself.
func FuzzShellWord(f *testing.F) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		parsertest.Lacks(f, "no sh in PATH", "run it where there is a POSIX shell")
	}
	for _, s := range reporttest.Attacks() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out, err := exec.Command(sh, "-c", "printf '<%s>' x "+ShellWord(s)).Output()
		if want := "<x><" + Visible(s) + ">"; err != nil || string(out) != want {
			t.Fatalf("sh reads %s as %q, want %q: %v", ShellWord(s), out, want, err)
		}
	})
}

func FuzzReadable(f *testing.F) {
	for _, s := range reporttest.Attacks() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Readable(s)
		for _, r := range got {
			if r < 0x20 || r >= 0x7f && r <= 0xa0 || r == 0xad || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x206f || r == 0xfeff || r >= 0xe0000 {
				t.Fatalf("%U in %q", r, got)
			}
		}
		reporttest.NoCommand(t, got)
		if Readable(got) != got {
			t.Fatalf("not stable: %q -> %q", got, Readable(got))
		}
	})
}
