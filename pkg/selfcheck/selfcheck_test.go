package selfcheck_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/selfcheck"
)

func at(minute int) *time.Time {
	t := time.Date(2026, 5, 20, 9, minute, 0, 0, time.UTC)
	return &t
}

func ref[T any](v T) *T { return &v }

// sound is a report in which everything holds: three recipients at one destination, one
// of them refused twice and delivered then.
func sound() *report.Report {
	where := "mail.log:7"
	counts := report.Counts{Attempts: 5, Recipients: 3, Messages: 3, Sessions: 5, Delivered: 3, Deferred: 2}
	refusals := func() map[string]int64 { return map[string]int64{"connection-limit": 2} }
	evidence := []report.Evidence{{Sign: "+", Fact: "peak_sessions", Value: ref(2.0), Where: where}, {Sign: "?", Fact: "retry_gap"}}
	return &report.Report{
		Schema: report.Schema,
		Input: report.Input{
			Files: []report.File{{Path: "mail.log", Lines: 10, Understood: 6, Irrelevant: 3, NotUnderstood: 1}},
			Lines: 10, Understood: 6, Irrelevant: 3, NotUnderstood: 1, Attempts: 5,
			Refusals: report.Refusals{Seen: 4, Destinations: 2, OwnSide: 1, LeftOut: 1}, First: at(0), Last: at(50),
		},
		OwnSide: []report.OwnSide{{What: "smtpd", Class: "connection-limit", Count: 1}},
		Unknown: []report.Unknown{{Template: "no", Count: 1, Where: where}},
		Groups: []report.Group{{
			Destination: "Example", Severity: "watch", Cause: "burst", Confidence: 0.5, Counts: counts, Refusals: refusals(),
			Causes: []report.Cause{
				{Cause: "burst", Confidence: 0.5, Role: "immediate", Evidence: evidence},
				{Cause: "trust", Confidence: 0.1, Role: "ruled-out", Evidence: evidence},
			},
			Limit:        report.Limit{Type: "fixed", Sessions: ref[int64](2), Low: ref[int64](1), High: ref[int64](3), Hypotheses: []report.Hypothesis{{Evidence: evidence}}},
			PeakSessions: report.Peak{Estimate: ref[int64](2), Low: ref[int64](1), High: ref[int64](3), PerIP: map[string]int64{"192.0.2.10": 2}},
			Curve:        []report.CurveBin{{Sessions: "1-2", Attempts: 5, Refused: 2}},
			Windows: []report.Window{
				{Start: *at(0), Sessions: 2, NewConnections: 2, DeferredRecipients: 1, AcceptedRecipients: 2, Limited: 1},
				{Start: *at(15), Sessions: 1, NewConnections: 3, DeferredRecipients: 1, AcceptedRecipients: 1, Limited: 1},
			},
			RetryGaps: report.RetryGaps{AsAdvised: 1, Counts: []report.Gap{{UpToS: 600, Count: 1}, {UpToS: 900, Count: 1}}, ByRetry: []report.RetryGap{{Retry: 1, MedianS: 600, Count: 1}}},
			Outcome:   report.Outcome{DeliveredOnRetry: 1, MedianS: ref[int64](900), P90S: ref[int64](900), SlowestS: ref[int64](900), ByRetry: []report.Retry{{Retry: 2, Delivered: 1}}},
			Trouble:   report.Trouble{Refusals: 2, Messages: 1, Recipients: 1, First: at(1), Last: at(11), LastingMinutes: 10},
			Messages:  []report.Message{{QueueID: ref("A1"), Refused: at(1), Ended: at(26), Outcome: "delivered", Attempts: 3}}, MessagesWithoutID: 1,
			ByIP:     []report.ByIP{{SendingIP: ref("192.0.2.10"), Counts: counts, Refusals: refusals()}},
			ByMX:     []report.ByMX{{MX: "mx.example.net", Counts: counts, Refusals: refusals()}},
			ByDomain: []report.ByDomain{{Domain: "example.net", Counts: counts, Refusals: refusals()}},
			BySender: []report.BySender{{Sender: ref("example.com"), Counts: counts, Refusals: refusals()}},
			ByStream: []report.ByStream{{Stream: "other", Counts: counts, Refusals: refusals()}},
			Replies:  []report.Reply{{Template: "421 too many", Count: 2, Where: where}},
			Facts:    report.Facts{{Value: -0.5, Where: where}},
			Steps:    []report.Step{{ID: "keep", Phase: "pause"}, {ID: "cap", Phase: "throttle"}, {ID: "test", Phase: "resume"}},
			Band:     &report.Band{Low: 1, High: ref[int64](2)},
			Drain:    &report.Drain{LowS: 60, Seconds: 60, HighS: 120},
		}},
	}
}

// Every law is broken once, and the sentence names it. A report without groups and the
// sound one break none.
func TestLaws(t *testing.T) {
	f := func(law string, spoil func(*report.Report, *report.Group)) {
		t.Helper()
		r := sound()
		spoil(r, &r.Groups[0])
		got := strings.Join(selfcheck.Check(r), "\n")
		if law == "" && got != "" || !strings.Contains(got, law) {
			t.Errorf("want %q, got %q", law, got)
		}
	}
	f("", func(*report.Report, *report.Group) {})
	f("", func(r *report.Report, _ *report.Group) {
		*r = report.Report{Schema: report.Schema}
	})
	f("schema", func(r *report.Report, _ *report.Group) { r.Schema++ })
	f("mail.log: understood", func(r *report.Report, _ *report.Group) { r.Input.Files[0].Irrelevant++ })
	f("lines of all files", func(r *report.Report, _ *report.Group) { r.Input.Lines++ })
	f("not understood lines of all", func(r *report.Report, _ *report.Group) { r.Input.NotUnderstood++ })
	f("attempts of all", func(r *report.Report, _ *report.Group) { r.Input.Attempts++ })
	f("suspensions of all", func(r *report.Report, _ *report.Group) { r.Input.Suspensions++ })
	f("own side and left out", func(r *report.Report, _ *report.Group) { r.Input.Refusals.Seen++ })
	f("refusals of all", func(r *report.Report, _ *report.Group) { r.Input.Refusals.Destinations++ })
	f("by our own side", func(r *report.Report, _ *report.Group) { r.OwnSide = nil })
	f("only one of the first", func(r *report.Report, _ *report.Group) { r.Input.First = nil })
	f("time of the input", func(r *report.Report, _ *report.Group) { r.Input.Last = at(-1) })
	f("trouble", func(r *report.Report, _ *report.Group) { r.Input.Last = at(5) })
	f("is no line", func(r *report.Report, _ *report.Group) { r.Unknown[0].Where = "other.log:1" })
	f("is no line", func(_ *report.Report, g *report.Group) { g.Replies[0].Where = "mail.log:11" })
	f("is no line", func(_ *report.Report, g *report.Group) { g.Facts[0].Where = "mail.log" })

	f("negative", func(_ *report.Report, g *report.Group) { g.Counts.Suspensions = -1 })
	f("no such number", func(_ *report.Report, g *report.Group) { g.Facts[0].Value = math.NaN() })
	f("no such number", func(_ *report.Report, g *report.Group) { g.Pace = &report.Pace{Before: math.Inf(1)} })
	f("attempts by outcome", func(_ *report.Report, g *report.Group) { g.Counts.Bounced++ })
	f("failed attempts by class", func(_ *report.Report, g *report.Group) { g.Refusals["tls"]++ })
	f("is no class", func(_ *report.Report, g *report.Group) { g.Refusals["odd"] = 0 })
	f("sessions of attempts", func(_ *report.Report, g *report.Group) { g.Counts.Sessions++ })
	f("all of by_ip: Recipients", func(_ *report.Report, g *report.Group) { g.ByIP[0].Counts.Recipients-- })
	f("all of by_ip: connection-limit", func(_ *report.Report, g *report.Group) { g.ByIP = append(g.ByIP, g.ByIP[0]) })
	f("", func(_ *report.Report, g *report.Group) { g.ByMX = nil })
	f("all of by_mx", func(_ *report.Report, g *report.Group) { g.ByMX = append(g.ByMX, g.ByMX[0]) })
	f("all of by_domain", func(_ *report.Report, g *report.Group) { g.ByDomain = append(g.ByDomain, g.ByDomain[0]) })
	f("all of by_sender", func(_ *report.Report, g *report.Group) { g.BySender = append(g.BySender, g.BySender[0]) })
	f("all of by_stream", func(_ *report.Report, g *report.Group) { g.ByStream = append(g.ByStream, g.ByStream[0]) })
	f("by_mx mx.example.net: attempts", func(_ *report.Report, g *report.Group) { g.ByMX[0].Counts.Delivered-- })
	f("replies", func(_ *report.Report, g *report.Group) { g.Replies[0].Count++ })

	f("trouble.refusals by class", func(_ *report.Report, g *report.Group) { g.Trouble.Refusals-- })
	f("trouble.messages of refusals", func(_ *report.Report, g *report.Group) { g.Trouble.Messages = 3 })
	f("trouble.messages of recipients", func(_ *report.Report, g *report.Group) { g.Trouble.Recipients = 0 })
	f("refusals of no message", func(_ *report.Report, g *report.Group) { g.Trouble.Messages = 0 })
	f("trouble without a refusal", func(_ *report.Report, g *report.Group) { g.Trouble.Refusals = 0 })
	f("messages that met", func(_ *report.Report, g *report.Group) { g.MessagesMore++ })
	f("messages without an id", func(_ *report.Report, g *report.Group) { g.MessagesWithoutID++ })
	f("time of a message", func(_ *report.Report, g *report.Group) { g.Messages[0].Refused = at(0) })
	f("time of a message", func(_ *report.Report, g *report.Group) { g.Messages[0].Ended = at(0) })

	f("refused attempts at", func(_ *report.Report, g *report.Group) { g.Curve[0].Attempts = 1 })
	f("attempts of the curve", func(_ *report.Report, g *report.Group) { g.Curve[0].Attempts++ })
	f("refused attempts of the curve", func(_ *report.Report, g *report.Group) { g.Curve[0].Refused++ })
	f("gaps up to", func(_ *report.Report, g *report.Group) { g.RetryGaps.Counts[1].UpToS = 1 })
	f("gaps as advised", func(_ *report.Report, g *report.Group) { g.RetryGaps.AsAdvised = 3 })
	f("gaps by retry", func(_ *report.Report, g *report.Group) { g.RetryGaps.ByRetry[0].Count = 3 })
	f("window", func(_ *report.Report, g *report.Group) { g.Windows[1].Start = *at(0) })
	f("above the peak", func(_ *report.Report, g *report.Group) { g.Windows[1].Sessions = 3 })
	f("without a peak", func(_ *report.Report, g *report.Group) { g.PeakSessions = report.Peak{Why: "no"} })
	f("new connections of", func(_ *report.Report, g *report.Group) { g.Windows[0].NewConnections++ })
	f("deferred recipients of", func(_ *report.Report, g *report.Group) { g.Windows[0].DeferredRecipients++ })
	f("accepted recipients of", func(_ *report.Report, g *report.Group) { g.Windows[0].AcceptedRecipients++ })
	f("limit refusals of", func(_ *report.Report, g *report.Group) { g.Windows[0].Limited++ })
	f("listing refusals of", func(_ *report.Report, g *report.Group) { g.Windows[0].Listed++ })
	f("unknown users of", func(_ *report.Report, g *report.Group) { g.Windows[0].UnknownUsers++ })
	f("peak_sessions", func(_ *report.Report, g *report.Group) { g.PeakSessions.High = ref[int64](1) })
	f("neither known nor", func(_ *report.Report, g *report.Group) { g.PeakSessions.Why = "no" })
	f("peak of 192.0.2.10", func(_ *report.Report, g *report.Group) { g.PeakSessions.PerIP["192.0.2.10"] = 3 })
	f("no row of its own", func(_ *report.Report, g *report.Group) { g.PeakSessions.PerIP["192.0.2.11"] = 1 })
	f("but none of all", func(_ *report.Report, g *report.Group) { g.PeakSessions.Estimate = nil })
	f("limit", func(_ *report.Report, g *report.Group) { g.Limit.Low = ref[int64](3) })
	f("recipients put off", func(_ *report.Report, g *report.Group) { g.Outcome.Unknown = 2 })
	f("expired recipients", func(_ *report.Report, g *report.Group) { g.Outcome.Expired = 1 })
	f("recipients delivered on retry", func(_ *report.Report, g *report.Group) { g.Outcome.DeliveredOnRetry = 4 })
	f("delivered by retry", func(_ *report.Report, g *report.Group) { g.Outcome.ByRetry = nil })
	f("delivered at the first try", func(_ *report.Report, g *report.Group) { g.Outcome.DeliveredAtFirst = 1 })
	f("delivered at the first try", func(_ *report.Report, g *report.Group) { g.Outcome.ByRetry[0].Retry = 0 })
	f("retry 2 follows", func(_ *report.Report, g *report.Group) {
		g.Outcome.ByRetry = append(g.Outcome.ByRetry, g.Outcome.ByRetry[0])
	})
	f("wait until", func(_ *report.Report, g *report.Group) { g.Outcome.P90S = ref[int64](1) })
	f("none was delivered", func(_ *report.Report, g *report.Group) { g.Outcome.DeliveredOnRetry, g.Outcome.ByRetry = 0, nil })

	f("confidence", func(_ *report.Report, g *report.Group) { g.Confidence = 1.01 })
	f("no severity", func(_ *report.Report, g *report.Group) { g.Severity = "grave" })
	f("confidence in trust", func(_ *report.Report, g *report.Group) { g.Causes[1].Confidence = 2 })
	f("stands below", func(_ *report.Report, g *report.Group) {
		g.Causes[0].Role = "ruled-out"
		g.Causes[1].Role = "underlying"
	})
	f("number 2 of the list", func(_ *report.Report, g *report.Group) { g.Cause = "trust" })
	f("qualifiers", func(_ *report.Report, g *report.Group) { g.Qualifiers = []string{"hardening"} })
	f("no sign", func(_ *report.Report, g *report.Group) { g.Causes[0].Evidence[0].Sign = "!" })
	f("without a value", func(_ *report.Report, g *report.Group) { g.Causes[0].Evidence[0].Value = nil })
	f("told twice", func(_ *report.Report, g *report.Group) { g.Steps[1].ID = "keep" })
	f("out of order", func(_ *report.Report, g *report.Group) { g.Steps[0].Phase = "resume" })
	f("time to drain", func(_ *report.Report, g *report.Group) { g.Drain.HighS = 1 })
	f("band", func(_ *report.Report, g *report.Group) { g.Band.High = ref[int64](0) })
}
