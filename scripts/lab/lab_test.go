package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/scripts/lab/sink"
)

// Every scenario can be read, its receivers can be made, and its domains exist.
func TestScenarios(t *testing.T) {
	names := scenarioNames()
	if len(names) < 17 || slices.Contains(names, worldFile) {
		t.Fatalf("scenarios: %v", names)
	}
	for _, name := range names {
		s, err := loadScenario(name)
		if err != nil {
			t.Error(err)
			continue
		}
		setting, err := s.setting()
		if err == nil {
			_, err = sink.New(setting)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.About == "" || s.For <= 0 || s.For > 3*time.Minute || len(s.Plan) == 0 {
			t.Errorf("%s: about %q, for %v, %d flows", name, s.About, s.For, len(s.Plan))
		}
		if severities := []string{"", "normal", "watch", "escalate"}; !slices.Contains(severities, s.Severity) || (s.Cause == "") != (s.Severity == "") {
			t.Errorf("%s: cause %q, severity %q", name, s.Cause, s.Severity)
		}
		for _, f := range s.Plan {
			if _, ok := setting.Domains[f.To]; !ok || f.Count <= 0 {
				t.Errorf("%s: %d messages to %q", name, f.Count, f.To)
			}
		}
	}
	for _, name := range loopScenarios() {
		if !slices.Contains(names, name) {
			t.Errorf("no scenario %q for the loop", name)
		}
	}
	if _, err := loadScenario("burst"); err == nil || !strings.Contains(err.Error(), "burst-mail") {
		t.Errorf("an unknown scenario: %v", err)
	}
}

// Policies for Exim say which section a part belongs to.
func TestInsert(t *testing.T) {
	file := filepath.Join(t.TempDir(), "exim4.conf")
	const conf = "a = 1\n\nbegin routers\n\ndnslookup:\n  driver = dnslookup\n\nbegin retry\n\n*  *  F,2h,10s\n"
	f := func(how, want string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
			t.Fatal(err)
		}
		err := (&sheetFile{Path: file, How: how, Text: "NEW\n"}).insert()
		got, _ := os.ReadFile(file)
		if want == "" {
			if err == nil || string(got) != conf {
				t.Errorf("%s: error %v, file %q", how, err, got)
			}
			return
		}
		if err != nil || string(got) != want {
			t.Errorf("%s: error %v, got %q", how, err, got)
		}
	}
	f("section routers: before the others (dnslookup)", "a = 1\n\nbegin routers\n\nNEW\n\n\ndnslookup:\n  driver = dnslookup\n\nbegin retry\n\n*  *  F,2h,10s\n")
	f("section retry", "a = 1\n\nbegin routers\n\ndnslookup:\n  driver = dnslookup\n\nbegin retry\n\nNEW\n\n\n*  *  F,2h,10s\n")
	f("section transports", "")
	f("add at the end", "")
}

// A file of a Postfix policy is added to what is there, or made.
func TestAdd(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "new", "main.cf")
	for _, want := range []string{"a = 1\n", "a = 1\na = 1\n"} {
		if err := (&sheetFile{Path: file, Text: "a = 1\n"}).add(); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(file); string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// What syslog(3) sends, and what is hostile, becomes the text of a line.
func TestMessage(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := string(message([]byte(in))); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	f("<22>Nov 22 03:02:57 postfix/smtp[12]: text", "postfix/smtp[12]: text")
	f("<22>Nov  2 03:02:57 postfix/smtp[12]: a > b\n", "postfix/smtp[12]: a > b")
	f("<22>short", "<22>short")
	f("", "")
	f(">", ">")
}

// Options that do not fit are refused before anything runs.
func TestFlags(t *testing.T) {
	f := func(want string, args ...string) {
		t.Helper()
		var out, errs strings.Builder
		err := run(t.Context(), args, &out, &errs)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
	f("usage:")
	f("cannot understand \"fly\"", "fly")
	f("cannot use argument", "run", "burst-mail", "--mta", "exim", "twice")
	f("there is no scenario", "run", "burst", "--out", t.TempDir())
	f("no truth.json", "table", t.TempDir())
	if os.Geteuid() == 0 {
		f("there is no MTA \"sendmail\"", "run", "burst-mail", "--mta", "sendmail", "--out", t.TempDir())
	}
	var out strings.Builder
	if err := run(t.Context(), []string{"list"}, &out, nil); err != nil || !strings.Contains(out.String(), "burst-mail") {
		t.Errorf("list: %v\n%s", err, out.String())
	}
}
