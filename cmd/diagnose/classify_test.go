package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

func TestSplitMX(t *testing.T) {
	f := func(line, mx, reply string) {
		t.Helper()
		if gotMX, gotReply := splitMX(line); gotMX != mx || gotReply != reply {
			t.Errorf("splitMX(%q) = %q, %q; want %q, %q", line, gotMX, gotReply, mx, reply)
		}
	}
	f("", "", "")
	f("421 busy", "", "421 busy")
	f("mx.example.net\t421 busy", "mx.example.net", "421 busy")
	f("mx.example.net.\t421 busy", "mx.example.net.", "421 busy")
	f("\t421 busy", "", "421 busy")
	f(" \t421 busy", "", "421 busy")
	f("mx.example.net[192.0.2.1]:25\t421 busy", "mx.example.net", "421 busy")
	f("mx.example.net\t", "mx.example.net", "")
	f("mx.example.net\t421 a\tb", "mx.example.net", "421 a\tb")
	f("421 4.7.0 too\tmany", "", "421 4.7.0 too\tmany")
	f("421\ttoo many", "", "421\ttoo many")
	f("too.many connections\tfrom you", "", "too.many connections\tfrom you")
}

// Exactly one result for each line, whatever the lines are.
func FuzzClassifyLines(f *testing.F) {
	for _, s := range []string{"", "\n", "a", "a\n", "a\n\nb", "\r\n", "x\ty\n\t", "\x00\xff\x1b[m\n", strings.Repeat("x", maxReply+5) + "\ny", strings.Repeat("x", maxReply)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := strings.Count(s, "\n")
		if s != "" && !strings.HasSuffix(s, "\n") {
			want++
		}
		got := 0
		err := eachLine(strings.NewReader(s), "-", func(line []byte) error {
			got++
			if bytes.IndexByte(line, '\n') >= 0 || len(line) > maxReply {
				t.Fatalf("not one line: %d bytes", len(line))
			}
			return nil
		})
		if err != nil || got != want {
			t.Fatalf("%d lines, %v; want %d", got, err, want)
		}
	})
}

// The lines of a long input come out in order, and the table needs no more memory
// for more of them.
func TestClassifyOrder(t *testing.T) {
	var in strings.Builder
	const n = 3*piece + 7
	for i := range n {
		in.WriteString("450 4.7.1 reply number ")
		in.WriteString(strings.Repeat("i", i%50))
		in.WriteByte('\n')
	}
	tr := newTrial(t)
	tr.In = strings.NewReader(in.String())
	if code := tr.run("classify", "--json"); code != exitFine {
		t.Fatalf("exit code %d: %s", code, tr.err.String())
	}
	var back strings.Builder
	d := json.NewDecoder(&tr.out)
	for {
		var r classified
		if err := d.Decode(&r); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		back.WriteString(r.Reply + "\n")
	}
	if back.String() != in.String() {
		t.Error("the replies changed on their way")
	}

	tr = newTrial(t)
	tr.In = strings.NewReader(in.String())
	if code := tr.run("classify"); code != exitFine {
		t.Fatalf("exit code %d: %s", code, tr.err.String())
	}
	lines := strings.Split(strings.TrimSuffix(tr.out.String(), "\n"), "\n")
	if len(lines) != n+1 || !strings.HasPrefix(lines[0], "CLASS ") {
		t.Fatalf("%d lines, the first is %q", len(lines), lines[0])
	}
	at := strings.Index(lines[0], "REPLY")
	for _, l := range lines[1:] {
		if len(l) > 98 || !strings.HasPrefix(l[at:], "450 4.7.1 reply") {
			t.Fatalf("out of line: %q", l)
		}
	}
}
