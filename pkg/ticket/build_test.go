package ticket

import (
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// at is a time on the day of seed C L147.
func at(clock string) *time.Time {
	t, err := time.Parse(time.DateTime, "2026-05-20 "+clock)
	if err != nil {
		panic(err)
	}
	return &t
}

func ptr[T any](v T) *T { return &v }

func limit(n int64) map[string]int64 { return map[string]int64{"connection-limit": n, "greylist": 7} }

var seedTargets = Targets{Sessions: 2, RetryFirst: 900, RetryFactor: 2, RetryMost: 14400, Pause: 900}

const microsoftReply = "451 4.7.652 The mail server [192.0.2.10] has exceeded the maximum number of connections. (S3115)"

// gateway is the story of seed C L66: 312 transactional messages to one gateway,
// deferred over 40 minutes, 12 of them lost.
func gateway() *report.Group {
	g := &report.Group{
		Destination: "Example Gateway", Platform: "example-gateway", Kind: "security-gateway", Via: "esp",
		Severity: "escalate", Cause: "burst", Pool: "unknown",
		MX: []string{"mx1.example-mx.net", "mx2.example-mx.net"}, Domains: []string{"example.net", "example.org"},
		Counts:       report.Counts{Attempts: 8438, Messages: 6432, Recipients: 6432, Delivered: 6420, Deferred: 2018},
		PeakSessions: report.Peak{Estimate: ptr(int64(12))},
		RetryGaps:    report.RetryGaps{MedianS: ptr(int64(300))},
		Outcome:      report.Outcome{DeliveredOnRetry: 300, Expired: 12, MedianS: ptr(int64(1020)), SlowestS: ptr(int64(4320))},
		Trouble:      report.Trouble{Refusals: 2018, Messages: 312, Recipients: 312, First: at("09:02:00"), Last: at("09:42:00")},
		ByIP: []report.ByIP{
			{SendingIP: ptr("192.0.2.10"), Refusals: limit(1201)},
			{SendingIP: ptr("192.0.2.11"), Refusals: limit(817)},
			{SendingIP: ptr("192.0.2.12"), Refusals: limit(0)},
		},
		ByMX: []report.ByMX{
			{MX: "mx1.example-mx.net", Refusals: limit(2000)},
			{MX: "mx2.example-mx.net", Refusals: limit(18)},
		},
		BySender: []report.BySender{{Sender: ptr("example.com"), Refusals: limit(2018)}, {Refusals: limit(3)}},
		ByStream: []report.ByStream{{Stream: "transactional", Transactional: true, Refusals: limit(2018)}},
		Replies: []report.Reply{
			{Sample: "450 4.2.0 Greylisted", Class: "greylist", Count: 9000},
			{Sample: "421 4.7.0 Too many concurrent connections", Class: "connection-limit", Count: 2018},
		},
		Messages: []report.Message{
			{MessageID: ptr("<20260520.a1@example.com>"), Refused: at("09:02:14"), Ended: at("09:42:14"), Outcome: "expired"},
			{MessageID: ptr("<20260520.b7@example.com>"), Refused: at("09:02:15"), Ended: at("09:42:15"), Outcome: "expired"},
			{MessageID: ptr("<20260520.c3@example.com>"), Refused: at("09:02:15"), Ended: at("09:19:40"), Outcome: "delivered"},
			{QueueID: ptr("4A000B"), Refused: at("09:02:16"), Outcome: "queued"},
			{MessageID: ptr("<20260520.e5@example.com>"), Refused: at("09:02:17"), Outcome: "unknown"},
			{MessageID: ptr("<20260520.f6@example.com>"), Refused: at("09:02:18"), Outcome: "unknown"},
		},
		MessagesMore: 306, MessagesWithoutID: 3,
	}
	for i := range 5 {
		g.Windows = append(g.Windows, report.Window{Start: at("09:00:00").Add(time.Duration(i) * 15 * time.Minute), AcceptedRecipients: 1500})
	}
	return g
}

// event is one refusal with hardly anything known (C48, C56, X07).
func event() *report.Group {
	return &report.Group{
		Destination: "mail.example.net", Platform: "mail.example.net", Kind: "custom-mx", Via: "esp", Severity: "normal", Cause: "unclear",
		Domains:  []string{"example.net"},
		Counts:   report.Counts{Attempts: 1, Messages: 1, Recipients: 1, Deferred: 1},
		Outcome:  report.Outcome{Unknown: 1},
		Trouble:  report.Trouble{Refusals: 1, Messages: 1, Recipients: 1, First: at("09:02:00"), Last: at("09:02:00")},
		Replies:  []report.Reply{{Sample: microsoftReply, Class: "connection-limit", Count: 1}},
		Messages: []report.Message{{QueueID: ptr("4A000B"), Refused: at("09:02:00"), Outcome: "unknown"}},
	}
}

// listed is a receiver that names a list: some mail is refused for good.
func listed() *report.Group {
	byClass := map[string]int64{"listing": 475}
	return &report.Group{
		Destination: "Microsoft consumer", Platform: "microsoft-consumer", Kind: "consumer-mailbox", Via: "own-mta", Severity: "escalate", Cause: "listing",
		Domains: []string{"hotmail.com"},
		Counts:  report.Counts{Attempts: 480, Messages: 180, Recipients: 185, Deferred: 360, Bounced: 120},
		Outcome: report.Outcome{StillQueued: 60},
		Trouble: report.Trouble{Refusals: 475, Messages: 180, Recipients: 185, First: at("22:45:00"), Last: ptr(at("22:45:00").Add(26 * time.Hour))},
		ByIP:    []report.ByIP{{SendingIP: ptr("192.0.2.10"), Refusals: byClass}},
		ByMX:    []report.ByMX{{MX: "hotmail-com.olc.protection.outlook.com", Refusals: byClass}},
		Replies: []report.Reply{
			{Sample: microsoftReply, Class: "connection-limit", Count: 400},
			{Sample: "421 4.7.1 Service unavailable; Client host [192.0.2.10] blocked using zen.example", Class: "listing", Count: 355},
			{Sample: "550 5.7.1 Unfortunately, messages from [192.0.2.10] weren't sent.", Class: "listing", Count: 120},
		},
		BySender: []report.BySender{{Sender: ptr("example.com"), Refusals: byClass}},
		Messages: []report.Message{{MessageID: ptr("1tQ@example.com"), Refused: at("22:45:00"), Ended: at("22:45:00"), Outcome: "bounced"}},
	}
}

// hostile carries text that wants to be something else.
func hostile() *report.Group {
	const evil = "</pre><script>alert(1)</script> | a `b` ```\n# x\r\nBcc: v@example.net\x1b[31m\u202e @everyone [l](http://x.example) &lt; \xff *b* _c_ www.example.com"
	g := gateway()
	g.Destination, g.Platform, g.Kind = evil, evil, evil
	g.Domains, g.ByStream[0].Stream = []string{evil}, evil
	g.ByIP[0].SendingIP, g.ByMX[0].MX, g.BySender[0].Sender = ptr(evil), evil, ptr(evil)
	g.Replies[1].Sample = "421 4.7.0 " + evil
	g.Messages[0].MessageID, g.Messages[0].Outcome = ptr(evil), evil
	g.Messages[3].QueueID = ptr("```")
	return g
}
