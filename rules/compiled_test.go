package rules

import (
	"bytes"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/strictyaml"
)

var update = flag.Bool("update", false, "compile the built-in rules anew")

// What is compiled is what the YAML files say, places included.
func TestCompiled(t *testing.T) {
	var fresh bytes.Buffer
	if err := compile(&fresh); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("compiled.gob", fresh.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		compiled = fresh.String()
	}
	names, err := ruleFiles(data)
	if err != nil {
		t.Fatal(err)
	}
	c, err := readCompiled(compiled)
	if err != nil || len(c.Files) != len(names) {
		t.Fatalf("compiled.gob is not that of the YAML files; run: go generate ./rules (%v)", err)
	}
	var places strictyaml.Placer
	for i, name := range names {
		src, err := data.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want, errs := decodeFile(name, src)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		got := &c.Files[i]
		for j := range replies(want) {
			said := func(f *ruleFile) string { return replies(f)[j].At.Key("examples").Errorf("wrong").Error() }
			if len(replies(got)) <= j || said(got) != said(want) {
				t.Fatalf("%s: rule %d has another place in compiled.gob; run: go generate ./rules", name, j+1)
			}
		}
		// The content of a file is kept as a function, which no comparison knows.
		places.Place(got, name, nil)
		places.Place(want, name, nil)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: compiled.gob says something else; run: go generate ./rules", name)
		}
	}
}

func replies(f *ruleFile) []ReplyRule {
	if f.Replies == nil {
		return nil
	}
	return f.Replies.Replies
}

// Where a file was changed and nothing was compiled since, the files are read.
func TestStaleCompiled(t *testing.T) {
	want := builtin(t)
	kept := compiled
	defer func() { compiled = kept }()
	c, err := readCompiled(kept)
	if err != nil {
		t.Fatal(err)
	}
	otherSum := strings.Replace(kept, string(c.Sum[:]), strings.Repeat("x", len(c.Sum)), 1)
	otherRules := strings.ReplaceAll(otherSum, "microsoft", "MICROSOFT")
	for _, stale := range []string{"", "no gob", kept[:len(kept)/2], otherSum, otherRules} {
		compiled = stale
		if got := builtin(t); got.Version != want.Version || !reflect.DeepEqual(got.RuleIDs(), want.RuleIDs()) {
			t.Errorf("%d bytes: version %s with %d rules", len(stale), got.Version, len(got.RuleIDs()))
		}
	}
}
