package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/scripts/lab/sink"
)

// The lab starts itself again in namespaces; here it is the test that is started.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == verbInit || os.Args[1] == verbInside) {
		main()
		return
	}
	os.Exit(m.Run())
}

// machine skips a test that needs real MTAs where they are not asked for, and fails where
// they are and cannot be had.
func machine(t *testing.T, mta string) {
	t.Helper()
	if !parsertest.Full() {
		t.Skip("it takes minutes and runs a real MTA as root: run scripts/lab/setup.sh, then set CI_FULL=1")
	}
	j := &job{MTA: mta}
	if err := j.ready(); err != nil {
		t.Fatal(err)
	}
}

// TestLoop is the short loop: 500 messages to a receiver that takes 2 sessions. With the
// policy that diagnose writes for the log of before, 99 % of the refusals are gone, all
// is delivered, and sooner; with one that is wrong in some way that is not so.
//
// Beside it Exim closes the same loop; its queue drains by queue runs.
func TestLoop(t *testing.T) {
	machine(t, mtaPostfix)
	machine(t, mtaExim)
	const name = mutantScenario
	folder := t.TempDir()
	program := filepath.Join(folder, "diagnose")
	if err := buildDiagnose(t.Context(), program); err != nil {
		t.Fatal(err)
	}
	first, err := before(t.Context(), unlessDone, folder, name, mtaPostfix)
	if err != nil {
		t.Fatal(err)
	}
	policy := first + policySuffix
	if err := writePolicy(t.Context(), program, mtaPostfix, first, policy); err != nil {
		t.Fatal(err)
	}
	var postfix, exim *closed
	work := []task{{do: func() (err error) {
		exim, err = closeLoop(t.Context(), unlessDone, program, folder, name, mtaExim)
		return err
	}}, {do: func() error {
		second, err := after(t.Context(), unlessDone, folder, name, mtaPostfix, policy)
		if err == nil {
			postfix, err = compare(t.Context(), first, second)
		}
		return err
	}}}
	for _, how := range mutants() {
		work = append(work, task{do: func() error { return runMutant(t.Context(), unlessDone, folder, policy, how) }})
	}
	for i := range work {
		work[i].load = 1
	}
	if err := sideBySide(t.Context(), 2, work); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*closed{postfix, exim} {
		t.Log(c)
		for _, why := range c.failures() {
			t.Errorf("%s, the policy as printed: %s", c.mta, why)
		}
		told(t, filepath.Join(folder, name, c.mta))
		told(t, filepath.Join(folder, name, c.mta+afterSuffix))
	}
	var f findings
	if err := f.findMutants(t.Context(), filepath.Join(folder, name)); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", write(mutantHead, f.mutants))
	if len(f.mutants) != 1+len(mutants()) {
		t.Errorf("%d policies", len(f.mutants))
	}
	if err := f.wrong(); err != nil {
		t.Error(err)
	}
}

// told holds the diagnosis of a run against the truth.
func told(t *testing.T, run string) {
	t.Helper()
	j, err := judge(t.Context(), run)
	if err != nil {
		t.Error(err)
		return
	}
	for _, w := range j.wrong() {
		t.Errorf("%s: %s", run, w)
	}
}

// A loop holds only if all it asks for is so.
func TestFailures(t *testing.T) {
	seconds := func(s float64) *float64 { return &s }
	build := func(cause string) *closed {
		s := &scenario{Cause: cause, Platform: "microsoft-consumer", Plan: []flow{{To: "hotmail.com"}}}
		run := func(accepted, refused, left int, drained *float64, last float64) *judgement {
			return &judgement{scenario: s, group: &report.Group{Cause: cause}, truth: &sink.Truth{
				Summary: sink.Summary{Messages: 1000, UniqueAccepted: accepted, ElapsedS: 100, DrainedS: drained, QueueLeft: left},
				Sinks: []sink.Count{
					{Sink: "hotmail-com.olc.protection.outlook.com", Accepted: accepted, Refusals: map[string]int{"cap": refused}},
					{Sink: "gmail-smtp-in.l.google.com", Accepted: 100, LastS: last},
				},
			}}
		}
		return &closed{scenario: s, cures: cause == "burst", before: run(300, 1000, 700, nil, 40), after: run(1000, 5, 0, seconds(80), 40)}
	}
	f := func(cause string, change func(*closed), want string) {
		t.Helper()
		c := build(cause)
		change(c)
		got := strings.Join(c.failures(), "; ")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f("burst", func(*closed) {}, "")
	f("burst", func(c *closed) { c.before.truth.Sinks[0].Refusals["cap"] = 0 }, "nothing was refused before")
	f("burst", func(c *closed) { c.after.truth.Sinks[0].Refusals["cap"] = 11 }, "1000 refusals became 11")
	f("burst", func(c *closed) { c.after.truth.Summary.DrainedS = nil }, "0 of 1000 messages are left after 100 s")
	f("burst", func(c *closed) { c.after.truth.Summary.UniqueAccepted = 999 }, "999 of 1000 messages were taken")
	f("burst", func(c *closed) { c.after.truth.Summary.DrainedS = seconds(500) }, "3.0 messages a second became 2.0")
	f("burst", func(c *closed) { c.mta, c.after.truth.Summary.DrainedS = mtaExim, seconds(500) }, "")
	f("burst", func(c *closed) { c.mta, c.after.truth.Summary.DrainedS = mtaExim, seconds(700) }, "3.0 messages a second became 1.4")
	f("burst", func(c *closed) {
		c.mta, c.after.truth.Summary.DrainedS, c.scenario.Exim.Pace = mtaExim, seconds(700), 0.4
	}, "")
	f("burst", func(c *closed) { c.mta, c.after.truth.Sinks[1].LastS = mtaExim, 80 }, "mail to another destination was slowed")
	f("burst", func(c *closed) { c.after.truth.Sinks[1].LastS = 80 }, "mail to another destination was slowed")
	f("burst", func(c *closed) {
		c.after.truth.Sinks[1].LastS = 80
		c.before.group.MX = []string{"gmail-smtp-in.l.google.com"}
	}, "")
	f("trust", func(c *closed) {}, "it is the remedy after all")
	f("trust", func(c *closed) { // 25 of 32 refused are fewer than 94 %, and no more than chance
		c.before.truth.Sinks[0].Accepted, c.before.truth.Sinks[0].Refusals["cap"] = 2, 30
		c.after.truth.Sinks[0].Accepted, c.after.truth.Sinks[0].Refusals["cap"] = 7, 25
	}, "")
	f("trust", func(c *closed) { c.after.truth.Sinks[0].Refusals["cap"] = 3000 }, "")
	f("trust", func(c *closed) {
		c.after.truth.Sinks[0].Refusals["cap"] = 3000
		c.after.group = &report.Group{Cause: "burst"}
	}, "the log of after is not told to be trust")
}

// A mutant is the policy, wrong in one way.
func TestMutate(t *testing.T) {
	good := sheet{Files: []sheetFile{
		{Path: "/etc/postfix/main.cf", Text: "# why\nmicrosoft_destination_concurrency_limit = 2\nmicrosoft_destination_recipient_limit = 20\n"},
		{Path: "/etc/postfix/master.cf", Text: "# why\nmicrosoft unix - - n - 2 smtp\n  -o syslog_name=postfix/microsoft\n"},
		{Path: "/etc/postfix/transport_microsoft", Text: "hotmail.com  microsoft:\n"},
	}, Apply: []string{"postmap x", "postfix reload"}}
	f := func(how string, want ...string) {
		t.Helper()
		to := filepath.Join(t.TempDir(), "policy.json")
		if err := errors.Join(writeSheet(to, &good), mutate(to, to, how)); err != nil {
			t.Fatal(err)
		}
		s, err := readSheet(to)
		if err != nil {
			t.Fatal(err)
		}
		for i, file := range s.Files {
			if file.Text != want[i] {
				t.Errorf("%s, %s: got\n%s\nwant\n%s", how, file.Path, file.Text, want[i])
			}
		}
	}
	main, master, transport := good.Files[0].Text, good.Files[1].Text, good.Files[2].Text
	f("cap-5", strings.Replace(main, "limit = 2\n", "limit = 5\n", 1), strings.Replace(master, "2 smtp", "5 smtp", 1), transport)
	f("rate-delay", main+"microsoft_destination_rate_delay = 1s\n", master, transport)
	f("backoff-only", "", "", "")
	f("no-transport", main, master, "")
	none := filepath.Join(t.TempDir(), "policy.json")
	if err := writeSheet(none, &sheet{Files: []sheetFile{{Path: "x"}}}); err != nil {
		t.Fatal(err)
	}
	if err := mutate(none, none, "cap-5"); err == nil {
		t.Error("a mutant of a policy without a cap")
	}
}
