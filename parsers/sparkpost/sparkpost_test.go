package sparkpost

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
	return `{"type":"` + kind + `","event_id":"92","message_id":"0004e3","msg_from":"news@example.com","rcpt_to":"bob@example.net","raw_rcpt_to":"Bob@example.net","ip_address":"198.51.100.7","sending_ip":"192.0.2.1",` +
		`"routing_domain":"example.net","num_retries":"1","queue_time":"1200161","transmission_id":"84","timestamp":"1464825748"` + more + `}`
}

func msys(event string) string { return `[{"msys":{"message_event":` + event + `},"cust":{"id":"0"}}]` }

const about = ` at=2016-06-02T00:02:28 q=0004e3 from=news@example.com to=bob@example.net mxip=198.51.100.7 ip=192.0.2.1 age=20m0.161s`

func TestLayouts(t *testing.T) {
	f := f(t)
	want := `attempt delivered` + about
	f(event("delivery", ``), want, "U")
	f(msys(event("delivery", ``)), want, "U")
	f(`{"results":[`+event("delivery", ``)+`],"total_count":1,"links":{}}`, want, "U")
	f(`{"_test":"x","payload":`+msys(event("delivery", ``))+`}`, want, "U")
	f(`[{"msys":{}}]`, "", "i")
	f(msys(event("delivery", ``))+"\n"+msys(event("delivery", ``)), want, "Ui")
	f(`{"type":"delivery","rcpt_to":"bob@example.net","timestamp":"2018-10-11T23:24:45.000+00:00","raw_rcpt_to":null}`, `attempt delivered at=2018-10-11T23:24:45.000000 to=bob@example.net`, "U")
}

func TestOutcome(t *testing.T) {
	f := f(t)
	f(msys(event("delay", `,"error_code":"421","raw_reason":"421 4.7.0 Too many connections","reason":"421 4.7.0 ..."`)), `attempt deferred`+about+` reply="421 4.7.0 Too many connections"`, "U")
	f(event("delay", `,"error_code":421,"reason":"4.7.0 Too many connections"`), `attempt deferred`+about+` reply="421 4.7.0 Too many connections" text="4.7.0 Too many connections"`, "U")
	f(event("bounce", `,"bounce_class":"10","error_code":"550","raw_reason":"550 5.1.1 <x>: User unknown"`), `attempt bounced`+about+` reply="550 5.1.1 <x>: User unknown"`, "U")
	f(event("bounce", `,"bounce_class":"60"`), `attempt bounced`+about, "U")
	f(event("out_of_band", `,"error_code":"550","raw_reason":"550 5.1.1 no"`), `attempt bounced local`+about+` reply="550 5.1.1 no"`, "U")
	// Nobody at the receiver said these.
	f(event("delay", `,"error_code":"454","raw_reason":"454 4.4.4 [internal] no MX or A for domain"`), `attempt deferred`+about+` text="454 4.4.4 [internal] no MX or A for domain"`, "U")
	f(event("delay", `,"raw_reason":"451 4.3.0 [internal] Sending IP temporarily suspended"`), `attempt suspended`+about+` text="451 4.3.0 [internal] Sending IP temporarily suspended"`, "U")
	f(event("bounce", `,"raw_reason":"550 5.1.2 [internal] no route"`), `attempt bounced`+about+` text="550 5.1.2 [internal] no route"`, "U")
	f(event("bounce", `,"raw_reason":"554 5.4.7 [internal] message timeout (exceeded max time, last transfail: 452 4.2.2 full (x))"`),
		`expiry expired`+about+` reply="452 4.2.2 full (x)" text="554 5.4.7 [internal] message timeout (exceeded max time, last transfail: 452 4.2.2 full (x))"`, "U")
	f(event("bounce", `,"raw_reason":"554 5.4.7 [internal] exceeded max time without delivery"`), `expiry expired`+about+` text="554 5.4.7 [internal] exceeded max time without delivery"`, "U")
	// Never sent.
	f(`{"msys":{"gen_event":`+event("generation_rejection", `,"raw_reason":"554 5.7.1 recipient address suppressed due to customer policy"`)+`}}`,
		`own-side by=sparkpost`+about+` text="554 5.7.1 recipient address suppressed due to customer policy"`, "U")
	f(event("policy_rejection", ``), `own-side by=sparkpost`+about+` text="policy_rejection"`, "U")
	f(event("injection", ``), "", "U")
	for _, kind := range []string{"open", "click", "amp_open", "spam_complaint", "list_unsubscribe"} {
		f(event(kind, ``), "", "i")
	}
	f(event("else", ``), "", "-")
	f(`{"msys":[1],"type":"delivery"`, "", "U")
}

func TestScore(t *testing.T) {
	parsertest.Own(t, Format, event("delivery", ``)+"\n"+msys(event("open", ``)))
	if Format.Yearless(nil) {
		t.Error("years are missing")
	}
}

func TestCorpus(t *testing.T) {
	parsertest.Corpus(t, Format, "sparkpost", nil)
}

func FuzzDecode(f *testing.F) {
	parsertest.Fuzz(f, Format, event("delay", `,"raw_reason":"421 x"`), msys(event("bounce", `,"raw_reason":"[internal] message timeout last transfail: 4"`)), `[{"msys":{}}]`)
}

// One document, over and over: from the second round on its events are repetitions,
// which cost the same but for the last step.
func BenchmarkDecode(b *testing.B) {
	esptest.Bench(b, Format, event("delay", `,"raw_reason":"421 x","error_code":"421"`)+"\n"+msys(event("injection", ``)), 2)
}

func TestNoAllocation(t *testing.T) {
	esptest.Allocs(t, Format, event("delay", `,"raw_reason":"421 x","error_code":"421"`)+"\n"+msys(event("injection", ``)))
}
