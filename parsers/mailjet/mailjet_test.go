package mailjet

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
	return `{"event":"` + name + `","time":1498093527,"MessageID":12345678901234567,"email":"bob@example.net","mj_campaign_id":1,"mj_contact_id":2,"customcampaign":""` + more + `}`
}

const about = ` at=2017-06-22T01:05:27 q=12345678901234567 to=bob@example.net`

func TestOutcome(t *testing.T) {
	f := f(t)
	f("["+event("sent", `,"smtp_reply":"sent (250 2.0.0 OK 1498093527 - gsmtp)"`)+"]", `attempt delivered`+about+` reply="250 2.0.0 OK 1498093527 - gsmtp" text="sent (250 2.0.0 OK 1498093527 - gsmtp)"`, "U")
	f(event("sent", ``)+"\n"+event("sent", ``), `attempt delivered`+about, "Ui")
	f(event("bounce", `,"blocked":true,"hard_bounce":true,"error_related_to":"domain","error":"invalid domain","comment":"Host or domain name not found."`),
		`attempt bounced`+about+` text="domain invalid domain Host or domain name not found."`, "U")
	f(event("bounce", `,"hard_bounce":false,"error_related_to":"system","error":"connection issue","comment":"host mx.example.net[198.51.100.7] refused to talk to me: 421 Too many connections"`),
		`attempt bounced`+about+` mx=mx.example.net mxip=198.51.100.7 reply="421 Too many connections" text="system connection issue host mx.example.net[198.51.100.7] refused to talk to me: 421 Too many connections"`, "U")
	f(event("bounce", `,"comment":"host mx.example.net[198.51.100.7] said: 550 5.1.1 No (in reply to RCPT TO command)","error":"user unknown"`),
		`attempt bounced`+about+` mx=mx.example.net mxip=198.51.100.7 reply="550 5.1.1 No" text="user unknown host mx.example.net[198.51.100.7] said: 550 5.1.1 No (in reply to RCPT TO command)"`, "U")
	f(event("bounce", `,"comment":"550 5.1.1 No","error":"user unknown"`), `attempt bounced`+about+` reply="550 5.1.1 No" text="user unknown 550 5.1.1 No"`, "U")
	f(event("blocked", `,"error_related_to":"mailjet","error":"preblocked"`), `own-side by=mailjet`+about+` text="mailjet preblocked"`, "U")
	f(event("blocked", ``), `own-side by=mailjet`+about+` text="blocked"`, "U")
	for _, name := range []string{"open", "click", "spam", "unsub"} {
		f(event(name, ``), "", "i")
	}
	f(event("else", ``), "", "-")
	f(`{"event":"sent","time":1498093527,"email":"bob@example.net"}`, "", "-")
}

func TestScore(t *testing.T) {
	parsertest.Own(t, Format, event("sent", ``)+"\n["+event("open", ``)+"]")
	if Format.Yearless(nil) {
		t.Error("years are missing")
	}
}

func TestCorpus(t *testing.T) {
	parsertest.Corpus(t, Format, "mailjet", map[string]string{
		// The script did not know this provider.
		"mailjet/anymail--webhook-tests.jsonl": "bounced=2;delivered=2",
	})
}

func FuzzDecode(f *testing.F) {
	parsertest.Fuzz(f, Format, event("sent", `,"smtp_reply":"sent (250 x)"`), event("bounce", `,"comment":"host a[1.2.3.4] said: 550 x (in reply to y)"`), event("blocked", ``))
}

// One document, over and over: from the second round on its events are repetitions,
// which cost the same but for the last step.
func BenchmarkDecode(b *testing.B) {
	esptest.Bench(b, Format, event("sent", `,"smtp_reply":"sent (250 2.0.0 OK)"`)+"\n"+event("open", ``), 2)
}

func TestNoAllocation(t *testing.T) {
	esptest.Allocs(t, Format, event("sent", `,"smtp_reply":"sent (250 2.0.0 OK)"`)+"\n"+event("open", ``))
}
