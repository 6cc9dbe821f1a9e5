package report

import (
	"time"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// The handmade reports of the tests. Their numbers are invented and add up.

func ptr[T any](v T) *T { return &v }

func factID(name string) rules.FactID {
	id, _ := rules.FactNamed(name)
	return id
}

func at(hour, minute int) time.Time { return time.Date(2026, 5, 20, hour, minute, 0, 0, time.UTC) }

func plus(text, where string) Evidence  { return Evidence{Sign: "+", Text: text, Where: where} }
func minus(text, where string) Evidence { return Evidence{Sign: "-", Text: text, Where: where} }

// capped is a Microsoft MX with a limit (escalate), a gateway with a fixed cap
// (watch), one with a single event, and others without a finding.
func capped() *Report {
	r := &Report{
		Schema: Schema,
		Rules:  "4f2c1d",
		Input: Input{
			Files: []File{
				{Path: "logs/mail.log", Format: "postfix", Lines: 800_000, Understood: 600_000, Irrelevant: 199_900, NotUnderstood: 100},
				{Path: "logs/mail.log.1", Format: "postfix", Lines: 400_000, Understood: 300_000, Irrelevant: 99_900, NotUnderstood: 100},
				{Path: "logs/mail.log.2.gz", Format: "postfix", Lines: 84_117, Understood: 80_000, Irrelevant: 4_103, NotUnderstood: 14},
			},
			Lines: 1_284_117, Understood: 980_000, Irrelevant: 303_903, NotUnderstood: 214,
			Attempts: 60_000, First: ptr(at(0, 0)), Last: ptr(at(23, 59)),
		},
		OwnSide: []OwnSide{{What: "postfix/smtpd", Class: "connection-limit", Count: 41, Text: "too many connections from unknown[203.0.113.9]"}},
		Unknown: []Unknown{{Template: "450 4.9.9 come back on <n>", Sample: "450 4.9.9 come back on 3", Count: 7, Where: "logs/mail.log:12"}},
	}
	r.Groups = append(r.Groups, microsoft(), gateway(), orange())
	for _, name := range []string{"Google", "GMX", "mx.example.net"} {
		r.Groups = append(r.Groups, Group{
			Destination: name, Severity: "normal", Cause: "none",
			Counts: Counts{Attempts: 13_793, Delivered: 13_792, Deferred: 1}, Refusals: map[string]int64{"greylist": 1},
		})
	}
	return r
}

func microsoft() Group {
	const base = ".olc.protection.outlook.com"
	return Group{
		Destination: "Microsoft consumer", Platform: "microsoft-consumer", Kind: "consumer-mailbox",
		MX:         []string{"hotmail-com" + base, "live-com" + base, "msn-com" + base, "outlook-com" + base},
		Domains:    []string{"hotmail.com", "live.com", "msn.com", "outlook.com"},
		SendingIPs: []string{"192.0.2.10", "192.0.2.11"}, Via: "own-mta",
		Severity: "escalate", Cause: "burst", Confidence: 0.93, Why: "12 recipients expired after repeated deferrals",
		Causes: []Cause{
			{Cause: "burst", Confidence: 0.93, Role: "immediate", Evidence: []Evidence{
				plus("4,870 first attempts in 60 s at 09:02; the usual minute has 82", "logs/mail.log.2.gz:88120"),
				plus("12 sessions at once from 192.0.2.10, 9 from 192.0.2.11; refusals begin at 6", ""),
				minus("not queue-pressure: 414 retries for 1,904 messages (0.2 each), gaps 5m 10m 20m", "logs/mail.log.2.gz:91544"),
				{Sign: "?", Text: "complaint rate: not in these logs"},
			}},
			{Cause: "trust", Confidence: 0.31, Role: "underlying", Evidence: []Evidence{
				plus("31 refusals name reputation", "logs/mail.log.1:7"), minus("6,120 accepted in the same hour", ""),
			}},
		},
		Limit: Limit{Type: "dynamic", Low: ptr(int64(2)), High: ptr(int64(5)), Safe: ptr(int64(2)), Hypotheses: []Hypothesis{
			{Type: "dynamic", Evidence: []Evidence{plus("refusals begin anywhere from 3 to 6 sessions", "")}},
			{Type: "fixed", Evidence: []Evidence{minus("no session count from which every attempt is refused", "")}},
		}},
		Qualifiers: []string{"shared-pool-suspect"}, State: "active",
		Counts:       Counts{Attempts: 9_331, Recipients: 8_131, Messages: 7_500, Sessions: 6_400, Delivered: 6_120, Deferred: 2_318, Bounced: 1, Expired: 12, Refused: 892, Suspensions: 14_196},
		Refusals:     map[string]int64{"connection-limit": 2_318, "reputation": 31},
		PeakSessions: Peak{Estimate: ptr(int64(12)), Low: ptr(int64(10)), High: ptr(int64(14)), PerIP: map[string]int64{"192.0.2.10": 12, "192.0.2.11": 9}},
		Curve:        []CurveBin{{"1-2", 900, 0}, {"3-5", 700, 140}, {"6-8", 400, 300}, {"9+", 200, 199}},
		Windows: []Window{
			{Start: at(8, 45), Sessions: 2, AcceptedRecipients: 300}, {Start: at(9, 0), Sessions: 12, DeferredRecipients: 1_204, AcceptedRecipients: 310},
			{Start: at(9, 15), Sessions: 9, DeferredRecipients: 620, AcceptedRecipients: 640}, {Start: at(9, 30), Sessions: 7, DeferredRecipients: 212, AcceptedRecipients: 640},
			{Start: at(9, 45), Sessions: 4, DeferredRecipients: 90, AcceptedRecipients: 810}, {Start: at(10, 0), Sessions: 4, DeferredRecipients: 30, AcceptedRecipients: 812},
			{Start: at(10, 30), Sessions: 3, DeferredRecipients: 5, AcceptedRecipients: 815}, {Start: at(10, 45), Sessions: 3, AcceptedRecipients: 700},
			{Start: at(11, 0), Sessions: 3, AcceptedRecipients: 600},
		},
		RetryGaps: RetryGaps{MedianS: ptr(int64(300)), AsAdvised: 14, Counts: []Gap{{UpToS: 60}, {UpToS: 300, Count: 400}, {UpToS: 900, Count: 14}}},
		Outcome:   Outcome{DeliveredOnRetry: 1_871, StillQueued: 21, Expired: 12, MedianS: ptr(int64(1020)), SlowestS: ptr(int64(4320))},
		ByIP: []ByIP{
			{SendingIP: ptr("192.0.2.10"), Cause: "burst", Severity: "escalate", Counts: Counts{Deferred: 1_201, Delivered: 3_000}, Refusals: map[string]int64{"connection-limit": 1_201}},
			{SendingIP: ptr("192.0.2.11"), Cause: "burst", Severity: "watch", Counts: Counts{Deferred: 1_117, Delivered: 3_120}, Refusals: map[string]int64{"connection-limit": 1_117}},
			{SendingIP: nil, Cause: "none", Severity: "normal"},
		},
		ByMX: []ByMX{
			{MX: "hotmail-com" + base, Counts: Counts{Delivered: 5_000}, Refusals: map[string]int64{"connection-limit": 2_000}},
			{MX: "live-com" + base, Counts: Counts{Delivered: 1_120}, Refusals: map[string]int64{"connection-limit": 318, "reputation": 31}},
		},
		BySender: []BySender{
			{Sender: ptr("news.example.com"), Cause: "burst", Severity: "escalate", Counts: Counts{Delivered: 6_000}, Refusals: map[string]int64{"connection-limit": 2_318}},
			{Cause: "none", Severity: "normal", Counts: Counts{Delivered: 120}},
		},
		Replies: []Reply{
			{Template: "452 4.3.1 insufficient system storage", Sample: "452 4.3.1 insufficient system storage", Class: "receiver-busy", Count: 5},
			{Template: "451 4.7.652 the mail server [<ip>] has exceeded the maximum number of connections. (S3115)", Class: "connection-limit", Count: 2318,
				Sample: "451 4.7.652 The mail server [192.0.2.10] has exceeded the maximum number of connections. (S3115)", Where: "logs/mail.log.2.gz:88120"},
		},
		Trouble: Trouble{Refusals: 2_349, Messages: 1_904, Recipients: 1_904, First: ptr(at(9, 2)), Last: ptr(at(10, 41)), LastingMinutes: 99, Alert: true},
		Steps: []Step{
			{ID: "pause-bursts", Text: "pause new Microsoft batches 15m so open sessions drain", Owner: "mta-operator", Source: "H20"},
			{ID: "lower-sessions", Text: "cap Microsoft at 1-2 sessions per sending IP (now 12); an operating target, not a published limit of the receiver", Owner: "mta-operator", Source: "H21"},
			{ID: "check-reputation", Text: "then check complaints, unknown users, authentication, blocklists", Owner: "sender", Source: "H24"},
		},
		Owner: "mta-operator", Pool: "dedicated", CleanWindows: 2,
		Actionable: []string{"one-mx", "repeats", "discarded"},
		Band:       &Band{Name: "start", Low: 1, High: ptr(int64(2)), Basis: "target", Source: "H62"},
		Notes: []Qualifier{{ID: "shared-pool-suspect", Text: "another sender of the same pool may share the limit", Evidence: []Evidence{
			plus("refused at 1 session while this sender was quiet", "logs/mail.log:4711"), {Sign: "?", Text: "what the pool sends is not in these logs"},
		}}},
		Pace: &Pace{Before: 84.4, After: 3.2, Slowed: true},
		Messages: []Message{
			{MessageID: ptr("<20260520.a1@example.com>"), QueueID: ptr("4A000B"), Sender: ptr("example.com"), Recipient: ptr("u-3f9a@hotmail.com"),
				Refused: ptr(at(9, 2)), Ended: ptr(at(13, 2)), Attempts: 9, Outcome: "expired"},
			{QueueID: ptr("4A000C"), Refused: ptr(at(9, 2)), Attempts: 2, Outcome: "queued"},
		},
		MessagesMore: 1_902, MessagesWithoutID: 3,
		ByDomain: []ByDomain{
			{Domain: "hotmail.com", Counts: Counts{Attempts: 7_000, Delivered: 5_000, Deferred: 2_000}, Refusals: map[string]int64{"connection-limit": 2_000}},
			{Domain: "live.com", Counts: Counts{Attempts: 2_331, Delivered: 1_120, Deferred: 318}, Refusals: map[string]int64{"connection-limit": 318, "reputation": 31}},
		},
		ByStream: []ByStream{
			{Stream: "transactional", Transactional: true, Cause: "burst", Severity: "escalate", MedianS: ptr(int64(1020)), P90S: ptr(int64(3600)),
				Counts: Counts{Delivered: 312, Deferred: 300}, Refusals: map[string]int64{"connection-limit": 312}},
			{Stream: "marketing", Cause: "burst", Severity: "watch", Counts: Counts{Delivered: 5_808, Deferred: 2_018}, Refusals: map[string]int64{"connection-limit": 2_006}},
		},
		Audit: []AuditItem{
			{ID: "authentication", Status: "not-seen", Text: "no reply names SPF, DKIM or DMARC", Source: "H72"},
			{ID: "unknown-users", Status: "seen", Value: ptr(0.4), Unit: "percent", Text: "0.4% of the recipients are unknown users", Source: "H76"},
			{ID: "complaints", Status: "not-in-logs", Text: "complaint rate: ask the receiver's feedback loop", Source: "H71"},
		},
		Advice:    []Note{{ID: "test-message", Text: "a single test message proves little: it does not meet the limit", Source: "H07", Brief: true}, {ID: "no-auto", Text: "diagnose changes no queue: the MTA does"}},
		Facts:     Facts{{ID: factID("peak_sessions"), Value: 12, Where: "logs/mail.log.2.gz:88120"}},
		Immediate: ptr("burst"), Underlying: ptr("reputation"),
		Drain:   &Drain{Messages: 4_870, Sessions: 2, Seconds: 2_400, Basis: "measured", Text: "4,870 messages at 2 sessions need about 40m"},
		Missing: []string{"complaint rate: not in these logs", "blocklist status: not in these logs"},
	}
}

func gateway() Group {
	return Group{
		Destination: "mx1.gw.example-b2b.net", Platform: "mx1.gw.example-b2b.net", Kind: "security-gateway",
		MX: []string{"mx1.gw.example-b2b.net"}, Domains: []string{"example-b2b.net"}, Via: "esp",
		Severity: "watch", Cause: "queue-pressure", Confidence: 0.62, State: "stable",
		Causes: []Cause{{Cause: "queue-pressure", Confidence: 0.62, Evidence: []Evidence{plus("3.1 attempts per message; gaps of 5s", "mailgun.json:41")}}},
		Limit:  Limit{Type: "fixed", Sessions: ptr(int64(3)), Low: ptr(int64(3)), High: ptr(int64(3))},
		Counts: Counts{Attempts: 754, Recipients: 640, Messages: 640, Delivered: 611, Deferred: 143}, Refusals: map[string]int64{"connection-limit": 143},
		PeakSessions: Peak{Why: "sessions are not in a Mailgun export"},
		Replies:      []Reply{{Template: "421 4.7.0 too many concurrent connections", Sample: "421 4.7.0 Too many concurrent connections", Class: "connection-limit", Count: 143, Where: "mailgun.json:40"}},
		Trouble:      Trouble{Refusals: 143, Messages: 140, Recipients: 140, First: ptr(at(9, 2)), Last: ptr(at(9, 2))},
		Outcome:      Outcome{DeliveredOnRetry: 139, Bounced: 1, MedianS: ptr(int64(660)), SlowestS: ptr(int64(660))},
		Steps: []Step{
			{ID: "ask-concurrency", Text: "ask for fewer concurrent sessions to this MX", Owner: "esp"},
			{ID: "authentication", Text: "keep SPF, DKIM and DMARC clean", Owner: "sender"},
		},
		Missing: []string{"sending IP not in this log", "sessions are not in a Mailgun export"},
	}
}

func orange() Group {
	return Group{
		Destination: "Orange", Platform: "orange", Kind: "isp", MX: []string{"smtp-in.orange.example", "smtp-in2.orange.example"},
		Domains: []string{"orange.example"}, SendingIPs: []string{"192.0.2.10"}, Via: "own-mta",
		Severity: "normal", Cause: "unclear", Counts: Counts{Attempts: 2_241, Delivered: 2_240, Deferred: 1, Messages: 2_240, Recipients: 2_240},
		Refusals: map[string]int64{"connection-limit": 1}, PeakSessions: Peak{Estimate: ptr(int64(2)), PerIP: map[string]int64{"unknown": 2}},
		Trouble: Trouble{Refusals: 1, Messages: 1, Recipients: 1, First: ptr(at(4, 0)), Last: ptr(at(4, 0))},
		Outcome: Outcome{DeliveredOnRetry: 1, MedianS: ptr(int64(360)), SlowestS: ptr(int64(360))},
		Causes: []Cause{{Cause: "trust", Role: ruledOut, Evidence: []Evidence{
			{Sign: "?", Text: "no refusal curve: too few attempts"}, plus("low volume: 1 message in the busiest 10 s", "logs/mail.log:9"),
		}}},
		Missing: []string{"complaint rate: not in these logs"},
	}
}

// clean is a log without any finding.
func clean() *Report {
	r := capped()
	r.Groups = r.Groups[3:]
	r.OwnSide, r.Unknown = nil, nil
	return r
}

// broken is a log of which only a part could be read.
func broken() *Report {
	r := clean()
	r.Input.Errors = []Error{
		{File: "logs/mail.log.2.gz", Line: 84_117, Error: "gzip ends early after 41,210,880 bytes; used what was readable"},
		{File: "logs/x.log", Error: "cannot open: permission denied"},
	}
	return r
}

// empty is a run over files without a single mail log line.
func empty() *Report {
	return &Report{Schema: Schema, Input: Input{
		Files: []File{{Path: "a.txt", Format: "unknown", Lines: 4, NotUnderstood: 4}}, Lines: 4, NotUnderstood: 4,
		Errors: []Error{{File: "a.txt", Error: "cannot detect the log format"}},
	}}
}
