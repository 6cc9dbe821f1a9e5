package csvrow

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
)

// read returns all records of a text, one a line, cells in brackets.
func read(r *Reader, text string) string {
	var out []string
	show := func(cells [][]byte) { out = append(out, fmt.Sprintf("%q", cells)) }
	for _, line := range strings.Split(text, "\n") {
		switch cells, state := r.Add([]byte(line)); state {
		case Complete:
			show(cells)
		case Broken:
			out = append(out, "broken")
		default: // more to come
		}
	}
	if r.Open() {
		show(r.Rest())
		out = append(out, "open")
	}
	return strings.Join(out, "|")
}

func TestRead(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if got := read(&Reader{}, text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	f("a,b,c", `["a" "b" "c"]`)
	f("a,,c,", `["a" "" "c" ""]`)
	f("", `[""]`)
	f(",", `["" ""]`)
	f("a,b\r", `["a" "b"]`)
	f(`a,"b,c",d`, `["a" "b,c" "d"]`)
	f(`"a ""b"" c",d`, `["a \"b\" c" "d"]`)
	f(`"""a""","""b"""`, `["\"a\"" "\"b\""]`)
	f(`"",""`, `["" ""]`)
	f(`a,"b`+"\r", `["a" "b"]|open`)
	f("a,\"b\nc\",d\ne,f", `["a" "b\nc" "d"]|["e" "f"]`)
	f("a,\"b\n\n\"\"x\"\"\nc\"\ne", `["a" "b\n\n\"x\"\nc"]|["e"]`)
	f("a,\"b\nc", `["a" "b\nc"]|open`)
	f(`smtp;550 "user" unknown,b`, `["smtp;550 \"user\" unknown" "b"]`)
	f(`"smtp;550 "user" unknown",b`, `["smtp;550 \"user\" unknown" "b"]`)
	f(`"a"b`, `["a\"b"]|open`)
	f(`a,"`, `["a" ""]|open`)
}

func TestTabs(t *testing.T) {
	if got := read(&Reader{Comma: '\t'}, "a,b\t\"c\td\"\te"); got != `["a,b" "c\td" "e"]` {
		t.Error(got)
	}
}

// A record without an end is given up, and the next one is read.
func TestBounds(t *testing.T) {
	f := func(name, line string) {
		t.Helper()
		r := &Reader{}
		r.Add([]byte(`a,"b`))
		n := 0
		for {
			n++
			if _, state := r.Add([]byte(line)); state == Broken {
				break
			}
			if n > 2*maxLines {
				t.Fatalf("%s: no end", name)
			}
		}
		if got := read(r, "c,d"); got != `["c" "d"]` {
			t.Errorf("%s: then %s", name, got)
		}
	}
	f("lines", "x")
	f("bytes", strings.Repeat("x", maxRecord/4))
}

// What encoding/csv reads, this package reads alike.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"a,b\n\"c\nd\",e", `"a""b",c`, "a,\"b\r\nc\"", "\"a\"b,c\n", ",,\"\"", "\"a\"\"\n\"\"\",b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := &Reader{}
		var got [][]string
		for _, line := range strings.Split(text, "\n") {
			keep := []byte(line)
			cells, state := r.Add(keep)
			if !bytes.Equal(keep, []byte(line)) {
				t.Fatal("the line was written to")
			}
			if state == Continues != r.Open() {
				t.Fatalf("state %d, open %v", state, r.Open())
			}
			if state == Broken {
				if len(text) < maxLines {
					t.Fatal("a short record is broken")
				}
				return // encoding/csv has no bound
			}
			if state == Complete {
				var row []string
				for _, c := range cells {
					row = append(row, string(c))
				}
				got = append(got, row)
			}
		}
		strict := csv.NewReader(strings.NewReader(text))
		strict.FieldsPerRecord = -1
		want, err := strict.ReadAll()
		if err != nil || strings.Contains(text, "\r") {
			return // encoding/csv changes line ends inside of cells
		}
		var full [][]string // encoding/csv leaves out empty lines
		for _, row := range got {
			if len(row) != 1 || row[0] != "" {
				full = append(full, row)
			}
		}
		var rows [][]string
		for _, row := range want {
			if len(row) != 1 || row[0] != "" {
				rows = append(rows, row)
			}
		}
		if fmt.Sprint(full) != fmt.Sprint(rows) {
			t.Errorf("%q: %q, want %q", text, full, rows)
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	line := []byte(`d,2026-03-03 10:18:23+0000,2026-03-03 10:18:20+0000,news@example.com,anna@example.net,,relayed,2.0.0 (success),smtp;250 ok,mx.example.net (203.0.113.2),success,smtp,,smtp,192.0.2.10,203.0.113.2,"PIPELINING,8BITMIME,SIZE",155704,v1,job,env`)
	r := &Reader{}
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if cells, state := r.Add(line); state != Complete || len(cells) != 21 {
			b.Fatalf("%d cells, state %d", len(cells), state)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	r := &Reader{}
	line := []byte(`a,"b ""c""",d`)
	r.Add(line)
	if n := testing.AllocsPerRun(10, func() { r.Add(line) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
