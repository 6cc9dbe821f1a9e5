package postal

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

func event(name, body string) string {
	return `{"event":"` + name + `","timestamp":1606753101.961181,"payload":{"message":{"id":1563,"token":"z","direction":"outgoing","message_id":"1@rp.example.com","to":"bob@example.net","from":"news@example.com","timestamp":1606752104.6},` +
		body + `"sent_with_ssl":false,"timestamp":1606752106.9858062,"time":0.89},"uuid":"` + name + `"}`
}

const about = ` at=2020-11-30T16:01:46.985806 q=1563 id=1@rp.example.com from=news@example.com to=bob@example.net`

func TestOutcome(t *testing.T) {
	f := f(t)
	f(event("MessageSent", `"status":"Sent","details":"Message for bob@example.net accepted by 198.51.100.7:25 (mx.example.net) (from 192.0.2.1)","output":"250 2.0.0 OK\n",`),
		`attempt delivered own`+about+` mx=mx.example.net mxip=198.51.100.7 ip=192.0.2.1 d=890ms reply="250 2.0.0 OK" text="Message for bob@example.net accepted by 198.51.100.7:25 (mx.example.net) (from 192.0.2.1)"`, "U")
	f(event("MessageDelayed", `"status":"SoftFail","details":"Temporary SMTP delivery error when sending to 2001:db8::1:25 (mx.example.net)","output":"421 4.7.0 Too many connections",`),
		`attempt deferred own`+about+` mx=mx.example.net mxip=2001:db8::1 d=890ms reply="421 4.7.0 Too many connections" text="Temporary SMTP delivery error when sending to 2001:db8::1:25 (mx.example.net)"`, "U")
	f(event("MessageDelayed", `"details":"No SMTP servers were available for example.net. Tried mx.example.net.","output":"Connection refused",`),
		`attempt deferred own`+about+` d=890ms text="No SMTP servers were available for example.net. Tried mx.example.net. Connection refused"`, "U")
	f(event("MessageDelayed", `"details":"No SMTP servers were available for example.net.","output":"421 Too many",`),
		`attempt deferred own`+about+` d=890ms reply="421 Too many" text="No SMTP servers were available for example.net. 421 Too many"`, "U")
	f(event("MessageDelayed", `"details":"details","output":"server output",`), `attempt deferred own`+about+` d=890ms text="details server output"`, "U")
	f(event("MessageDeliveryFailed", `"status":"HardFail","details":"Permanent SMTP delivery error when sending to mx.example.net (198.51.100.7:25)","output":"550 5.1.1 No",`),
		`attempt bounced own`+about+` mx=mx.example.net mxip=198.51.100.7 d=890ms reply="550 5.1.1 No" text="Permanent SMTP delivery error when sending to mx.example.net (198.51.100.7:25)"`, "U")
	f(event("MessageSent", `"details":"Message sent by SMTP to mx.example.net (2001:db8::1) (from 2001:db8::2)","output":"250 OK",`),
		`attempt delivered own`+about+` mx=mx.example.net mxip=2001:db8::1 ip=2001:db8::2 d=890ms reply="250 OK" text="Message sent by SMTP to mx.example.net (2001:db8::1) (from 2001:db8::2)"`, "U")
	f(event("MessageDeliveryFailed", `"details":"Maximum number of delivery attempts (18) has been reached.",`), `expiry expired own`+about+` d=890ms text="Maximum number of delivery attempts (18) has been reached."`, "U")
	f(event("MessageHeld", `"status":"Held","details":"Recipient (bob@example.net) is on the suppression list","output":"x",`), `own-side by=postal own`+about+` d=890ms text="Recipient (bob@example.net) is on the suppression list"`, "U")
	f(event("MessageBounced", `"bounce":{"id":2,"to":"x@psrp.example.com"},`), `attempt bounced local own`+about+` d=890ms`, "U")
	f(strings.Replace(event("MessageDeliveryFailed", `"details":"Received a 400 from https://example.com/","output":"Not found",`), "outgoing", "incoming", 1), `attempt bounced local own`+about+` d=890ms text="Received a 400 from https://example.com/ Not found"`, "U")
	f(strings.Replace(event("MessageBounced", ``), `"message":`, `"original_message":`, 1), `attempt bounced own`+about+` d=890ms`, "U")
	for _, name := range []string{"MessageLinkClicked", "MessageLoaded", "DomainDNSError", "SendLimitExceeded"} {
		f(event(name, ``), "", "i")
	}
	f(event("Else", ``), "", "-")
	f(`{"event":"MessageSent"}`, "", "-")
	f(event("MessageSent", ``)+"\n"+event("MessageSent", ``), `attempt delivered own`+about+` d=890ms`, "Ui")
	f(`{"_test":"x","payload":`+event("MessageSent", ``)+`}`, `attempt delivered own`+about+` d=890ms`, "U")
}

func TestScore(t *testing.T) {
	parsertest.Own(t, Format, event("MessageSent", ``)+"\n"+event("MessageLoaded", ``))
	if Format.Yearless(nil) {
		t.Error("years are missing")
	}
}

func TestCorpus(t *testing.T) {
	parsertest.Corpus(t, Format, "postal", nil)
}

func FuzzDecode(f *testing.F) {
	parsertest.Fuzz(f, Format, event("MessageSent", `"details":"accepted by 1.2.3.4:25 (x) (from y)",`), event("MessageDelayed", `"details":"a sending to ::1:25 (",`), event("MessageHeld", ``))
}

// One document, over and over: from the second round on its events are repetitions,
// which cost the same but for the last step.
func BenchmarkDecode(b *testing.B) {
	esptest.Bench(b, Format, event("MessageSent", `"details":"Message for bob@example.net accepted by 198.51.100.7:25 (mx.example.net)","output":"250 2.0.0 OK",`), 1)
}

func TestNoAllocation(t *testing.T) {
	esptest.Allocs(t, Format, event("MessageSent", `"details":"Message for bob@example.net accepted by 198.51.100.7:25 (mx.example.net)","output":"250 2.0.0 OK",`))
}
