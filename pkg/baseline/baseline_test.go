package baseline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

func sample() *report.Report {
	last := time.Date(2026, 5, 1, 23, 59, 0, 0, time.UTC)
	five, nine, twelve := int64(5), int64(9), int64(12)
	return &report.Report{Schema: 1, Rules: "4f2c1d",
		Input: report.Input{Lines: 1000, Understood: 700, Irrelevant: 290, NotUnderstood: 10, Attempts: 500, Last: &last},
		Groups: []report.Group{
			{Platform: "zeta.example", Severity: "normal", Cause: "none", Counts: report.Counts{Attempts: 100}},
			{Platform: "alpha.example", Severity: "watch", Cause: "burst", SendingIPs: []string{"192.0.2.10"},
				Counts: report.Counts{Attempts: 400, Delivered: 380, Expired: 2}, Refusals: map[string]int64{"connection-limit": 18, "greylist": 2, "other": 0},
				Trouble:      report.Trouble{Refusals: 18, LastingMinutes: 12.5},
				PeakSessions: report.Peak{Estimate: &nine, Low: &five, High: &twelve, PerIP: map[string]int64{"192.0.2.10": 9, "192.0.2.11": 3}},
				RetryGaps:    report.RetryGaps{ByRetry: []report.RetryGap{{Retry: 1, MedianS: 600, Count: 7}, {Retry: 2, MedianS: 1200, Count: 3}}},
				Replies:      []report.Reply{{Template: "451 4.7.652 *", Sample: "451 4.7.652 The mail server [192.0.2.10] ... user@alpha.example", Class: "connection-limit", Count: 18}},
			},
			{Platform: "192.0.2.99", Severity: "normal", Cause: "none", Counts: report.Counts{Attempts: 3}},
			{Platform: "2001:db8::1", Severity: "normal", Cause: "none", Counts: report.Counts{Attempts: 1}},
		},
		Unknown: []report.Unknown{{Template: "x", Count: 6, Sample: "450 for user@alpha.example"}, {Template: "y", Count: 1}},
	}
}

func TestOf(t *testing.T) {
	b := Of(sample(), 5, nil)
	if want := (Input{Lines: 1000, Understood: 990, Attempts: 500, Refusals: 20, UnknownReplies: 7, UnknownKinds: 1}); b.Input != want {
		t.Errorf("input %+v, want %+v", b.Input, want)
	}
	d := b.Find("alpha.example")
	want := &Destination{Name: "alpha.example", Severity: "watch", Cause: "burst", Attempts: 400, Delivered: 380, Expired: 2, Trouble: 18, LastingMinutes: 12.5,
		Peak: 9, PeakLow: 5, PeakHigh: 12, LimitedAt: 9, RetryFirstS: 600, Retries: 7,
		Refusals: map[string]int64{"connection-limit": 18, "greylist": 2}, Replies: []Reply{{digest("451 4.7.652 *"), "connection-limit", 18}}}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("got  %+v\nwant %+v", d, want)
	}
	if b.Find("beta.example") != nil || (*Baseline)(nil).Find("alpha.example") != nil {
		t.Error("found what is not there")
	}
	if b.Day() != "2026-05-01" || new(Baseline).Day() != "" {
		t.Errorf("day %q", b.Day())
	}
	if o := b.Only(sample().Groups[:1]); len(o.Destinations) != 1 || o.Destinations[0].Name != "zeta.example" || len(b.Destinations) != 4 {
		t.Errorf("only %v", o.Destinations)
	}
}

// A file for git: the same bytes for the same report, a line for a destination, in
// order, and no addresses of any kind.
func TestMarshal(t *testing.T) {
	data, err := Of(sample(), 5, nil).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	r := sample()
	r.Groups[0], r.Groups[1] = r.Groups[1], r.Groups[0]
	again, err := Of(r, 5, nil).Marshal()
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("another order of the report gives other bytes:\n%s\n%s", data, again)
	}
	if !json.Valid(data) || !bytes.HasSuffix(data, []byte("\n")) {
		t.Errorf("no JSON: %s", data)
	}
	if n := strings.Count(string(data), "\n    {\"destination\":"); n != 4 {
		t.Errorf("%d lines of destinations in %s", n, data)
	}
	if a, z := bytes.Index(data, []byte("alpha.example")), bytes.Index(data, []byte("zeta.example")); a < 0 || a > z {
		t.Errorf("not in order: %s", data)
	}
	if found := regexp.MustCompile(`@|\d+\.\d+\.\d+\.\d+|2001:`).FindAll(data, -1); found != nil {
		t.Errorf("addresses %q in %s", found, data)
	}
	back, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if round, err := back.Marshal(); err != nil || !bytes.Equal(round, data) {
		t.Errorf("read and written again:\n%s\n%s", data, round)
	}
	if back.Find(Name("192.0.2.99")) == nil || back.Find("192.0.2.99") != nil {
		t.Error("an address is not found by its digest")
	}
	empty, err := Of(&report.Report{Rules: "x"}, 5, nil).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(empty); err != nil {
		t.Errorf("%v in %s", err, empty)
	}
}

// The peak at which a receiver limited is kept over updates (H96), its own file's first.
func TestLimitedAtIsKept(t *testing.T) {
	first := Of(sample(), 5, nil)
	calm := sample()
	calm.Groups[1].Refusals = nil
	second := Of(calm, 5, first)
	if got := second.Find("alpha.example").LimitedAt; got != 9 {
		t.Errorf("after a recovery: %d, want 9", got)
	}
	again := sample()
	again.Groups[1].PeakSessions.PerIP = map[string]int64{"192.0.2.10": 6}
	if got := Of(again, 5, second).Find("alpha.example").LimitedAt; got != 6 {
		t.Errorf("limited again at 6: %d", got)
	}
}

func TestParseRefuses(t *testing.T) {
	good, err := Of(sample(), 5, nil).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	f := func(data, want string) {
		t.Helper()
		b, err := Parse([]byte(data))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", data, err, want)
		}
		if b != nil {
			t.Errorf("%.60q: a baseline beside the error", data)
		}
	}
	edit := func(from, to string) string {
		t.Helper()
		if !strings.Contains(string(good), from) {
			t.Fatalf("no %s in %s", from, good)
		}
		return strings.Replace(string(good), from, to, 1)
	}
	f("", "the file is empty")
	f(" \n", "the file is empty")
	f("{}", "not a baseline")
	f(`{"schema":0}`, "not a baseline")
	f("[1]", "damaged")
	f("null", "not a baseline")
	f(string(good[:len(good)/2]), "damaged in line")
	f(string(good)+"{}", "damaged in line 21: invalid character")
	f(edit(`"schema": 1`, `"schema": 2`), "it has schema 2, this version reads up to 1; use a newer diagnose")
	f(edit(`"schema": 1`, `"schema": "1"`), "damaged in line 2")
	f(edit(`"rules"`, `"ruels"`), `unknown field "ruels"`)
	f(edit(`"attempts":400`, `"attempts":-1`), `destination "alpha.example": -1 is no count`)
	f(edit(`"attempts":400`, `"attempts":4e2000`), "damaged")
	f(edit(`"attempts":400`, `"attempts":9007199254740993`), "is no count")
	f(edit(`"severity":"watch"`, `"severity":"bad"`), `unknown severity "bad"`)
	f(edit(`"connection-limit":18`, `"conection-limit":18`), `unknown class "conection-limit"`)
	f(edit(`"class":"connection-limit"`, `"class":""`), "unknown class")
	f(edit(`"zeta.example"`, `"aaaa"`), "twice or not in order")
	f(edit(`"zeta.example"`, `""`), "has no name")
	f(edit(`"lasting_minutes":12.5`, `"lasting_minutes":-1`), "a number below 0")
	f("<<<<<<< HEAD\n"+string(good), "damaged in line 1")
	f(edit(`"rules":`, `"rules": "b", "rules":`), `damaged: line 3 has the key "rules" again`)
	f(edit(`"rules":`, `"Rules": "b", "rules":`), `has the key "rules" again`)
	f(edit(`"connection-limit":18`, `"connection-limit":18,"connection-limit":19`), `has the key "connection-limit" again`)
	f(edit(`"lasting_minutes":12.5`, `"lasting_minutes":NaN`), "damaged in line")
	f(edit(`"lasting_minutes":12.5`, `"lasting_minutes":1e999`), "damaged in line")
	f(edit(`"attempts":400`, `"attempts":"400"`), "damaged in line")
	f(edit(`"destinations": [`, `"destinations": {"a":1}, "x": [`), "damaged in line")
	f(strings.Repeat("[", 20_000), "damaged")
	// A file that was not written to its end.
	for i := range len(good) - 1 {
		if b, err := Parse(good[:i]); err == nil || b != nil || !strings.Contains(err.Error(), "--update-baseline") {
			t.Fatalf("the first %d bytes of %d: %v", i, len(good), err)
		}
	}
}

// Files of older versions are read. One is kept here for each schema there was.
func TestParseOlder(t *testing.T) {
	for schema := 1; schema <= Schema; schema++ {
		name := fmt.Sprintf("testdata/schema-%d.json", schema)
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Parse(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := b.Find("alpha.example"); b.Schema != schema || d == nil || d.Attempts != 400 || d.Refusals["connection-limit"] != 18 || d.LimitedAt != 9 || b.Find(Name("192.0.2.99")) == nil || b.Day() != "2026-05-01" {
			t.Errorf("%s: %+v", name, b)
		}
	}
}

// What is read is written again, whatever the file holds; nothing makes it crash.
func FuzzParse(f *testing.F) {
	good, _ := Of(sample(), 5, nil).Marshal()
	f.Add(good)
	f.Add([]byte(`{"schema":1,"destinations":[{"destination":"\u202e\u0000##[error]","severity":"normal"}]}`))
	f.Add([]byte(`{"schema":1,"schema":1,"input":{"lines":1e400}}`))
	f.Add([]byte(`{"schema":1,"destinations":null,"first":"2026-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := Parse(data)
		if err != nil {
			return
		}
		out, err := b.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range out {
			if c != '\n' && (c < 0x20 || c > 0x7e) {
				t.Fatalf("byte %#02x in %q", c, out)
			}
		}
		again, err := Parse(out)
		if err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		if second, _ := again.Marshal(); !bytes.Equal(out, second) {
			t.Fatalf("not stable:\n%s\n%s", out, second)
		}
	})
}

func ExampleName() {
	fmt.Println(Name("microsoft-consumer"), Name("192.0.2.99"))
	// Output: microsoft-consumer address-d7242bde4b39
}
