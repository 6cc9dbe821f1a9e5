package postmark

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

const delivery = `{"RecordType":"Delivery","ServerID":23,"MessageID":"883953f4","Recipient":"bob@example.net","Tag":"t","DeliveredAt":"2014-08-01T13:28:10.2735393-04:00","Details":"smtp;250 2.0.0 OK"}`

const about = ` at=2014-08-01T17:28:10.273539 q=883953f4`

func bounce(kind, more string) string {
	return `{"RecordType":"Bounce","ID":901542550,"Type":"` + kind + `","TypeCode":1,"MessageID":"883953f4","Email":"bob@example.net","From":"news@example.com","BouncedAt":"2014-08-01T13:28:10.2735393-04:00"` + more + `}`
}

func TestWebhooks(t *testing.T) {
	f := f(t)
	f(delivery, `attempt delivered`+about+` to=bob@example.net reply="250 2.0.0 OK" text="smtp;250 2.0.0 OK"`, "U")
	f(delivery+"\n"+delivery, `attempt delivered`+about+` to=bob@example.net reply="250 2.0.0 OK" text="smtp;250 2.0.0 OK"`, "Ui")
	f(`{"RecordType":"Delivery","MessageID":"883953f4","Recipient":"bob@example.net","DeliveredAt":"2014-08-01T17:28:10Z","Details":"Test"}`, `attempt delivered at=2014-08-01T17:28:10 q=883953f4 to=bob@example.net text="Test"`, "U")
	f(bounce("HardBounce", `,"Details":"smtp;550 5.1.1 No such account.","Description":"The server was unable"`),
		`attempt bounced`+about+` from=news@example.com to=bob@example.net reply="550 5.1.1 No such account." text="smtp;550 5.1.1 No such account."`, "U")
	f(bounce("SoftBounce", `,"Details":"","Description":"Mailbox full"`), `attempt bounced`+about+` from=news@example.com to=bob@example.net text="Mailbox full"`, "U")
	f(bounce("Transient", `,"Details":"smtp;421 4.7.0 Too many connections"`), `attempt deferred`+about+` from=news@example.com to=bob@example.net reply="421 4.7.0 Too many connections" text="smtp;421 4.7.0 Too many connections"`, "U")
	f(bounce("Blocked", `,"Details":"action: failed"`), `attempt bounced`+about+` from=news@example.com to=bob@example.net text="action: failed"`, "U")
	f(bounce("ManuallyDeactivated", `,"Details":"550 x"`), `attempt bounced local`+about+` from=news@example.com to=bob@example.net text="550 x"`, "U")
	// Mails that came back from somebody who had got ours.
	for _, kind := range []string{"AutoResponder", "Unsubscribe", "ChallengeVerification"} {
		f(bounce(kind, ``), "", "i")
	}
	for _, record := range []string{"Open", "Click", "SpamComplaint", "SubscriptionChange"} {
		f(`{"RecordType":"`+record+`","MessageID":"1","ReceivedAt":"2016-04-27T16:21:41.2493688-04:00"}`, "", "i")
	}
	f(`{"RecordType":"Else","MessageID":"1"}`, "", "-")
	f(`{"MessageID":"1"}`, "", "-")
}

func TestAPI(t *testing.T) {
	f := f(t)
	f(`{"TotalCount":1,"Bounces":[`+strings.Replace(bounce("HardBounce", ``), `"RecordType":"Bounce",`, "", 1)+`]}`, `attempt bounced`+about+` from=news@example.com to=bob@example.net`, "U")
	f(`{"MessageID":"883953f4","From":"\"News\" <news@example.com>","Status":"Sent","MessageEvents":[`+
		`{"Recipient":"bob@example.net","Type":"Transient","ReceivedAt":"2014-08-01T13:00:00-04:00","Details":{"DeliveryMessage":"smtp;421 4.7.0 Too many","DestinationServer":"mx.example.net (198.51.100.7)","DestinationIP":"198.51.100.7"}},`+
		`{"Recipient":"bob@example.net","Type":"Delivered","ReceivedAt":"2014-08-01T14:00:00-04:00","Details":{"DeliveryMessage":"smtp;250 OK","DestinationServer":"198.51.100.7"}},`+
		`{"Recipient":"carol@example.net","Type":"Bounced","ReceivedAt":"2014-08-01T14:00:00-04:00","Details":{"Summary":"smtp;550 5.1.1 No","BounceID":"3"}},`+
		`{"Recipient":"bob@example.net","Type":"Opened","ReceivedAt":"2014-08-01T15:00:00-04:00","Details":{"Summary":"Email opened"}}]}`,
		`attempt deferred at=2014-08-01T17:00:00 q=883953f4 from=news@example.com to=bob@example.net mx=mx.example.net mxip=198.51.100.7 reply="421 4.7.0 Too many" text="smtp;421 4.7.0 Too many"`+"\n"+
			`attempt delivered at=2014-08-01T18:00:00 q=883953f4 from=news@example.com to=bob@example.net reply="250 OK" text="smtp;250 OK"`+"\n"+
			`attempt bounced at=2014-08-01T18:00:00 q=883953f4 from=news@example.com to=carol@example.net reply="550 5.1.1 No" text="smtp;550 5.1.1 No"`, "U")
	f(`{"MessageID":"883953f4","MessageEvents":[]}`, "", "i")
	details := `{"MessageID":"883953f4","MessageEvents":[{"Type":"Delivered","ReceivedAt":"2014-08-01T15:00:00Z"}]}`
	f(details+"\n"+details, `attempt delivered at=2014-08-01T15:00:00 q=883953f4`, "Ui")
}

func TestScore(t *testing.T) {
	parsertest.Own(t, Format, delivery+"\n"+bounce("HardBounce", ``))
	if Format.Yearless(nil) {
		t.Error("years are missing")
	}
}

func TestCorpus(t *testing.T) {
	parsertest.Corpus(t, Format, "postmark", map[string]string{
		// A request to unsubscribe comes as a record of a bounce; nothing bounced.
		"postmark/anymail--webhook-tests.jsonl": "bounced=1;delivered=1",
	})
}

func FuzzDecode(f *testing.F) {
	parsertest.Fuzz(f, Format, delivery, bounce("Transient", `,"Details":"smtp;421 x"`), `{"MessageID":"1","MessageEvents":[{"Type":"Transient","Details":{"DestinationServer":"a (b)"}}]}`)
}

// One document, over and over: from the second round on its events are repetitions,
// which cost the same but for the last step.
func BenchmarkDecode(b *testing.B) {
	esptest.Bench(b, Format, delivery+"\n"+bounce("AutoResponder", ``), 2)
}

func TestNoAllocation(t *testing.T) {
	esptest.Allocs(t, Format, delivery+"\n"+bounce("AutoResponder", ``))
}
