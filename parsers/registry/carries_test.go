package registry

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const page = "../../docs/formats.md"

// The page that describes the formats says the same as the program.
func TestFormatsPage(t *testing.T) {
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for name, want := range map[string]string{"formats": formatTable(), "carries": carriesTable()} {
		begin, end := "<!-- "+name+": made by go test ./parsers/registry -update -->\n", "<!-- end of "+name+" -->"
		before, rest, ok := strings.Cut(text, begin)
		got, after, closed := strings.Cut(rest, end)
		if !ok || !closed {
			t.Fatalf("docs/formats.md has no place for the table of %s", name)
		}
		if got != want {
			if !*update {
				t.Errorf("docs/formats.md: the table of %s is not that of the program; rewrite it with -update", name)
			}
			text = before + begin + want + end + after
		}
	}
	if *update && text != string(data) {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func formatTable() string {
	var b strings.Builder
	b.WriteString("| format | what it is |\n|---|---|\n")
	for _, f := range All() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", f.Name, f.Title)
	}
	return b.String()
}

// carriesTable has a row for each format: + yes, ~ partly, - no; then the notes.
func carriesTable() string {
	var b strings.Builder
	var empty parsers.Carries
	b.WriteString("| format |")
	for _, c := range empty.List() {
		fmt.Fprintf(&b, " %s |", c.Name)
	}
	b.WriteString("\n|---|" + strings.Repeat(":-:|", len(empty.List())) + "\n")
	for _, f := range All() {
		fmt.Fprintf(&b, "| `%s` |", f.Name)
		for _, c := range f.Carries.List() {
			fmt.Fprintf(&b, " %s |", [...]string{parsers.No: "-", parsers.Partly: "~", parsers.Yes: "+"}[c.Level])
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	for _, f := range All() {
		var notes []string
		for _, c := range f.Carries.List() {
			if c.Note != "" {
				notes = append(notes, "*"+c.Name+"* "+c.Note)
			}
		}
		if len(notes) > 0 {
			fmt.Fprintf(&b, "- `%s`: %s\n", f.Name, strings.Join(notes, "; "))
		}
	}
	return b.String()
}
