package rules

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"
)

// lintText is what Lint says of files: name, content, name, content ...
func lintText(pairs ...string) string {
	var files []File
	for i := 0; i < len(pairs); i += 2 {
		files = append(files, File{pairs[i], []byte(pairs[i+1])})
	}
	var s []string
	for _, err := range Lint(files...) {
		s = append(s, err.Error())
	}
	return strings.Join(s, "\n")
}

// The built-in rules have no mistakes, and neither have they as an overlay of
// themselves.
func TestLintBuiltin(t *testing.T) {
	if got := lintText(); got != "" {
		t.Errorf("built-in rules: %s", got)
	}
	for _, name := range []string{"causes.yaml", "advice.yaml", "thresholds.yaml", "classes.yaml", "topics.yaml", "replies_test.yaml", "causes_test.yaml"} {
		src, err := data.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := lintText("mine/"+name, string(src)); got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// All mistakes of all files are told at once, by place, each with its line: of the
// YAML, of names, of examples, of tests. A rule with a mistake in its YAML is not
// blamed for its examples, too.
func TestLintTellsAll(t *testing.T) {
	got := lintText(
		"mine/b.yaml", own,
		"mine/a.yaml", strings.NewReplacer("- id: own-limit", "- id: two", "any: [\"no more", "anyy: [\"no more", "class: connection-limit", "class: conection-limit").Replace(own),
		"mine/c.yaml", strings.NewReplacer("- id: own-limit", "- id: three", "421 No more of you, 192.0.2.1", "421 Something else", "source: our own tests", "").Replace(own),
		"mine/d.yaml", strings.NewReplacer("- id: own-limit", "- id: four", "421 No more of you, 192.0.2.1", "421 Something else", "550 No more", "421 no more").Replace(own),
		"mine/providers.yaml", "providers:\n- {id: x, kind: isp, mx: [.x.example]}\n",
		"mine/x_test.yaml", "replies:\n- {reply: 421 No more of you, rule: own-limt}\n",
	)
	var last string
	for _, want := range []string{
		`mine/a.yaml:6:10: reply "two": unknown class "conection-limit"; did you mean "connection-limit"?`,
		`mine/a.yaml:10:3: unknown key "anyy"; did you mean "any"?`,
		`mine/c.yaml:5:3: reply "three": needs a source`,
		`mine/d.yaml:14:13: reply "four": example 1 "421 Something else" does not match its own rule`,
		`mine/d.yaml:15:16: reply "four": no_match 1 "421 no more of you" matches`,
		`mine/providers.yaml:2:4: provider "x": needs a source`,
		`mine/x_test.yaml:2:37: unknown rule "own-limt"; did you mean "own-limit"?`,
		"  2 | - {reply: 421 No more of you, rule: own-limt}\n",
	} {
		i := strings.Index(got, want)
		if i < 0 {
			t.Errorf("not told: %s", want)
		} else if i < strings.Index(got, last) {
			t.Errorf("not in order of places: %s", want)
		}
		last = want
	}
	for _, unwanted := range []string{`reply "two": example`, `reply "three": example`, `reply "own-limit"`, "kind is for"} {
		if strings.Contains(got, unwanted) {
			t.Errorf("told without need: %s", unwanted)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

// Every rule, threshold and advice has its source: whichever one is taken away,
// lint says so (X09).
func TestLintNeedsSources(t *testing.T) {
	source := regexp.MustCompile(`^(\s*(?:- )?)(\w*source): .*$`)
	inline := regexp.MustCompile(`, source: ("[^"]*"|[^},]*)`)
	th := builtin(t).Thresholds
	for _, name := range []string{"causes.yaml", "advice.yaml", "thresholds.yaml", "classes.yaml", "topics.yaml", "providers.yaml"} {
		src, err := data.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines, n := bytes.Split(src, []byte("\n")), 0
		for i, line := range lines {
			var without []byte
			switch {
			case source.Match(line):
				without = source.ReplaceAll(line, []byte("$1"))
			case inline.Match(line):
				without = inline.ReplaceAll(line, nil)
			default:
				continue
			}
			if n++; name == "providers.yaml" && n%10 != 0 {
				continue // they are all alike
			}
			lines[i] = without
			file := File{"mine/" + name, bytes.Join(lines, []byte("\n"))}
			lines[i] = line
			// The file's own loader: the whole of the rules takes longer and says the same.
			if !strings.Contains(fmt.Sprint(check(file, th)), "source") {
				t.Errorf("%s:%d can be without its source: %s", name, i+1, line)
			}
		}
		if n < 3 {
			t.Errorf("%s has %d sources", name, n)
		}
	}
	without := strings.Replace(own, "source: our own tests\n", "", 1)
	if got := lintText("mine/own.yaml", without); !strings.Contains(got, `mine/own.yaml:4:3: reply "own-limit": needs a source`) {
		t.Errorf("a rule without a source: %s", got)
	}
}

// check reads one file of data.
func check(f File, th Thresholds) []error {
	switch f.Name {
	case "mine/causes.yaml":
		_, errs := LoadCauses(f.Name, f.Data, th)
		return errs
	case "mine/advice.yaml":
		_, errs := LoadAdvice(f.Name, f.Data, th)
		return errs
	case "mine/thresholds.yaml":
		var own thresholdFile
		return append(DecodeStrict(f.Name, f.Data, &own), maps.Clone(th).take(&own, true)...)
	case "mine/classes.yaml":
		_, errs := LoadMeanings(f.Name, f.Data)
		return errs
	case "mine/topics.yaml":
		_, errs := decodeTopics(f.Name, f.Data)
		return errs
	}
	return Lint(f)
}

// A table without its first conditions names its file all the same.
func TestLintEmptyTable(t *testing.T) {
	got := lintText("mine/causes.yaml", "causes: []\n")
	for _, want := range []string{"mine/causes.yaml:1:1: needs enough", "mine/causes.yaml:1:1: needs concerns"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s\nwant %s", got, want)
		}
	}
}

// A folder has one version, however it is loaded; tests are no part of it.
func TestLoadFilesIsLoad(t *testing.T) {
	a, b := own, strings.ReplaceAll(strings.ReplaceAll(own, "own-limit", "too-many-cut-short"), "more of you", "room for you")
	folder, err := Load(files("b.yaml", b, "sub/a.yaml", a, "x_test.yaml", "nonsense"))
	if err != nil {
		t.Fatal(err)
	}
	set, errs := LoadFiles(File{"/tmp/r/x_test.yaml", []byte("nonsense")}, File{"/tmp/r/sub/a.yaml", []byte(a)}, File{"/tmp/r/b.yaml", []byte(b)})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if set.Version != folder.Version || set.Version == builtin(t).Version {
		t.Errorf("versions %s and %s, built in %s", set.Version, folder.Version, builtin(t).Version)
	}
	if len(set.Rules()) != len(folder.Rules()) || len(set.Overrides) != 1 || set.Rules()[0].ID != folder.Rules()[0].ID {
		t.Errorf("%d and %d rules, overrides %v", len(set.Rules()), len(folder.Rules()), set.Overrides)
	}
	n := 0
	for _, r := range set.TestExamples(func(r *ReplyRule) bool { return r.User }) {
		n += r.Checks
		if len(r.Errs) > 0 {
			t.Error(r.Errs)
		}
	}
	if n != 4 {
		t.Errorf("%d examples were run, want 4", n)
	}
}

// Whatever a file holds, mistakes have places and nothing panics.
func FuzzLint(f *testing.F) {
	f.Add("own.yaml", own)
	f.Add("x_test.yaml", "replies: [{reply: x, class: other}]")
	f.Add("causes.yaml", "enough: {fact: attempts, gte: 1}")
	f.Add("advice.yaml", "steps: [{id: a, when: {fact: attempts}}]")
	f.Add("classes.yaml", "classes: [{class: other}]")
	f.Add("topics.yaml", "topics: [{topic: a}]")
	f.Add("providers.yaml", "providers: [{id: a}]")
	f.Fuzz(func(t *testing.T, name, src string) {
		for _, err := range Lint(File{name, []byte(src)}) {
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 || e.Msg == "" {
				t.Fatalf("%#v", err)
			}
		}
	})
}
