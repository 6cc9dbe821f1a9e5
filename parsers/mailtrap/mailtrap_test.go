package mailtrap

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
	return `{"event":"` + name + `","timestamp":1498093527,"sending_stream":"transactional","message_id":"1df3","email":"bob@example.net","event_id":"bede"` + more + `}`
}

const about = ` at=2017-06-22T01:05:27 q=1df3 to=bob@example.net`

func TestOutcome(t *testing.T) {
	f := f(t)
	f(`{"events":[`+event("delivery", ``)+`]}`, `attempt delivered`+about, "U")
	f(event("delivery", ``)+"\n"+event("delivery", ``), `attempt delivered`+about, "Ui")
	f(event("bounce", `,"response":"bounced (550 5.1.1 No such account. (x))","response_code":550,"bounce_category":"hard"`),
		`attempt bounced`+about+` reply="550 5.1.1 No such account. (x)" text="bounced (550 5.1.1 No such account. (x))"`, "U")
	f(event("soft bounce", `,"response":"soft bounce (450 4.2.0 later)","response_code":450`), `attempt deferred`+about+` reply="450 4.2.0 later" text="soft bounce (450 4.2.0 later)"`, "U")
	f(event("soft bounce", `,"response":"552 5.2.2 full","response_code":552`), `attempt bounced`+about+` reply="552 5.2.2 full"`, "U")
	f(event("bounce", `,"response":"4.7.0 Too many","response_code":"421"`), `attempt deferred`+about+` reply="421 4.7.0 Too many" text="4.7.0 Too many"`, "U")
	f(event("soft bounce", `,"bounce_category":"connection"`), `attempt deferred`+about+` text="connection"`, "U")
	f(event("bounce", `,"response":"no such host"`), `attempt bounced`+about+` text="no such host"`, "U")
	f(event("suspension", `,"reason":"other"`), `own-side by=mailtrap`+about+` text="other"`, "U")
	f(event("reject", ``), `own-side by=mailtrap`+about+` text="reject"`, "U")
	for _, name := range []string{"open", "click", "spam", "unsubscribe"} {
		f(event(name, ``), "", "i")
	}
	f(event("else", ``), "", "-")
	f(`{"event":"delivery","timestamp":1498093527}`, "", "-")
}

func TestScore(t *testing.T) {
	parsertest.Own(t, Format, event("delivery", ``)+"\n"+`{"events":[`+event("open", ``)+`]}`)
	if Format.Yearless(nil) {
		t.Error("years are missing")
	}
}

func TestCorpus(t *testing.T) {
	parsertest.Corpus(t, Format, "mailtrap", map[string]string{
		// The script did not know this provider.
		"mailtrap/anymail--webhook-tests.jsonl": "bounced=1;deferred=1;delivered=1",
	})
}

func FuzzDecode(f *testing.F) {
	parsertest.Fuzz(f, Format, event("bounce", `,"response":"bounced (550 x)","response_code":550`), `{"events":[`+event("reject", ``)+`]}`)
}

// One document, over and over: from the second round on its events are repetitions,
// which cost the same but for the last step.
func BenchmarkDecode(b *testing.B) {
	esptest.Bench(b, Format, event("bounce", `,"response":"bounced (550 5.1.1 x)","response_code":550`), 1)
}

func TestNoAllocation(t *testing.T) {
	esptest.Allocs(t, Format, event("bounce", `,"response":"bounced (550 5.1.1 x)","response_code":550`))
}
