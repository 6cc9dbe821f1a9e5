package parsers_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/declared"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// block returns the first code block of a language in the page about adding a format.
func block(t *testing.T, language string) string {
	t.Helper()
	page, err := os.ReadFile("../docs/adding-a-format.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), "```"+language+"\n")
	text, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatalf("no block of %s", language)
	}
	return text
}

// The page shows the example that is compiled and run.
func TestPageShowsExample(t *testing.T) {
	src, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(src), block(t, "go")) {
		t.Error("docs/adding-a-format.md does not show the code of parsers/example_test.go")
	}
}

// The declared format of the page reads the same lines as the one in code.
func TestPageDeclares(t *testing.T) {
	f, errs := declared.Load("acme.yaml", []byte(block(t, "yaml")))
	for _, err := range errs {
		t.Error(err)
	}
	if len(errs) > 0 {
		return
	}
	const line = "2026-03-03T10:18:23Z 7F001 to=<bob@example.net> mx=mx.example.net defer: 421 4.7.0 Too many connections"
	var told []string
	for _, f := range []parsers.Format{f, Acme} {
		d := f.New(parsers.Options{Year: 2026, Location: time.UTC})
		d.Decode([]byte(line), func(ev *mail.Event) {
			told = append(told, strings.Join([]string{ev.Outcome.String(), string(ev.QueueID), string(ev.Recipient), string(ev.MX), string(ev.Reply), time.UnixMicro(ev.Time).UTC().String()}, " "))
		})
		if n := f.Score([][]byte{[]byte(line), []byte("else")}); n != 1 {
			t.Errorf("%s: score %d", f.Name, n)
		}
	}
	if len(told) != 2 || told[0] != told[1] {
		t.Errorf("got %q", told)
	}
}
