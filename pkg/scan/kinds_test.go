package scan_test

import (
	"path/filepath"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

// One call reads a folder with one file of every kind: each is recognised by itself,
// by its lines and not by its name, and the report lists it with its format.
func TestEveryKindInOneCall(t *testing.T) {
	dir := t.TempDir()
	want := map[string]string{}
	var paths []string
	for format, line := range parsertest.Others {
		if format == "other" { // lines of no kind
			continue
		}
		path := filepath.Join(dir, "log-"+string(rune('a'+len(paths))))
		write(t, path, []byte(line+"\n"))
		paths = append(paths, path)
		want[path] = format
	}
	if len(paths) < 10 {
		t.Fatalf("only %d kinds", len(paths))
	}
	rep := run(t, scan.Config{Jobs: 2}, paths...)
	for _, e := range rep.Input.Errors {
		t.Errorf("%s (%s): %s", e.File, want[e.File], e.Error)
	}
	if len(rep.Input.Files) != len(paths) {
		t.Errorf("%d files listed, want %d", len(rep.Input.Files), len(paths))
	}
	for _, f := range rep.Input.Files {
		if f.Format != want[f.Path] {
			t.Errorf("%s is read as %s", want[f.Path], f.Format)
		}
	}
}
