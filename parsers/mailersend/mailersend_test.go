package mailersend

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
	return `{"type":"activity.` + kind + `","domain_id":"d","created_at":"2023-02-27T21:09:49.520507Z","data":{"object":"activity","id":"63fd","type":"` + kind + `","created_at":"2023-02-27T21:09:49.506000Z",` +
		`"email":{"object":"email","id":"e1","from":"news@example.com","message":{"id":"m1"},"recipient":{"email":"bob@example.net"}}` + more + `}}`
}

const about = ` at=2023-02-27T21:09:49.506000 q=m1 from=news@example.com to=bob@example.net`

func TestOutcome(t *testing.T) {
	f := f(t)
	f(event("delivered", `,"morph":null`), `attempt delivered`+about, "U")
	f(event("delivered", ``)+"\n"+event("delivered", ``), `attempt delivered`+about, "Ui")
	f(event("deferred", `,"morph":{"reason":"421 4.7.0 Too many connections"}`), `attempt deferred`+about+` reply="421 4.7.0 Too many connections"`, "U")
	f(event("hard_bounced", `,"morph":{"object":"recipient_bounce","reason":"Host or domain name not found"}`), `attempt bounced`+about+` text="Host or domain name not found"`, "U")
	f(event("soft_bounced", `,"morph":{"reason":"","readable_reason":"Mailbox full"}`), `attempt bounced`+about+` text="Mailbox full"`, "U")
	f(event("sent", ``), "", "U")
	f(event("queued", ``), "", "U")
	for _, kind := range []string{"opened", "clicked", "unsubscribed", "spam_complaint"} {
		f(event(kind, ``), "", "i")
	}
	f(event("else", ``), "", "-")
	f(`{"type":"activity.delivered","data":{}}`, "", "-")
	// A page of the Activity API.
	f(`{"data":[{"id":"5e","created_at":"2020-06-04T12:00:00.000000Z","type":"soft_bounced","email":{"id":"e1","from":"news@example.com","recipient":{"email":"bob@example.net"}}}],"links":{},"meta":{}}`,
		`attempt bounced at=2020-06-04T12:00:00.000000 q=e1 from=news@example.com to=bob@example.net`, "U")
}

func TestScore(t *testing.T) {
	parsertest.Own(t, Format, event("delivered", ``)+"\n"+event("opened", ``))
	if Format.Yearless(nil) {
		t.Error("years are missing")
	}
}

func TestCorpus(t *testing.T) {
	parsertest.Corpus(t, Format, "mailersend", map[string]string{
		// The script did not know this provider.
		"mailersend/anymail--webhook-tests.jsonl": "bounced=2;delivered=1",
	})
}

func FuzzDecode(f *testing.F) {
	parsertest.Fuzz(f, Format, event("deferred", `,"morph":{"reason":"421 x"}`), `{"data":[{"id":"5e","type":"soft_bounced","email":{"id":"e1"}}]}`)
}

// One document, over and over: from the second round on its events are repetitions,
// which cost the same but for the last step.
func BenchmarkDecode(b *testing.B) {
	esptest.Bench(b, Format, event("delivered", ``)+"\n"+event("sent", ``), 2)
}

func TestNoAllocation(t *testing.T) {
	esptest.Allocs(t, Format, event("delivered", ``)+"\n"+event("sent", ``))
}
