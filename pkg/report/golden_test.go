package report

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// forms are the writers beside text and JSON, by the ending of their golden files.
func forms() map[string]func(io.Writer, *Report) error {
	o := DocumentOptions{Ticket: func(g *Group) string {
		reply := ""
		if i := mainReply(g); i >= 0 {
			reply = g.Replies[i].Sample
		}
		return "Subject: deferrals to " + g.Destination + "\n\nWe are seeing <this> & ``` that:\n\n    " + reply + "\n"
	}}
	return map[string]func(io.Writer, *Report) error{
		"html":   func(w io.Writer, r *Report) error { return WriteHTML(w, r, o) },
		"md":     func(w io.Writer, r *Report) error { return WriteMarkdown(w, r, o) },
		"csv":    WriteCSV,
		"ndjson": WriteNDJSON,
	}
}

func written(t testing.TB, form string, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := forms()[form](&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// golden compares got with testdata/name.golden, or writes it there.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: the output changed; read it and run go test -update\n--- got\n%s--- want\n%s", name, got, want)
	}
}

func TestFormsGolden(t *testing.T) {
	for form := range forms() {
		for name, r := range map[string]*Report{"capped": capped(), "clean": clean(), "broken": broken(), "empty": empty()} {
			golden(t, name+"."+form, written(t, form, r))
		}
	}
}

func TestFormsReturnWriteErrors(t *testing.T) {
	want := errors.New("full")
	for form, write := range forms() {
		if err := write(failing{want}, capped()); !errors.Is(err, want) {
			t.Errorf("%s: got error %v, want %v", form, err, want)
		}
	}
}

// Every form says the same twice, and leaves the report as it was.
func TestFormsAreStable(t *testing.T) {
	for form := range forms() {
		r := capped()
		first := written(t, form, r)
		if written(t, form, r) != first {
			t.Errorf("%s: two writes differ", form)
		}
		if marshal(t, r, true) != marshal(t, capped(), true) {
			t.Errorf("%s changed the report", form)
		}
	}
}

// A report without anything in it is written, too.
func TestFormsOfNothing(t *testing.T) {
	for form := range forms() {
		for _, r := range []*Report{{}, {Groups: []Group{{}, {Severity: "watch"}, {Severity: "escalate", Cause: "burst"}}}} {
			if written(t, form, r) == "" {
				t.Errorf("%s: nothing written", form)
			}
		}
	}
}
