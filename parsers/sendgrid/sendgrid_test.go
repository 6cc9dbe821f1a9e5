package sendgrid

import (
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/esp/esptest"
	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
)

func f(t *testing.T) func(text, want, wantVerdicts string) {
	return func(text, want, wantVerdicts string) {
		t.Helper()
		got, verdicts := esptest.Events(Format, text)
		if got != want || verdicts != wantVerdicts {
			t.Errorf("%s\n got %s %s\nwant %s %s", text, verdicts, got, wantVerdicts, want)
		}
	}
}

const delivered = `{"ip":"192.0.2.1","response":"250 2.0.0 OK 1461095248 m143si2210036ioe.159 - gsmtp ","smtp-id":"<1@example.com>","sg_event_id":"e1","sg_message_id":"wrf.Q7.filter0425p1mdw1.13037.57168B4A1D.0","tls":1,"event":"delivered","email":"bob@example.net","timestamp":1461095250}`

const about = ` at=2016-04-19T19:47:30 q=wrf.Q7 id=<1@example.com> to=bob@example.net`

const deliveredEvent = `attempt delivered` + about + ` ip=192.0.2.1 reply="250 2.0.0 OK 1461095248 m143si2210036ioe.159 - gsmtp" text="250 2.0.0 OK 1461095248 m143si2210036ioe.159 - gsmtp "`

func event(name, more string) string {
	return `{"event":"` + name + `","email":"bob@example.net","timestamp":1461095250,"smtp-id":"<1@example.com>","sg_message_id":"wrf.Q7.recvd-6d9b-1.0"` + more + `}`
}

func TestLayouts(t *testing.T) {
	f := f(t)
	f(delivered, deliveredEvent, "U")
	f("["+delivered+"]", deliveredEvent, "U")
	f("["+delivered+",\n"+delivered+"]\n["+strings.Replace(delivered, "e1", "e2", 1)+"]", deliveredEvent+"\n"+deliveredEvent, "UiU")
	f(`{"_test":"x","payload":[`+delivered+`]}`, deliveredEvent, "U")
}

func TestOutcome(t *testing.T) {
	f := f(t)
	f(event("deferred", `,"response":"421 4.7.0 Too many connections","attempt":"5"`), `attempt deferred`+about+` reply="421 4.7.0 Too many connections"`, "U")
	f(event("deferred", `,"reason":"450 4.2.0 Greylisted"`), `attempt deferred`+about+` reply="450 4.2.0 Greylisted"`, "U")
	f(event("deferred", `,"response":"unable to get mx info: failed"`), `attempt deferred`+about+` text="unable to get mx info: failed"`, "U")
	// SendGrid itself waits: no connection was made.
	f(event("deferred", `,"response":"Email was deferred due to the following reason(s): [IPs were throttled by recipient server]"`),
		`attempt suspended`+about+` text="Email was deferred due to the following reason(s): [IPs were throttled by recipient server]"`, "U")
	f(event("deferred", `,"response":"Email was deferred due to the following reason(s): [\"IPs reached ISP-suggested max connection limits: https://example.com/\"]"`),
		`attempt suspended`+about+` text="Email was deferred due to the following reason(s): [\"IPs reached ISP-suggested max connection limits: https://example.com/\"]"`, "U")
	f(event("bounce", `,"type":"bounce","status":"5.1.1","reason":"550 5.1.1 No such account"`), `attempt bounced`+about+` dsn=5.1.1 reply="550 5.1.1 No such account"`, "U")
	f(event("bounce", `,"type":"blocked","status":"421","reason":"421 Too many concurrent SMTP connections"`), `attempt bounced`+about+` reply="421 Too many concurrent SMTP connections"`, "U")
	f(event("blocked", `,"reason":"554 5.7.1 Blocked"`), `attempt bounced`+about+` reply="554 5.7.1 Blocked"`, "U")
	f(event("bounce", `,"type":"expired","reason":"451 4.7.1 Try later"`), `expiry expired`+about+` reply="451 4.7.1 Try later"`, "U")
	f(event("dropped", `,"reason":"Bounced Address","status":"5.0.0"`), `own-side by=sendgrid`+about+` dsn=5.0.0 text="Bounced Address"`, "U")
	f(event("dropped", ``), `own-side by=sendgrid`+about+` text="dropped"`, "U")
	f(event("processed", ``), "", "U")
	for _, name := range []string{"open", "click", "spamreport", "unsubscribe", "group_unsubscribe"} {
		f(event(name, `,"ip":"198.51.100.1"`), "", "i")
	}
	f(event("else", ``), "", "-")
	// A list of addresses, not of deliveries.
	f(`[{"status":"550","created":"2011-10-08 12:32:14","reason":"550 Unknown user","email":"bob@example.net"}]`, "", "i")
	f(`{"email":"bob@example.net"}`, "", "-")
}

// What all recipients of a message share ties its tries together.
func TestMessage(t *testing.T) {
	f := f(t)
	f(`{"event":"delivered","email":"bob@example.net","sg_message_id":"14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0"}`, `attempt delivered q=14c5d75ce93.dfd.64b469 to=bob@example.net`, "U")
	f(`{"event":"delivered","email":"bob@example.net","sg_message_id":"filter0093p1las1.9128.5717FB8127.0"}`, `attempt delivered q=filter0093p1las1.9128.5717FB8127.0 to=bob@example.net`, "U")
	f(`{"event":"delivered","email":"bob@example.net","smtp-id":"<2@example.com>"}`, `attempt delivered q=2@example.com id=<2@example.com> to=bob@example.net`, "U")
}

func TestScore(t *testing.T) {
	parsertest.Own(t, Format, delivered+"\n["+event("open", "")+","+event("processed", "")+"]")
	if Format.Yearless(nil) {
		t.Error("years are missing")
	}
}

func TestCorpus(t *testing.T) {
	parsertest.Corpus(t, Format, "sendgrid", map[string]string{
		// What SendGrid dropped was never tried.
		"sendgrid/anymail--webhook-tests.jsonl": "bounced=1;deferred=1;delivered=2",
	})
}

func FuzzDecode(f *testing.F) {
	parsertest.Fuzz(f, Format, delivered, "["+event("deferred", `,"response":"421 x"`)+",\n"+event("dropped", ``)+"]", event("bounce", `,"type":"expired"`))
}

// One document, over and over: from the second round on its events are repetitions,
// which cost the same but for the last step.
func BenchmarkDecode(b *testing.B) {
	esptest.Bench(b, Format, delivered+"\n"+event("processed", ``), 2)
}

func TestNoAllocation(t *testing.T) {
	esptest.Allocs(t, Format, delivered+"\n"+event("processed", ``))
}
