package brevo

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

func event(name, more string) string {
	return `{"event":"` + name + `","email":"bob@example.net","id":99,"date":"2018-03-06 11:10:23","ts":1520331023,"message-id":"<1@smtp-relay.example.com>","ts_event":1520331023,"ts_epoch":1520363423123,"subject":"x","sending_ip":"192.0.2.1"` + more + `}`
}

const about = ` at=2018-03-06T19:10:23.123000 q=1@smtp-relay.example.com id=<1@smtp-relay.example.com> to=bob@example.net ip=192.0.2.1`

func TestOutcome(t *testing.T) {
	f := f(t)
	f(event("delivered", ``), `attempt delivered`+about, "U")
	f(event("delivered", ``)+"\n"+event("delivered", ``), `attempt delivered`+about, "Ui")
	f(event("deferred", `,"reason":"421 RecipientError: 421 4.7.0 Too many connections"`), `attempt deferred`+about+` reply="421 4.7.0 Too many connections" text="421 RecipientError: 421 4.7.0 Too many connections"`, "U")
	f(event("hard_bounce", `,"reason":" RecipientError: 550 5.5.0 Mailbox unavailable."`), `attempt bounced`+about+` reply="550 5.5.0 Mailbox unavailable." text=" RecipientError: 550 5.5.0 Mailbox unavailable."`, "U")
	f(event("soft_bounce", `,"reason":"undefined Unable to find MX of domain example.net"`), `attempt bounced`+about+` text="undefined Unable to find MX of domain example.net"`, "U")
	f(event("soft_bounce", `,"reason":"451 4.7.1 Try later"`), `attempt bounced`+about+` reply="451 4.7.1 Try later"`, "U")
	f(event("invalid_email", ``), `attempt bounced local`+about, "U")
	f(event("blocked", `,"reason":"blocked : due to blacklist user"`), `own-side by=brevo`+about+` text="blocked : due to blacklist user"`, "U")
	f(event("error", ``), `own-side by=brevo`+about+` text="error"`, "U")
	f(event("request", ``), "", "U")
	for _, name := range []string{"opened", "unique_opened", "click", "spam", "complaint", "unsubscribe", "proxy_open"} {
		f(event(name, ``), "", "i")
	}
	f(event("else", ``), "", "-")
	f(`{"event":"delivered","email":"bob@example.net"}`, "", "-")
}

func TestReport(t *testing.T) {
	f := f(t)
	f(`{"events":[{"email":"bob@example.net","date":"2017-03-12T12:30:00Z","subject":"x","messageId":"<1@smtp-relay.example.com>","event":"softBounces","reason":"452 4.2.2 full","tag":"","from":"news@example.com"}]}`,
		`attempt bounced at=2017-03-12T12:30:00 q=1@smtp-relay.example.com id=<1@smtp-relay.example.com> from=news@example.com to=bob@example.net reply="452 4.2.2 full"`, "U")
	// The time of day of the account, where there is no better one.
	f(`{"event":"delivered","email":"bob@example.net","message-id":"1","date":"2018-03-06 11:10:23"}`, `attempt delivered at=2018-03-06T10:10:23 q=1 id=1 to=bob@example.net`, "U")
	if !Format.Zoneless([][]byte{[]byte(`{"event":"delivered","email":"b@example.net","message-id":"1","date":"2018-03-06 11:10:23"}`)}) || Format.Zoneless([][]byte{[]byte(event("delivered", ``))}) {
		t.Error("zones are misjudged")
	}
}

func TestScore(t *testing.T) {
	parsertest.Own(t, Format, event("delivered", ``)+"\n"+event("opened", ``))
	if Format.Yearless(nil) {
		t.Error("years are missing")
	}
}

func TestCorpus(t *testing.T) {
	parsertest.Corpus(t, Format, "brevo", map[string]string{
		// The script did not know this provider. An address that is not valid was not tried.
		"brevo/anymail--webhook-tests.jsonl": "bounced=3;deferred=1;delivered=1",
	})
}

func FuzzDecode(f *testing.F) {
	parsertest.Fuzz(f, Format, event("deferred", `,"reason":"RecipientError: 421 x"`), event("blocked", ``), `{"events":[{"event":"softBounces","messageId":"1"}]}`)
}

// One document, over and over: from the second round on its events are repetitions,
// which cost the same but for the last step.
func BenchmarkDecode(b *testing.B) {
	esptest.Bench(b, Format, event("deferred", `,"reason":"421 RecipientError: 421 4.7.0 Too many"`)+"\n"+event("request", ``), 2)
}

func TestNoAllocation(t *testing.T) {
	esptest.Allocs(t, Format, event("deferred", `,"reason":"421 RecipientError: 421 4.7.0 Too many"`)+"\n"+event("request", ``))
}
