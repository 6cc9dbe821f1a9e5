package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/scripts/lab/sink"
)

// TestWrong: a diagnosis that is right in everything differs in nothing, and each thing
// that is wrong is said.
func TestWrong(t *testing.T) {
	n := func(n int64) *int64 { return &n }
	f := func(change func(*judgement), want string) {
		t.Helper()
		const host = "hotmail-com.olc.protection.outlook.com"
		j := &judgement{
			scenario: &scenario{Cause: "burst", Severity: "watch", Platform: "microsoft-consumer", Groups: []sink.Group{{Name: "ms", Rules: []sink.Rule{{Cap: 2}}}}},
			truth: &sink.Truth{
				Summary: sink.Summary{Scenario: "x", Accepted: 1000, Connections: 100, Refusals: map[string]int{"cap": 1000}},
				Sinks:   []sink.Count{{Sink: host, Accepted: 1000, Refusals: map[string]int{"cap": 1000}, PeakOpen: 20}},
			},
			report: &report.Report{Groups: []report.Group{{
				Platform: "microsoft-consumer", MX: []string{host}, Cause: "burst", Severity: "watch", Confidence: 0.9,
				Counts: report.Counts{Delivered: 1000, Sessions: 100}, Refusals: map[string]int64{"connection-limit": 1000},
				ByMX:         []report.ByMX{{MX: host, Counts: report.Counts{Delivered: 1000}, Refusals: map[string]int64{"connection-limit": 1000}}},
				PeakSessions: report.Peak{Estimate: n(22), Low: n(15), High: n(30)}, Limit: report.Limit{Type: "fixed", Sessions: n(2), Low: n(1), High: n(3)},
			}}},
		}
		j.group = &j.report.Groups[0]
		change(j)
		got := strings.Join(j.wrong(), "; ")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if cells := j.cells("run"); len(cells) != strings.Count(strings.Split(tableHead, "\n")[0], "|")-1 {
			t.Errorf("%d cells: %q", len(cells), cells)
		}
	}
	f(func(*judgement) {}, "")
	f(func(j *judgement) { j.group.Counts.Delivered = 990 }, "delivered 990, the receivers accepted 1000")
	f(func(j *judgement) { j.group.Counts.Delivered, j.truth.Summary.UnderWay = 999, 1 }, "")
	f(func(j *judgement) { j.group.Counts.Delivered, j.truth.Summary.UnderWay = 998, 1 }, "delivered 998, the receivers accepted 1000")
	f(func(j *judgement) { j.group.Refusals["connection-limit"] = 1006 }, "1006 refusals, the receivers refused 1000")
	f(func(j *judgement) { j.group.ByMX[0].MX = "elsewhere.example.net" }, "0 delivered and 0 refused, it took 1000 and refused 1000")
	f(func(j *judgement) { j.group.Counts.Sessions = 106 }, "106 sessions, the receivers saw 100")
	f(func(j *judgement) { j.report.Input.NotUnderstood = 1 }, "1 lines not understood")
	f(func(j *judgement) { j.group = nil }, "no destination microsoft-consumer")
	f(func(j *judgement) { j.group.Cause = "trust" }, "trust, watch; it is burst, watch")
	f(func(j *judgement) { j.group.Severity = "escalate" }, "burst, escalate; it is burst, watch")
	f(func(j *judgement) { j.group.Limit.Low = n(3) }, "limit between 3 and 3, it is 2")
	f(func(j *judgement) { j.group.Limit.High = n(1) }, "limit between 1 and 1, it is 2")
	f(func(j *judgement) { j.group.PeakSessions = report.Peak{Estimate: n(10), Low: n(8), High: n(12)} }, "peak 10 (8 to 12), the receiver saw 20 to 20")
	f(func(j *judgement) { j.group.PeakSessions = report.Peak{} }, "no peak; the receiver saw 20")
	f(func(j *judgement) {
		j.scenario.Cause, j.scenario.Severity, j.group.Cause = "none", "normal", "none"
	}, "is watch, and nothing here is above normal")
	f(func(j *judgement) {
		j.truth.Summary.Policy = true
		j.truth.Summary.Refusals, j.truth.Sinks[0].Refusals = nil, nil
	}, "burst, watch; nothing was refused")
}

// The tables go between the marks of a document, and nowhere else.
func TestWriteInto(t *testing.T) {
	f := &findings{made: "Made for $1.", runs: []row{{cells: []string{"a", "b"}}}, loops: []row{{name: "the loop of x", wrong: []string{"it is slow"}}}}
	file := filepath.Join(t.TempDir(), "lab.md")
	const place = "<!-- %[1]s: made by make lab -->\nold\n<!-- end of %[1]s -->\n"
	text := "before\n"
	for _, name := range []string{"made", "runs", "loops", "mutants"} {
		text += fmt.Sprintf(place, name) + "between\n"
	}
	for range 2 { // the second time there is nothing to change
		if err := errors.Join(os.WriteFile(file, []byte(text), 0o600), f.writeInto(file)); err != nil {
			t.Fatal(err)
		}
		got, _ := os.ReadFile(file)
		text = string(got)
	}
	for _, want := range []string{"before\n<!-- made: made by make lab -->\n\nMade for $1.\n\n<!-- end of made -->\nbetween\n", "|---|\n| a | b |\n\n<!-- end of runs -->"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "old") {
		t.Errorf("what was there is there still:\n%s", text)
	}
	if err := os.WriteFile(file, []byte("no marks"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.writeInto(file); err == nil {
		t.Error("a document without marks")
	}
	if err := f.wrong(); err == nil || err.Error() != "the loop of x: it is slow" {
		t.Errorf("wrong: %v", err)
	}
}

// Work is done side by side as far as there is room, all of it, whatever fails.
func TestSideBySide(t *testing.T) {
	var now, most, done atomic.Int64
	var work []task
	for i := range 20 {
		load := 1 + i%2
		work = append(work, task{load: load, do: func() error {
			now.Add(int64(load))
			for n := now.Load(); n > most.Load(); {
				most.Store(n)
			}
			time.Sleep(time.Millisecond)
			now.Add(-int64(load))
			if done.Add(1) == 1 {
				return errors.New("the first fails")
			}
			return nil
		}})
	}
	err := sideBySide(t.Context(), 3, work)
	if err == nil || err.Error() != "the first fails" || done.Load() != 20 || most.Load() != 3 {
		t.Errorf("error %v, %d done, %d at most", err, done.Load(), most.Load())
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := sideBySide(ctx, 3, []task{{load: 1, do: func() error { t.Error("done"); return nil }}}); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped before: %v", err)
	}
}

// A run is there already if it was made of the same.
func TestDone(t *testing.T) {
	policy := filepath.Join(t.TempDir(), "policy.json")
	j := &job{Scenario: "trust", MTA: mtaExim, Out: t.TempDir(), Policy: policy}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f := func(want bool) {
		t.Helper()
		if got := j.done(); got != want {
			t.Errorf("done: %v, want %v", got, want)
		}
	}
	write(policy, "{}")
	f(false)
	recipe, err := j.recipe()
	if err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(j.Out, recipeFile), string(recipe))
	f(false) // it has no truth
	write(filepath.Join(j.Out, truthFile), "{}")
	f(true)
	write(policy, "{} ")
	f(false) // another policy
	write(policy, "{}")
	j.TLS = true
	f(false)
	j.TLS = false
	f(true)
	if err := j.forget(); err != nil {
		t.Error(err)
	}
	f(false)
	if got := judged.ReplaceAllString("about: x\nfor: 1s\nexim:\n  retry: y\n  pace: 0.5\n", ""); got != "for: 1s\nexim:\n  retry: y\n" {
		t.Errorf("what a run is made of: %q", got)
	}
}
