package report

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/seed-07ce53fa/diagnose/pkg/report/reporttest"
)

func marshal(t *testing.T, r *Report, compact bool) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteJSON(&b, r, compact); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The contract: one object, every key there, lists never null, unknown null.
func TestWriteJSONShape(t *testing.T) {
	f := func(name, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
	}
	f("empty report", marshal(t, &Report{}, true), `{"schema":0,"input":{"files":[],"lines":0,"understood":0,"irrelevant":0,"not_understood":0,`+
		`"attempts":0,"suspensions":0,"refusals":{"seen":0,"destinations":0,"own_side":0,"left_out":0},"first":null,"last":null,"class":null,"notes":[],"errors":[]},"groups":[],"own_side":[],"unknown_replies":[],"rules":""}`+"\n")

	var g map[string]any
	if err := json.Unmarshal([]byte(marshal(t, &Report{Groups: []Group{{}}}, false)), &struct{ Groups []*map[string]any }{Groups: []*map[string]any{&g}}); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"mx", "domains", "sending_ips", "causes", "qualifiers", "curve", "windows", "by_ip", "replies", "steps", "missing"} {
		if l, ok := g[key].([]any); !ok || len(l) != 0 {
			t.Errorf("%s is %v, want []", key, g[key])
		}
	}
	if m, ok := g["refusals"].(map[string]any); !ok || len(m) != 0 {
		t.Errorf("refusals is %v, want {}", g["refusals"])
	}
	if v, there := g["limit"].(map[string]any)["sessions"]; !there || v != nil {
		t.Errorf("limit.sessions is %v, want null", v)
	}
	if got := marshal(t, capped(), false); !strings.HasPrefix(got, "{\n  \"schema\": 1,\n") || !strings.HasSuffix(got, "\n}\n") || strings.Count(got, "\n}\n") != 1 {
		t.Errorf("not one indented object: %.80q", got)
	}
}

// What is written is what was there, byte-identical every time, and the report is
// left as it was.
func TestWriteJSONRoundTrip(t *testing.T) {
	for _, compact := range []bool{false, true} {
		r, same := hostile("\x1b[31m\u202e\u0085\u2028 caf\u00e9 \U0001f600 <&> \\\"\n"), hostile("\x1b[31m\u202e\u0085\u2028 caf\u00e9 \U0001f600 <&> \\\"\n")
		text := marshal(t, r, compact)
		if text != marshal(t, r, compact) {
			t.Fatal("two writes differ")
		}
		if !reflect.DeepEqual(r, same) {
			t.Fatal("writing changed the report")
		}
		reporttest.Printable(t, "the JSON", text)
		var back Report
		if err := json.Unmarshal([]byte(text), &back); err != nil {
			t.Fatal(err)
		}
		if got, want := back.Groups[0].Destination, r.Groups[0].Destination; got != want {
			t.Errorf("got %q back, want %q", got, want)
		}
		if marshal(t, &back, compact) != text {
			t.Error("reading and writing again gives something else")
		}
	}
}

// Group by group, facts apart, is the same as all at once, whatever texts say.
func TestWriteJSONIsMarshalASCII(t *testing.T) {
	trap := hostile(`"facts":[]`)
	trap.Groups[0].Facts = append(trap.Groups[0].Facts, Fact{Value: 0.1 + 0.2, Where: `"facts":[] <&> ##` + "\x1b\u00e9"}, Fact{ID: 1, Basis: 2, Value: 1e21})
	for _, r := range []*Report{{}, {Groups: make([]Group, 3)}, capped(), trap} {
		for _, compact := range []bool{false, true} {
			want, err := MarshalASCII(r, compact)
			if err != nil {
				t.Fatal(err)
			}
			if got := marshal(t, r, compact); got != string(want)+"\n" {
				t.Errorf("got %s\nwant %s", got, want)
			}
		}
	}
}

func TestMarshalASCII(t *testing.T) {
	f := func(in any, want string) {
		t.Helper()
		got, err := MarshalASCII(in, true)
		if err != nil || string(got) != want {
			t.Errorf("MarshalASCII(%v) = %s, %v; want %s", in, got, err, want)
		}
	}
	f(nil, "null")
	f(struct{ A []string }{}, `{"A":[]}`)
	f(struct{ A map[string]int }{}, `{"A":{}}`)
	f(struct{ A *float64 }{ptr(math.NaN())}, `{"A":null}`)
	f(struct{ A *float64 }{ptr(0.5)}, `{"A":0.5}`)
	f(struct{ A *int }{}, `{"A":null}`)
	f("\x7f\u0080\U0001f600\xff", `"\u007f\u0080\ud83d\ude00\ufffd"`)
	f("<a@b.example>", `"<a@b.example>"`)
	f(time.Date(2026, 5, 20, 1, 2, 3, 0, time.UTC), `"2026-05-20T01:02:03Z"`)
	if _, err := MarshalASCII(math.Inf(1), true); err == nil {
		t.Error("a number that cannot be written gives no error")
	}
}

func FuzzMarshalASCII(f *testing.F) {
	for _, s := range []string{"", "\x00\x1f\x7f\x80\xff", "\u202e\u2066\U0001f600", `\u0041"`, "\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := MarshalASCII(map[string]string{s: s}, true)
		if err != nil {
			t.Fatal(err)
		}
		reporttest.Printable(t, "the JSON", string(got))
		back := map[string]string{}
		if err := json.Unmarshal(got, &back); err != nil {
			t.Fatalf("%s: %v", got, err)
		}
		if back[s] != s && utf8.ValidString(s) || len(back) != 1 {
			t.Fatalf("%q came back as %q", s, back)
		}
	})
}
