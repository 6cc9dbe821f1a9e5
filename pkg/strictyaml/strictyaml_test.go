package strictyaml

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// document is a shape with every kind of value that hand-written files have.
type document struct {
	Name  string            `yaml:"name"`
	Count int               `yaml:"count"`
	Share float64           `yaml:"share"`
	On    bool              `yaml:"on"`
	Wait  time.Duration     `yaml:"wait"`
	List  []string          `yaml:"list"`
	Items []item            `yaml:"items"`
	One   *item             `yaml:"one"`
	Words map[string]string `yaml:"words"`
	At    Pos               `yaml:"-"`
}

type item struct {
	ID   string   `yaml:"id"`
	Tags []string `yaml:"tags"`
	At   Pos      `yaml:"-"`
}

func TestDecode(t *testing.T) {
	src := `
name: 'a: b'
count: 3
share: 0.25
on: true
wait: 15m
list: [421, 4xx, "x"]
one: {id: z}
words: {a: b, c: 1}
items:
- id: first
  tags: single
- id: second
  tags: [a, b]
`
	var d document
	if errs := Decode("a.yaml", []byte(src), &d); len(errs) > 0 {
		t.Fatal(errs)
	}
	if d.Name != "a: b" || d.Count != 3 || d.Share != 0.25 || !d.On || d.Wait != 15*time.Minute || d.One.ID != "z" || d.Words["c"] != "1" {
		t.Errorf("got %+v", d)
	}
	// A number where a text is wanted stays as written, a single value is a list of one.
	if strings.Join(d.List, " ") != "421 4xx x" || strings.Join(d.Items[0].Tags, " ") != "single" || strings.Join(d.Items[1].Tags, " ") != "a b" {
		t.Errorf("got %+v", d)
	}
	if at := d.Items[1].At.Key("tags", 1); at.File != "a.yaml" || at.Line != 14 || at.Column != 13 {
		t.Errorf("second tag is at %d:%d, want 14:13", at.Line, at.Column)
	}
	if at := d.Items[1].At.Key("nothing"); at.Line != 13 {
		t.Errorf("a key that is not there is at line %d, want that of its mapping", at.Line)
	}
}

func TestDecodeErrors(t *testing.T) {
	f := func(src string, want ...string) {
		t.Helper()
		var d document
		errs := Decode("a.yaml", []byte(src), &d)
		if len(errs) != len(want) {
			t.Errorf("%q: %d errors, want %d: %v", src, len(errs), len(want), errs)
			return
		}
		for i, err := range errs {
			var e *Error
			if !errors.As(err, &e) || e.File != "a.yaml" || e.Line < 1 || e.Column < 1 {
				t.Errorf("%q: %v has no place", src, err)
			}
			if !strings.Contains(err.Error(), want[i]) {
				t.Errorf("%q: error %q, want %q in it", src, err, want[i])
			}
		}
	}
	f("nam: x", `a.yaml:1:1: unknown key "nam"; did you mean "name"?`)
	f("zzzzzzzz: x", `unknown key "zzzzzzzz"`)
	f("items:\n- id: x\n  tag: y", `a.yaml:3:3: unknown key "tag"; did you mean "tags"?`)
	f("name: x\nname: y", `a.yaml:2:1: `)
	f("count: many", `count: want a number, have "many"`)
	f("count: 1.5", `count: want a number, have "1.5"`)
	f("on: 3", "on: want true or false")
	f("wait: 15", "want a duration such as 15m")
	f("wait: 15 minutes", "want a duration such as 15m")
	f("wait: -1m", "want a duration such as 15m")
	f("name: [a]", "name: want a text, have a list")
	f("list: {a: b}", "list: want a text, have keys and values")
	f("items: x", "items: want a list")
	f("items: [x]", "items: want keys and values")
	f("one: [x]", "one: want keys and values, have a list")
	f("words: [x]", "words: want keys and values")
	f("- a", "want keys and values, have a list")
	f("name: x\n---\nname: y", "one document a file")
	f("name: &a x", "anchors and aliases are not allowed")
	f("one: {<<: x}", "anchors and aliases are not allowed")
	f("name: *a", "anchors and aliases are not allowed")
	f("list: "+strings.Repeat("[", 50)+strings.Repeat("]", 50), "nested deeper than 12 levels")
	f("list:\n  "+strings.Repeat("- ", 50)+"x", "nested deeper than 12 levels")
	f("name: \"x", "a.yaml:1:")
	f(strings.Repeat("#", maxFileBytes+1), "at most")
	// All mistakes of a file come at once.
	f("nam: x\ncount: y\nitems:\n- i: z\n- id: [a]", `"nam"`, "count", `unknown key "i"`, "id: want a text")
	// None at all.
	f("")
	f("# only a comment\n")
	f("list:\n")
}

func TestErrorShowsItsLine(t *testing.T) {
	var d document
	errs := Decode("a.yaml", []byte("name: x\nitems:\n- id: x\n  tagz: [y]\n"), &d)
	want := "a.yaml:4:3: unknown key \"tagz\"; did you mean \"tags\"?\n  4 |   tagz: [y]\n    |   ^"
	if len(errs) != 1 || errs[0].Error() != want {
		t.Errorf("got  %v\nwant %s", errs, want)
	}
}

// Of a long line the part around the mistake is shown.
func TestErrorShowsPartOfALongLine(t *testing.T) {
	var d document
	errs := Decode("a.yaml", []byte("list: ["+strings.Repeat("ä, ", 100)+"{}, "+strings.Repeat("b, ", 100)+"]"), &d)
	if len(errs) != 1 {
		t.Fatal(errs)
	}
	lines := strings.Split(errs[0].Error(), "\n")
	caret := strings.Index(lines[2], "^")
	if text := []rune(lines[1]); len(text) > 140 || text[caret] != '{' {
		t.Errorf("got %v", errs[0])
	}
}

func TestDidYouMean(t *testing.T) {
	f := func(word, want string) {
		t.Helper()
		got := DidYouMean(word, []string{"connection-limit", "rate-limit", "reputation"})
		if want != "" {
			want = `; did you mean "` + want + `"?`
		}
		if got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
	f("conection-limit", "connection-limit")
	f("ratelimit", "rate-limit")
	f("repuation", "reputation")
	f("zzz", "")
	f(strings.Repeat("connection-limit", 9), "")
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"name: x\nitems:\n- id: y\n  tags: [a, b]", "a: [[[", "{{", "wait: 1h", "- - - -", "x: |\n  y", "? a\n: b", "one: !!str x", "\t", "name: 'a\n\n b'"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		var d document
		for _, err := range Decode("a.yaml", src, &d) {
			if !strings.HasPrefix(err.Error(), "a.yaml:") {
				t.Fatalf("%v has no place", err)
			}
		}
	})
}
