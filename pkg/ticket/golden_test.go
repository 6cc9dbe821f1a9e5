package ticket

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

var update = flag.Bool("update", false, "write the golden files")

func styles(t testing.TB) Styles {
	t.Helper()
	s, err := LoadStyles()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func build(t testing.TB, g *report.Group, style, pool string) Ticket {
	t.Helper()
	st := styles(t).Get(style)
	if st == nil {
		t.Fatalf("no style %s", style)
	}
	g.Pool = pool
	return Build(g, Options{Style: st, Targets: seedTargets, Enough: 5})
}

// forms are the writers by the ending of their golden files.
var forms = map[string]func(*Ticket, *bytes.Buffer) error{
	"txt":  func(t *Ticket, b *bytes.Buffer) error { return t.WriteText(b, 0) },
	"md":   func(t *Ticket, b *bytes.Buffer) error { return t.WriteMarkdown(b) },
	"json": func(t *Ticket, b *bytes.Buffer) error { return t.WriteJSON(b) },
	"eml":  func(t *Ticket, b *bytes.Buffer) error { return t.WriteEML(b, "<support@esp.example>") },
}

func render(t testing.TB, tk *Ticket, form string) string {
	t.Helper()
	var b bytes.Buffer
	if err := forms[form](tk, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s changed; read it and run go test -update\n--- got\n%s--- want\n%s", name, got, want)
	}
}

// Every style as text, and every case in every form.
func TestGolden(t *testing.T) {
	for _, name := range styles(t).Names() {
		tk := build(t, gateway(), name, "")
		golden(t, "style-"+name+".txt", render(t, &tk, "txt"))
	}
	f := func(name string, g *report.Group, style, pool string) {
		t.Helper()
		tk := build(t, g, style, pool)
		for form := range forms {
			golden(t, name+"."+form, render(t, &tk, form))
		}
	}
	f("gateway-shared", gateway(), "mailgun", "shared")
	f("event", event(), "sendgrid", "")
	f("listed", listed(), "mta-team", "")
	f("hostile", hostile(), "esp", "dedicated")
}
