package jsonlog

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// letters are the verdicts as one letter each.
var letters = map[mail.Verdict]string{mail.NotUnderstood: "-", mail.Irrelevant: "i", mail.Understood: "U"}

// split runs lines through a splitter. An element is understood if it has a key "e".
func split(s *Splitter, text string) (elements []string, verdicts string) {
	for _, line := range strings.Split(text, "\n") {
		verdicts += letters[s.Line([]byte(line), func(e []byte) mail.Verdict {
			var c Cursor
			mine := false
			c.Reset(e)
			for c.Object(); c.Next(); {
				mine = mine || string(c.Key()) == "e"
			}
			if !c.Done() || !mine {
				return mail.NotUnderstood
			}
			elements = append(elements, strings.ReplaceAll(string(e), "\n", "~"))
			return mail.Understood
		})]
	}
	return elements, verdicts
}

func TestSplit(t *testing.T) {
	f := func(text, want, wantVerdicts string) {
		t.Helper()
		got, verdicts := split(NewSplitter(0, "items"), text)
		if s := strings.Join(got, " "); s != want || verdicts != wantVerdicts {
			t.Errorf("%q: elements %s, verdicts %s; want %s and %s", text, s, verdicts, want, wantVerdicts)
		}
	}
	// One document a line.
	f(`{"e":1}`, `{"e":1}`, "U")
	f("{\"e\":1}\n\n{\"e\":2}  ", `{"e":1} {"e":2}  `, "UiU")
	f("\xef\xbb\xbf{\"e\":1}\r", "{\"e\":1}\r", "U")
	f("\x1e{\"e\":1}", `{"e":1}`, "U")
	f(`{"x":1}`, ``, "-")
	// Arrays.
	f(`[{"e":1},{"e":2}]`, `{"e":1} {"e":2}`, "U")
	f("[\n{\"e\":1},\n{\"e\":2}\n]", `{"e":1} {"e":2}`, "UUUU")
	f("[\n{\"e\":1}\n,{\"e\":[{\"e\":9}]}]", `{"e":1} {"e":[{"e":9}]}`, "UUU")
	f(`[]`, ``, "i")
	f(`[[{"e":1}],2,"x",null,{"e":3}]`, `{"e":1} {"e":3}`, "U")
	// Objects one after the other, and lines cut from an array.
	f(`{"e":1}{"e":2} {"e":3}`, `{"e":1} {"e":2} {"e":3}`, "U")
	f("{\"e\":1},\n{\"e\":2},", `{"e":1} {"e":2}`, "UU")
	f("{\"e\":1}{\"e\":\n2}{\"e\":3}", `{"e":1} {"e":~2} {"e":3}`, "UU")
	// Pages. The rest of the page is no element, whatever is in it.
	f(`{"items":[{"e":1},{"e":2}],"paging":{"e":"x","items":[{"e":3}]}}`, `{"e":1} {"e":2}`, "U")
	f(`{"e":0,"p":{},"items":[{"e":1}]}`, `{"e":0,"p":{},"items":[{"e":1}]}`, "U") // taken whole by its reader
	f("{\"p\":{\"e\":1},\n\"items\"\n:\n[ {\"e\":1}\n]}", `{"e":1}`, "UUUUU")
	f(`{"items":[],"paging":{}}`, ``, "i")
	f(`{"items":{"e":1}}`, ``, "-") // no array: an object like any other
	f(`{"x":{"items":[{"e":1}]}}`, ``, "-")
	f(`[{"items":[{"e":1}]},{"items":[{"e":2}]}]`, `{"e":1} {"e":2}`, "U")
	f(`{"items":[{"e":1}]}{"items":[{"e":2}]}`, `{"e":1} {"e":2}`, "U")
	// Test cases.
	f(`{"_test":"a","payload":{"e":1}}`, `{"e":1}`, "U")
	f(`{"_test":"a","x":{},"payload":[{"e":1},{"e":2}]}`, `{"e":1} {"e":2}`, "U")
	f(`{"_test":"a","payload":{"items":[{"e":1}]}}`, `{"e":1}`, "U")
	f(`{"x":"_test","payload":{"e":1}}`, ``, "-")
	f(`{"payload":[{"e":1}]}`, ``, "-")
	// Printed over many lines.
	f("{\n \"e\": 1,\n\n \"x\": [\n  1\n ]\n}", `{~ "e": 1,~~ "x": [~  1~ ]~}`, "UUUUUUU")
	f("{\n \"items\": [\n  {\n   \"e\": 1\n  },\n  {\"e\": 2}\n ]\n}", `{~   "e": 1~  } {"e": 2}`, "UUUUUUUU")
	// What is no JSON, and what follows it.
	f(`Mar  3 10:18:23 mx1 postfix/smtp[1]: x`, ``, "-")
	f(`"e"`, ``, "-")
	f(`17`, ``, "-")
	f(`}`, ``, "-")
	f("{\"e\":tru}\n{\"e\":2}", `{"e":2}`, "-U")
	f("{\"e\":\"cut\n{\"e\":2}", `{"e":2}`, "-U")
	f("{\"e\":1,\n{\"e\":2}", `{"e":2}`, "UU")
	f("[{\"e\":1},\n{\"e\":2\n{\"e\":3}]\n{\"e\":4}", `{"e":1} {"e":3} {"e":4}`, "UUUU")
	f("[\n{\"e\":1} {\"e\":2}", `{"e":1} {"e":2}`, "UU")
	f("[{\"e\":1},\nnonsense\n{\"e\":2},\n]", `{"e":1} {"e":2}`, "U-U-")
	// The next item of a broken page is found again.
	f("{\"items\": [\n {\n  \"e\": 1 2\n },\n {\n  \"e\": 3\n }\n]}", "{~  \"e\": 3~ }", "UU--UUU-")
	f("{\"e\":1}garbage", `{"e":1}`, "U")
	f("garbage{\"e\":1}", ``, "-")
	f("\x00\x01", ``, "-")
}

// Lines of a document count as understood only if something came of it.
func TestUnfinished(t *testing.T) {
	f := func(text, wantVerdicts string, want int64) {
		t.Helper()
		s := NewSplitter(0, "items")
		if _, verdicts := split(s, text); verdicts != wantVerdicts || s.Unfinished() != want {
			t.Errorf("%q: verdicts %s, %d lines unfinished; want %s and %d", text, verdicts, s.Unfinished(), wantVerdicts, want)
		}
	}
	// What is whole.
	f("{\n\"e\":1\n}", "UUU", 0)
	f("[\n{\"e\":1},\n{\"e\":2}\n]", "UUUU", 0)
	f("{\n\"items\": [\n{\n\"e\":1},\n{\"e\":2}\n],\n\"paging\":\n{}}", "UUUUUUUU", 0)
	f("{\n\"items\":\n[\n],\"paging\":{}}", "UUUU", 0) // an empty page
	// What never closes.
	f("{", "U", 1)
	f("{\n\"a\":\n1,", "UUU", 3)
	f("[\n[\n[", "UUU", 3)
	f("{\n{\n{\n{", "UUUU", 4) // each breaks the one before off
	f("{\"e\":1}\n{\n\"e\":", "UUU", 2)
	f("{\"e\":1}{\n\"e\":", "UU", 1) // the first line has a whole one, too
	// A page that was cut: up to the last whole element it is understood.
	f("{\n\"items\": [\n{\"e\":1},\n{\"e\":2},\n{\"e\":", "UUUUU", 1)
	f("{\n\"items\": [\n{\n\"e\":1\n},\n{\n\"e\":2", "UUUUUUU", 2)
	f("{\"items\":[{\"e\":1},{\"e\":2},{\"e\":", "U", 0)
	f("{\"items\":[\n{\"e\":1}],\n\"paging\":{\n", "UUUU", 2)
	f("{\"items\":[\n", "UU", 2)
	// What breaks off, and what follows it.
	f("{\"e\":1,\n{\"e\":2}", "UU", 1)
	f("[{\"e\":1},\n{\"e\":2\n{\"e\":3}]\n{\"e\":4}", "UUUU", 1)
	f("{\"items\": [\n {\n  \"e\": 1 2\n },\n {\n  \"e\": 3\n }\n]}", "UU--UUU-", 2)
	// Elements of something else.
	f("{\n\"x\":1\n}", "UU-", 2)
	f("[\n{\n\"x\":1\n},\n{\n\"e\":1\n}\n]", "UUU-UUUU", 2)
}

func TestUnfinishedBeyondTheLimit(t *testing.T) {
	s := NewSplitter(10)
	if _, verdicts := split(s, "{\n\"x\":\n\"0123456789\",\n\"e\":1\n}\n{\n\"e\":1}"); verdicts != "UU---UU" || s.Unfinished() != 2 {
		t.Errorf("verdicts %s, %d lines unfinished", verdicts, s.Unfinished())
	}
}

func TestSplitLimit(t *testing.T) {
	s := NewSplitter(40)
	text := "[{\"e\":1,\n\"x\":\"" + strings.Repeat("a", 40) + "\"\n,\n\"y\":2},{\"e\":2}]"
	got, verdicts := split(s, text)
	if want := `{"e":2}`; strings.Join(got, " ") != want || verdicts != "U--U" {
		t.Errorf("%q: elements %q, verdicts %s", text, got, verdicts)
	}
	if len(s.buf) != 0 || !s.Idle() {
		t.Errorf("%d bytes are kept, idle %v", len(s.buf), s.Idle())
	}
	// An element on one line has the length of its line.
	long := `{"e":"` + strings.Repeat("a", 100) + `"}`
	if got, _ := split(s, "["+long+"]"); len(got) != 1 {
		t.Errorf("the element on one line was lost")
	}
}

func TestSplitMemory(t *testing.T) {
	s := NewSplitter(0)
	line := []byte(`"x": "` + strings.Repeat("a", 1000) + `",`)
	take := func([]byte) mail.Verdict { return mail.Understood }
	s.Line([]byte("[{"), take)
	for range 2000 {
		s.Line(line, take)
	}
	s.Line([]byte(`"y": 1},`), take)
	if cap(s.buf) > keepBuffer {
		t.Errorf("%d bytes are kept after the element", cap(s.buf))
	}
	// A page of any length needs no memory.
	item := []byte(`{"e":1,"x":"` + strings.Repeat("a", 1000) + `"},`)
	s = NewSplitter(0, "items")
	s.Line([]byte(`{"items":[`), take)
	for range 1000 {
		s.Line(item, take)
	}
	if cap(s.buf) > 64 {
		t.Errorf("%d bytes are kept for a page", cap(s.buf))
	}
	if n := testing.AllocsPerRun(100, func() { s.Line(item, take) }); n != 0 {
		t.Errorf("%v allocations per line, want none", n)
	}
}

// walk renders a document as the cursor sees it.
func walk(c *Cursor) string {
	switch c.Kind() {
	case '{':
		out := "{"
		for c.Object(); c.Next(); {
			out += string(c.Key()) + "=" + walk(c) + ";"
		}
		return out + "}"
	case '[':
		out := "["
		for c.Array(); c.Next(); {
			out += walk(c) + ";"
		}
		return out + "]"
	}
	if b := c.Text(); b != nil {
		return string(b)
	}
	return "nil"
}

func TestCursor(t *testing.T) {
	f := func(doc, want string) {
		t.Helper()
		var c Cursor
		c.Reset([]byte(doc))
		got := walk(&c)
		if !c.Done() {
			got = "bad"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", doc, got, want)
		}
	}
	f(`{"a":1,"b":"x","c":[true,false,null],"d":{"e":-1.5e+3},"":""}`, "{a=1;b=x;c=[true;false;nil;];d={e=-1.5e+3;};=;}")
	f(" \t\r\n{ } ", "{}")
	f(`[]`, "[]")
	f(`[ 1 , 2 ]`, "[1;2;]")
	f(`{"a":"\"\\\/\b\f\n\r\t\u00e4\u20AC\ud83d\ude00"}`, "{a=\"\\/\b\f\n\r\t\u00e4\u20ac\U0001f600;}")
	f(`{"a":"\ud83dx\ude00\ud83d\u0041"}`, "{a=\ufffdx\ufffd\ufffdA;}")
	f(`{"\u0061\n":1}`, "{a\n=1;}")
	f("{\"a\":\"\xff\xc3\"}", "{a=\xff\xc3;}")
	f(`{"a":"0123456789\"0123456789"}`, `{a=0123456789"0123456789;}`)
	for _, bad := range []string{
		``, ` `, `{`, `}`, `[`, `[1`, `[1,]`, `[,1]`, `[1 2]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{a:1}`, `{"a":1 "b":2}`, `{"a":1]`,
		`{"a":1}}`, `{"a":1}x`, `tru`, `truex`, `nul`, `01`, `-`, `1.`, `.5`, `1e`, `1e+`, `+1`, `--1`, `"a`, `"\x"`, `"\u12"`, `"\u12G4"`, `"\`,
		"\"a\nb\"", "\"\x00\"", `'a'`, `{"a":01}`, `{"a":"b\"}`,
		strings.Repeat("[", 1001) + strings.Repeat("]", 1001),
	} {
		f(bad, "bad")
	}
}

// What is not asked for is skipped, and a value of another type than expected has
// no members and no text.
func TestCursorSkips(t *testing.T) {
	f := func(doc string) {
		t.Helper()
		var c Cursor
		c.Reset([]byte(doc))
		var got []string
		for c.Object(); c.Next(); {
			switch string(c.Key()) {
			case "o":
				for c.Object(); c.Next(); {
					if string(c.Key()) == "t" {
						got = append(got, string(c.Text()))
					}
				}
			case "a":
				for c.Array(); c.Next(); {
					got = append(got, string(c.First()))
				}
			case "t":
				got = append(got, string(c.First()))
			}
		}
		if !c.Done() {
			t.Errorf("%q: not valid", doc)
		}
		if s := strings.Join(got, ","); s != "1,x,2,3,," {
			t.Errorf("%q: %s", doc, s)
		}
	}
	f(`{"o":{"u":{"t":9},"t":1,"v":[]},"a":["x",2,[3,4],{"b":1},[]],"z":{}}`)
	f(`{"o":[1],"t":1,"a":{"x":1},"a":["x","2",[[],3]],"q":[[]],"t":{"t":9},"t":null,"o":"t","o":null,"a":7}`)
}

// Eight bytes at a time ends where byte by byte does.
func TestStringEnd(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	whole := 0
	for range 100_000 {
		b := []byte{'"'}
		for range r.IntN(40) {
			b = append(b, "aaaaaaa\xff\x7f !\"\"\\n\x00\x1f\x22\x02\x5d\x80"[r.IntN(21)])
		}
		end, escaped := stringEnd(b, 0)
		wantEnd, wantEscaped := longStringEnd(b, 1)
		if end != wantEnd || escaped != wantEscaped {
			t.Fatalf("%q: %d, %v; want %d, %v", b, end, escaped, wantEnd, wantEscaped)
		}
		if end > 8 {
			whole++
		}
	}
	if whole < 1000 {
		t.Errorf("only %d strings were longer than eight bytes and whole", whole)
	}
}

func TestCursorNoAllocation(t *testing.T) {
	doc := []byte(`{"a":"x","b":{"c":[1,2,{"d":"e\n"}],"f":null},"g":"\u0041"}`)
	var c Cursor
	n := 0
	run := func() {
		c.Reset(doc)
		for c.Object(); c.Next(); {
			if string(c.Key()) == "g" {
				n += len(c.Text())
			}
		}
		if !c.Done() {
			n = -1 << 40
		}
	}
	run()
	if a := testing.AllocsPerRun(100, run); a != 0 || n != 102 {
		t.Errorf("%v allocations, want none; n = %d", a, n)
	}
}

func FuzzCursor(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e3,"x\u00e4\n",null,true,{"b":{}}]}`, `[]`, `"\ud83d\ude00"`, `{"a":01}`, "[\"\xff\"]", ` -0.0 `, `{"a":"bcdefghi\\"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var c Cursor
		c.Reset(doc)
		skipped := c.Done()
		c.Reset(doc)
		got := walk(&c)
		walked := c.Done()
		if skipped != walked {
			t.Fatalf("%q: valid %v when skipped, %v when walked", doc, skipped, walked)
		}
		if strings.Count(string(doc), "[")+strings.Count(string(doc), "{") > maxDepth {
			return // encoding/json goes deeper
		}
		if want := json.Valid(doc); walked != want {
			t.Fatalf("%q: valid %v, want %v", doc, walked, want)
		}
		if !walked {
			return
		}
		var v any
		d := json.NewDecoder(strings.NewReader(string(doc)))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		if s, ok := v.(string); ok && utf8.Valid(doc) && got != s {
			t.Errorf("%q: %q, want %q", doc, got, s)
		}
		if n, ok := v.(json.Number); ok && got != n.String() {
			t.Errorf("%q: %q, want %q", doc, got, n)
		}
	})
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{
		"{\"e\":1}\n[{\"e\":2},\n{\"e\":3}]\n", "{\"items\":[{\n\"e\":1}],\"paging\":{}}", "{\"_test\":1,\"payload\":[{\"e\":1}]}", "{\"e\":1}{\"e\":2}x\n{\"e\"\n:1\n}",
	} {
		f.Add(s, uint8(0))
		f.Add(s, uint8(1))
	}
	f.Fuzz(func(t *testing.T, text string, limit uint8) {
		run := func() (string, []string) {
			got, verdicts := split(NewSplitter(int(limit), "items"), text)
			return verdicts, got
		}
		verdicts, got := run()
		whole := NewSplitter(int(limit), "items")
		if _, v := split(whole, text); whole.Unfinished() < 0 || whole.Unfinished() > int64(strings.Count(v, "U")) {
			t.Errorf("%d lines unfinished of %s", whole.Unfinished(), v)
		}
		if want := strings.Count(text, "\n") + 1; len(verdicts) != want {
			t.Errorf("%d verdicts for %d lines", len(verdicts), want)
		}
		for _, e := range got {
			if !json.Valid([]byte(strings.ReplaceAll(strings.TrimLeft(e, " "), "~", "\n"))) && !strings.Contains(text, "~") {
				t.Errorf("%q is no document", e)
			}
		}
		if again, elements := run(); again != verdicts || fmt.Sprint(elements) != fmt.Sprint(got) {
			t.Errorf("the second time %s %q, the first time %s %q", again, elements, verdicts, got)
		}
		// A valid document gives the same elements however its lines are broken.
		if !strings.Contains(text, "\n") && !strings.Contains(text, "~") && json.Valid([]byte(text)) && limit == 0 && len(text) < 500 {
			broken := strings.NewReplacer(",", ",\n", "{", "{\n", "]", "\n]").Replace(text)
			if json.Valid([]byte(broken)) {
				more, _ := split(NewSplitter(0, "items"), broken)
				for i := range more {
					more[i] = strings.ReplaceAll(more[i], "~", "")
				}
				if fmt.Sprint(more) != strings.NewReplacer("\r", "", "\t", "").Replace(fmt.Sprint(got)) && !strings.ContainsAny(text, " \r\t") {
					t.Errorf("%q: %q; broken into lines %q", text, got, more)
				}
			}
		}
	})
}

func BenchmarkSplit(b *testing.B) {
	item := `{"event":"failed","id":"0123456789","x":"` + strings.Repeat("0123456789", 80) + `","y":{"a":[1,2,3],"b":null}}`
	take := func(e []byte) mail.Verdict {
		if len(e) != len(item) {
			b.Fatalf("an element of %d bytes", len(e))
		}
		return mail.Understood
	}
	page := []byte(`{"items":[` + strings.Repeat(item+",", 99) + item + `],"paging":{}}`)
	s := NewSplitter(0, "items")
	n := 0
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		s.Line(page, func(e []byte) mail.Verdict {
			if len(e) == len(page) {
				return mail.NotUnderstood
			}
			n++
			return take(e)
		})
	}
	if n != 100*b.N {
		b.Fatalf("%d elements in %d pages", n, b.N)
	}
}

func BenchmarkCursor(b *testing.B) {
	doc := []byte(`{"event":"failed","id":"0123456789","x":"` + strings.Repeat("0123456789", 80) + `","y":{"a":[1,2,3],"b":null}}`)
	var c Cursor
	n := 0
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		c.Reset(doc)
		for c.Object(); c.Next(); {
			if string(c.Key()) == "id" {
				n += len(c.Text())
			}
		}
		if !c.Done() {
			b.Fatal("not valid")
		}
	}
	if n != 10*b.N {
		b.Fatal(n)
	}
}
