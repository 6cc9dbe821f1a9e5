package main

import (
	"strings"
	"testing"

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
