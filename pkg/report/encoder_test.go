package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// plainly is layout.lay in two steps: the indentation of encoding/json, then one character
// after the other.
func plainly(t *testing.T, data []byte, prefix string, compact bool) string {
	t.Helper()
	var laid bytes.Buffer
	if compact {
		laid.Write(data)
	} else if err := json.Indent(&laid, data, prefix, "  "); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	last := ' '
	for _, r := range laid.String() {
		switch {
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		case r != '\n' && (r < ' ' || r > '~') || r == '#' && last == '#':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}

// anything is a random value that JSON can show.
func anything(r *rand.Rand, depth int) any {
	words := []string{"", "a", `"`, `\`, "#", "##", "###", "\n", "{", "}", "[]", ",", ":", "\x7f", "\x1b[31m", "é", "\u2028", "😀", "\xff", "<&>", strings.Repeat("long ", 40)}
	text := func() (s string) {
		for range r.IntN(4) {
			s += words[r.IntN(len(words))]
		}
		return s
	}
	n := r.IntN(4)
	switch kind := r.IntN(8); {
	case kind < 2 && depth > 0:
		list := make([]any, n)
		for i := range list {
			list[i] = anything(r, depth-1)
		}
		return list
	case kind < 4 && depth > 0:
		m := map[string]any{}
		for range n {
			m[text()] = anything(r, depth-1)
		}
		return m
	case kind == 4:
		return r.NormFloat64()
	case kind == 5:
		return []any{nil, true, -1, "#"}[n]
	}
	return text()
}

// Any JSON is laid out as encoding/json does it, whatever was laid out before.
func TestLayoutIsThatOfJSON(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, compact := range []bool{false, true} {
		for _, prefix := range []string{"", "    "} {
			e := newEncoder(compact, prefix)
			for range 3000 {
				var raw bytes.Buffer
				plain := json.NewEncoder(&raw)
				plain.SetEscapeHTML(false)
				v := anything(r, 6)
				if err := plain.Encode(v); err != nil {
					t.Fatal(err)
				}
				want := plainly(t, bytes.TrimSuffix(raw.Bytes(), []byte("\n")), prefix, compact)
				if got, err := e.encode(v); err != nil || string(got) != want {
					t.Fatalf("%v\ngot  %s, %v\nwant %s", v, got, err, want)
				}
			}
		}
	}
}

// What is copied shares nothing with the original that is changed.
func TestRebuildLeavesTheOriginal(t *testing.T) {
	type inner struct {
		Name string
		List []string
		At   *string
	}
	type outer struct {
		Inner inner
		All   []inner
		By    map[string]*inner
		Share *float64
	}
	make1 := func() outer {
		one := inner{"n", []string{"l"}, ptr("p")}
		return outer{one, []inner{one, {}}, map[string]*inner{"k": {Name: "v"}}, ptr(0.5)}
	}
	v := make1()
	got := rebuild(reflect.ValueOf(v), strings.ToUpper).Interface().(outer)
	big := inner{"N", []string{"L"}, ptr("P")}
	want := outer{big, []inner{big, {List: []string{}}}, map[string]*inner{"K": {Name: "V", List: []string{}}}, ptr(0.5)}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if !reflect.DeepEqual(v, make1()) {
		t.Errorf("the original became %+v", v)
	}
}

// For JSON what is as it should be stays where it is, and what is not is found wherever
// it is.
func TestRebuildForJSON(t *testing.T) {
	type item struct {
		N     int
		Text  *string
		Share *float64
		List  []string
		By    map[string]int64
		At    time.Time
	}
	type outer struct {
		Items []item
		By    map[string]*item
		Any   any
		Deep  [][]item
		Plain []int
	}
	whole := func() item { return item{1, ptr("t"), ptr(0.5), []string{}, map[string]int64{}, time.Unix(1, 0)} }
	lacking := item{Share: ptr(math.NaN())}
	mended := item{List: []string{}, By: map[string]int64{}}
	v := outer{Items: []item{whole(), lacking}, By: map[string]*item{"a": {}}, Deep: [][]item{nil, {lacking}}}
	got := rebuild(reflect.ValueOf(v), nil).Interface().(outer)
	want := outer{Items: []item{whole(), mended}, By: map[string]*item{"a": &mended}, Deep: [][]item{{}, {mended}}, Plain: []int{}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if v.Items[1].Share == nil || v.Items[1].List != nil || v.By["a"].List != nil || v.Deep[0] != nil || v.Plain != nil {
		t.Errorf("the original became %+v", v)
	}
	if got.Items[0].Text != v.Items[0].Text {
		t.Error("a text was copied for nothing")
	}
}

func BenchmarkEncode(b *testing.B) {
	group := hostile("a \u00e9 ## reply").Groups[0]
	e := newEncoder(false, "    ")
	first, err := e.group(&group)
	if err != nil {
		b.Fatal(err)
	}
	want := string(first)
	for b.Loop() {
		if got, err := e.group(&group); err != nil || string(got) != want {
			b.Fatalf("%s, %v", got, err)
		}
	}
	b.SetBytes(int64(len(want)))
}
