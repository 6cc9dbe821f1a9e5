package resend

import (
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

func event(kind, more string) string {
	return `{"type":"email.` + kind + `","created_at":"2023-02-22T23:41:12.126Z","data":{"created_at":"2023-02-22T23:41:11.894719+00:00","email_id":"5676","from":"News <news@example.com>","to":["Bob <bob@example.net>","carol@example.net"],"subject":"x"` + more + `}}`
}

const about = ` at=2023-02-22T23:41:12.126000 q=5676 from=news@example.com to=`

func both(kind, more string) string {
	return kind + about + "bob@example.net" + more + "\n" + kind + about + "carol@example.net" + more
}

func TestOutcome(t *testing.T) {
	f := f(t)
	f(event("delivered", ``), both("attempt delivered", ""), "U")
	f(event("delivered", ``)+"\n"+event("delivered", ``), both("attempt delivered", ""), "Ui")
	f(event("delivery_delayed", ``), both("attempt deferred", ""), "U")
	f(event("bounced", `,"bounce":{"message":"a hard bounce","type":"Permanent","subType":"General"}`), both("attempt bounced", ` text="a hard bounce"`), "U")
	f(event("bounced", `,"bounce":{"message":"a bounce","subType":"General","diagnosticCode":["smtp; 550 5.1.1 No"]}`), both("attempt bounced", ` reply="550 5.1.1 No" text="smtp; 550 5.1.1 No"`), "U")
	f(event("bounced", `,"bounce":{"message":"Resend has suppressed sending to this address"}`), both("attempt bounced local", ` text="Resend has suppressed sending to this address"`), "U")
	f(event("bounced", `,"bounce":{"message":"x","subType":"Suppressed"}`), both("attempt bounced local", ` text="x"`), "U")
	f(event("suppressed", `,"suppressed":{"message":"x","type":"OnAccountSuppressionList"}`), both("attempt bounced local", ` text="x"`), "U")
	f(event("failed", `,"failed":{"reason":"reached_daily_quota"}`), both("own-side by=resend", ` text="reached_daily_quota"`), "U")
	f(event("failed", ``), both("own-side by=resend", ` text="email.failed"`), "U")
	f(event("sent", ``)+event("scheduled", ``), "", "U")
	for _, kind := range []string{"opened", "clicked", "complained", "received"} {
		f(event(kind, ``), "", "i")
	}
	f(event("else", ``), "", "-")
	f(`{"type":"email.delivered","data":{"to":"bob@example.net","email_id":"1"}}`, `attempt delivered q=1 to=bob@example.net`, "U")
	f(`{"type":"email.delivered","data":{"email_id":"1"}}`, `attempt delivered q=1`, "U")
	f(`{"type":"email.delivered","data":[]}`, "", "-")
	f(`{"type":"contact.created","data":{}}`, "", "-")
}

func TestScore(t *testing.T) {
	parsertest.Own(t, Format, event("delivered", ``)+"\n"+event("opened", ``))
	if Format.Yearless(nil) {
		t.Error("years are missing")
	}
}

func TestCorpus(t *testing.T) {
	parsertest.Corpus(t, Format, "resend", map[string]string{
		// The script did not know this provider. One bounce is of an address that was not tried.
		"resend/anymail--webhook-tests.jsonl": "bounced=2;deferred=1;delivered=1",
	})
}

func FuzzDecode(f *testing.F) {
	parsertest.Fuzz(f, Format, event("bounced", `,"bounce":{"message":"x","diagnosticCode":["smtp; 550 x"]}`), event("failed", ``), event("sent", ``))
}

// One document, over and over: from the second round on its events are repetitions,
// which cost the same but for the last step.
func BenchmarkDecode(b *testing.B) {
	esptest.Bench(b, Format, event("delivered", ``), 1)
}
