package jsonlog

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// cursorAt returns a cursor at a document.
func cursorAt(doc string) *Cursor {
	c := new(Cursor)
	c.Reset([]byte(doc))
	return c
}

// found says what a document is found as, and its values.
func found(s *Shapes[string], doc string) string {
	c := cursorAt(doc)
	known := s.Find(c)
	if known == nil {
		return ""
	}
	text := *known
	for i := range s.values {
		text += fmt.Sprintf(" %q", s.Value(c, i))
	}
	return text
}

func learn(s *Shapes[string], doc, name string) bool {
	known := s.Learn(cursorAt(doc))
	if known != nil {
		*known = name
	}
	return known != nil
}

func TestShapes(t *testing.T) {
	var s Shapes[string]
	f := func(doc, want string) {
		t.Helper()
		if got := found(&s, doc); got != want {
			t.Errorf("%s: %s, want %s", doc, got, want)
		}
	}
	f(`{}`, "")
	for i, doc := range []string{
		`{"a":"x","b":1,"c":true,"d":{"e":["y",2]}}`, `{"a":"x","b":1,"c":false}`, `{"a":"","b":1,"c":false}`, `{"a":"x","b":"1","c":false}`, `{"a":"x"}`, ` [1]`, `-1.5`,
	} {
		if !learn(&s, doc, fmt.Sprint(i)) {
			t.Errorf("%s: not learned", doc)
		}
	}
	f(`{"a":"xyz","b":-1e5,"c":true,"d":{"e":["y",2]}}`, `0 "xyz" "-1e5" "y" "2"`)
	f(`{"a":"\u0041\"","b":0,"c":true,"d":{"e":["\\",2]}}`, `0 "A\"" "0" "\\" "2"`)
	f(`{"a":"y","b":2,"c":false}`, `1 "y" "2"`)
	f(`{"a":"","b":2,"c":false}`, `2 "2"`)
	f(`{"a":"y","b":"z","c":false}`, `3 "y" "z"`)
	f(`{"a":"\ud83d\ude00"}`, `4 "😀"`)
	f(` [2]`, `5 "2"`)
	f(`7`, `6 "7"`)
	// Other shapes, and what is no JSON.
	f(`{"a":"y","b":2,"c":null}`, ``)
	f(`{"a":"","b":"","c":false}`, ``)
	f(`{"a":1}`, ``)
	f(`{"a":"y"} `, ``)
	f(`{"a":"y"`, ``)
	f(`{"a":"y`, ``)
	f(`{"a":"`, ``)
	f(`{"a":"\x"}`, ``)
	f("{\"a\":\"\x01\"}", ``)
	f(`{"a":"y","b":02,"c":false}`, ``)
	f(`{"a":"y","b":-,"c":false}`, ``)
	f(`{"a":"y","b":`, ``)
	f(` [`, ``)
	f(``, ``)
	// A name with an escape is not looked at closer.
	if learn(&s, `{"\u0061":1}`, "x") {
		t.Error("an escape was learned")
	}
}

// What is remembered has bounds, and finding allocates nothing.
func TestShapesBounds(t *testing.T) {
	var s Shapes[string]
	for _, doc := range []string{`["` + strings.Repeat("x", maxShapeBytes) + `"]`, `[` + strings.Repeat("1,", maxShapeValues) + `1]`} {
		if learn(&s, doc, "x") || found(&s, doc) != "" {
			t.Errorf("%.10s: learned", doc)
		}
	}
	n := 0
	for i := range 10 * maxShapes {
		if learn(&s, fmt.Sprintf(`{"%d":1}`, i), "x") {
			n++
		}
	}
	if n != maxShapes-1 { // a document with too many values counts, too
		t.Errorf("%d shapes are remembered", n)
	}
	var large Shapes[string]
	for i := range maxShapes {
		learn(&large, fmt.Sprintf(`{"%d%s":1}`, i, strings.Repeat("x", maxShapeBytes/2)), "x")
	}
	if large.size > maxPartBytes {
		t.Errorf("%d bytes are remembered", large.size)
	}
	c := cursorAt(`{"7":42}`)
	if a := testing.AllocsPerRun(100, func() {
		if s.Find(c) == nil || string(s.Value(c, 0)) != "42" {
			t.Fatal("not found")
		}
	}); a != 0 {
		t.Errorf("%v allocations", a)
	}
}

var tokens = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"(\s*:)?|-?[0-9][-+.eE0-9]*`)

// built is the shape of a valid document in other words, and its values as they stand.
func built(doc string) (shape string, values []string) {
	shape = tokens.ReplaceAllStringFunc(doc, func(token string) string {
		switch {
		case token == `""` || strings.HasSuffix(token, ":"):
			return token
		case token[0] == '"':
			values = append(values, token)
			return `"?"`
		}
		values = append(values, token)
		return "0"
	})
	return shape, values
}

// A document is found if one that was learned has the same shape, and then it is valid.
func FuzzShapes(f *testing.F) {
	f.Add(`{"a":"x","b":[1,true,{"c":null,"d":""}]}`, `{"a":"\u00e9","b":[-2.5e+3,true,{"c":null,"d":""}]}`)
	f.Add(`{"a":"x"}`, `{"a":""}`)
	f.Add(`{"a":"x", "b" : 1}`, `{"a":"x", "b" : 01}`)
	f.Add(`["a",["b"]]`, `["a\",["b"]]`)
	f.Fuzz(func(t *testing.T, known, doc string) {
		var s Shapes[string]
		if !json.Valid([]byte(known)) || !learn(&s, known, "x") {
			return
		}
		if found(&s, known) == "" {
			t.Fatalf("%q: learned and not found", known)
		}
		got := found(&s, doc)
		if !json.Valid([]byte(doc)) {
			if got != "" {
				t.Fatalf("%q after %q: found, and it is not valid", doc, known)
			}
			return
		}
		shape, values := built(doc)
		if was, _ := built(known); (shape == was) != (got != "") {
			t.Fatalf("%q after %q: found as %q", doc, known, got)
		}
		if got == "" {
			return
		}
		want := "x"
		for _, v := range values {
			if c := cursorAt(v); v[0] == '"' {
				v = string(c.Text())
			}
			want += fmt.Sprintf(" %q", v)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", doc, got, want)
		}
	})
}
