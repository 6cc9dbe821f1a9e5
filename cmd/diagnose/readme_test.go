package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the README's output anew")

// The output that the README shows is the program's, on the bundled sample.
func TestReadmeShowsRealOutput(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), "```text\n")
	if !ok {
		t.Fatal("README.md has no text block")
	}
	shown, after, ok := strings.Cut(rest, "```\n")
	if !ok {
		t.Fatal("the text block of README.md has no end")
	}
	logs, err := filepath.Glob("testdata/logs/*.gz")
	if err != nil || len(logs) == 0 {
		t.Fatalf("no bundled sample: %v", err)
	}
	tr := newTrial(t)
	tr.chain = realChain()
	if code := tr.run(logs...); code != 0 {
		t.Fatalf("exit code %d: %s", code, tr.err.String())
	}
	want := "$ diagnose testdata/logs/*.gz\n" + tr.out.String()
	if shown == want {
		return
	}
	if !*update {
		t.Errorf("README.md shows other output than the program prints; run make update\n%s", tr.out.String())
		return
	}
	if err := os.WriteFile("README.md", []byte(before+"```text\n"+want+"```\n"+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
