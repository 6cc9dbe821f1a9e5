package mandrill

import (
	"net/url"
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

func event(name, msg string) string {
	return `{"event":"` + name + `","_id":"abc","ts":1461095246,"msg":{"ts":1461095211,"email":"bob@example.net","sender":"news@example.com","tags":["x"],"_id":"abc"` + msg + `}}`
}

const deferredTry = `{"destination_ip":"198.51.100.7","diag":"421 4.7.0 Too many","source_ip":"192.0.2.1","ts":1461095212,"type":"deferred","size":0}`

const sentTry = `{"destination_ip":"198.51.100.7","diag":"250 OK","source_ip":"192.0.2.1","ts":1461095999,"type":"sent","size":3}`

const whom = ` q=abc from=news@example.com to=bob@example.net`

const about = ` at=2016-04-19T19:47:26` + whom

const deferredEvent = `attempt deferred at=2016-04-19T19:46:52` + whom + ` mxip=198.51.100.7 ip=192.0.2.1 reply="421 4.7.0 Too many"`

const sentEvent = `attempt delivered at=2016-04-19T19:59:59` + whom + ` mxip=198.51.100.7 ip=192.0.2.1 reply="250 OK"`

func TestOutcome(t *testing.T) {
	f := f(t)
	f("["+event("send", ``)+"]", `attempt delivered`+about, "U")
	f(event("send", `,"state":"queued"`), "", "i")
	f(event("delivered", ``), `attempt delivered`+about, "U")
	f(event("deferral", `,"state":"deferred"`), `attempt deferred`+about, "U")
	f(event("hard_bounce", `,"bounce_description":"bad_mailbox","diag":"smtp;550 5.1.1 No","smtp_events":[]`), `attempt bounced`+about+` reply="550 5.1.1 No" text="smtp;550 5.1.1 No"`, "U")
	f(event("soft_bounce", `,"bounce_description":"invalid_domain","diag":""`), `attempt bounced`+about+` text="invalid_domain"`, "U")
	f(event("reject", `,"reject":{"reason":"hard-bounce"}`), `own-side by=mandrill`+about+` text="hard-bounce"`, "U")
	f(event("reject", `,"reject":null`), `own-side by=mandrill`+about+` text="reject"`, "U")
	f(event("open", ``)+event("click", ``)+event("spam", ``)+event("unsub", ``), "", "i")
	f(`[{"type":"blacklist","action":"add","reject":{"email":"bob@example.net"},"ts":1461095246}]`, "", "i")
	f(event("else", ``), "", "-")
	f(`{"event":"send"}`, "", "-")
}

// Every event of a message repeats its tries.
func TestTries(t *testing.T) {
	f := f(t)
	f(event("deferral", `,"smtp_events":[`+deferredTry+`]`), deferredEvent, "U")
	f(event("deferral", `,"smtp_events":[`+deferredTry+`]`)+"\n"+event("send", `,"smtp_events":[`+deferredTry+`,`+sentTry+`]`)+"\n"+event("click", `,"smtp_events":[`+deferredTry+`,`+sentTry+`]`),
		deferredEvent+"\n"+sentEvent, "UUi")
	f(event("click", `,"smtp_events":[`+sentTry+`]`), sentEvent, "U")
	f(event("hard_bounce", `,"diag":"550 No","smtp_events":[`+deferredTry+`]`), deferredEvent+"\n"+`attempt bounced`+about+` reply="550 No"`, "U")
	f(event("send", ``)+"\n"+event("send", ``)+"\n"+event("delivered", ``), `attempt delivered`+about+"\n"+`attempt delivered`+about, "UiU")
}

// As it is sent.
func TestForm(t *testing.T) {
	f := f(t)
	body := "mandrill_events=" + url.QueryEscape("["+event("hard_bounce", ``)+","+event("open", ``)+"]")
	f(body, `attempt bounced`+about, "U")
	f(body+"&x=1\n"+body[:len(body)-10]+"\n"+body, `attempt bounced`+about, "U-i")
	f("mandrill_events=%zz\nmandrill_events=x\nx=y", "", "---")
	f(`{"mandrill_events":[`+event("hard_bounce", ``)+`]}`, `attempt bounced`+about, "U")
}

func TestScore(t *testing.T) {
	parsertest.Own(t, Format, event("send", ``)+"\n["+event("open", ``)+"]\nmandrill_events="+url.QueryEscape("["+event("open", ``)+"]"))
	if Format.Yearless(nil) {
		t.Error("years are missing")
	}
}

func TestCorpus(t *testing.T) {
	parsertest.Corpus(t, Format, "mandrill", map[string]string{
		// The script did not know this provider.
		"mandrill/anymail--webhook-tests.jsonl": "bounced=1;delivered=1",
	})
}

func FuzzDecode(f *testing.F) {
	parsertest.Fuzz(f, Format, event("deferral", `,"smtp_events":[`+deferredTry+`,`+sentTry+`]`), "mandrill_events="+url.QueryEscape(event("reject", ``)), `{"type":"blacklist"}`)
}

// One document, over and over: from the second round on its events are repetitions,
// which cost the same but for the last step.
func BenchmarkDecode(b *testing.B) {
	esptest.Bench(b, Format, event("deferral", `,"smtp_events":[`+deferredTry+`]`)+"\n"+event("open", ``), 2)
}
