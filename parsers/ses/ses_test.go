package ses

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

const inMail = `"mail":{"timestamp":"2016-01-27T14:59:38.237Z","source":"News <news@example.com>","sourceIp":"192.0.2.99","messageId":"0000-1","destination":["a@example.net","b@example.net"],` +
	`"headers":[{"name":"From","value":"x"}],"commonHeaders":{"from":["x"],"messageId":"<1@example.com>"},"tags":{"ses:source-ip":["192.0.2.99"],"ses:outgoing-ip":["192.0.2.1"]}}`

const bounce = `{"eventType":"Bounce","bounce":{"bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[` +
	`{"emailAddress":"a@example.net","action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"},{"emailAddress":"B <b@example.net>"}],` +
	`"timestamp":"2016-01-27T14:59:44.101Z","remoteMtaIp":"198.51.100.7","reportingMTA":"dns; mta.example.com"},` + inMail + `}`

const about = ` at=2016-01-27T14:59:44.101000 q=0000-1 id=<1@example.com> from=news@example.com to=a@example.net`

const bounceEvents = `attempt bounced` + about + ` mxip=198.51.100.7 ip=192.0.2.1 dsn=5.1.1 reply="550 5.1.1 user unknown" text="smtp; 550 5.1.1 user unknown"` + "\n" +
	`attempt bounced at=2016-01-27T14:59:44.101000 q=0000-1 id=<1@example.com> from=news@example.com to=b@example.net mxip=198.51.100.7 ip=192.0.2.1 text="General"`

// quoted wraps a document into a string of another one.
func quotedJSON(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// The wrappers of the services that carry an event.
func TestWrappers(t *testing.T) {
	f := f(t)
	sns := `{"Type":"Notification","MessageId":"x","TopicArn":"arn:aws:sns:x","Message":` + quotedJSON(bounce) + `,"Timestamp":"2016-10-21T06:58:02.294Z"}`
	f(bounce, bounceEvents, "U")
	f(strings.Replace(bounce, "eventType", "notificationType", 1), bounceEvents, "U")
	f(sns, bounceEvents, "U")
	f(strings.ReplaceAll(sns, ",\"", ",\n  \""), bounceEvents, "UUUUU")
	f(`{"Records":[{"EventSource":"aws:sns","Sns":`+sns+`}]}`, bounceEvents, "U")
	f(`{"Records":[{"messageId":"x","body":`+quotedJSON(sns)+`}]}`, bounceEvents, "U")
	f(`{"Messages":[{"Body":`+quotedJSON(bounce)+`}]}`, bounceEvents, "U")
	f(`{"version":"0","detail-type":"Email Bounced","source":"aws.ses","detail":`+bounce+`}`, bounceEvents, "U")
	f(`{"events":[{"timestamp":1453906784101,"message":`+quotedJSON(bounce)+`}],"nextForwardToken":"f"}`, bounceEvents, "U")
	f(bounce+strings.Replace(bounce, "44.101Z", "45Z", 1), bounceEvents+"\n"+strings.ReplaceAll(bounceEvents, "44.101000", "45"), "U")
	f(`{"_test":"x","payload":`+bounce+`}`, bounceEvents, "U")
	f(`{"Type":"SubscriptionConfirmation","TopicArn":"arn:aws:sns:x","Message":"You have chosen to subscribe"}`, "", "i")
	f(`{"Type":"Notification","TopicArn":"arn:aws:sns:x","Message":"hello"}`, "", "-")
	f(`{"Type":"Notification","Message":"{\"x\":1}"}`, "", "-")
	f(`{"Type":"Notification","Message":"{\"eventType\":\"Bounce\""}`, "", "-")
	deep := bounce
	for range 5 {
		deep = `{"Message":` + quotedJSON(deep) + `}`
	}
	f(deep, "", "-")
	// At least once means twice at times.
	f(bounce+"\n"+bounce, bounceEvents, "Ui")
}

func event(kind, detail string) string {
	return `{"eventType":"` + kind + `",` + detail + `,"mail":{"timestamp":"2016-01-27T14:59:44.101Z","source":"news@example.com","messageId":"0000-1","commonHeaders":{"messageId":"<1@example.com>"}}}`
}

func TestOutcome(t *testing.T) {
	f := f(t)
	f(event("Delivery", `"delivery":{"timestamp":"2016-01-27T14:59:44.101Z","recipients":["a@example.net"],"processingTimeMillis":546,"reportingMTA":"a8-70.smtp-out.amazonses.com","smtpResponse":"250 ok:  Message 64111812 accepted","remoteMtaIp":"198.51.100.7"}`),
		`attempt delivered`+about+` mxip=198.51.100.7 age=546ms reply="250 ok:  Message 64111812 accepted"`, "U")
	delayed := func(kind, diagnostic string) string {
		return event("DeliveryDelay", `"deliveryDelay":{"timestamp":"2016-01-27T14:59:44.101Z","delayType":"`+kind+`","expirationTime":"2020-06-16T00:25:40.914Z","delayedRecipients":[{"emailAddress":"a@example.net","status":"4.4.1"`+diagnostic+`}]}`)
	}
	f(delayed("IPFailure", `,"diagnosticCode":"smtp; 421 4.7.0 Too many connections"`),
		`attempt deferred`+about+` dsn=4.4.1 reply="421 4.7.0 Too many connections" text="smtp; 421 4.7.0 Too many connections"`, "U")
	f(delayed("General", ``), `attempt deferred`+about+` dsn=4.4.1 text="General"`, "U")
	f(delayed("InternalFailure", `,"diagnosticCode":"smtp; 451 4.3.0 internal"`), `attempt deferred`+about+` dsn=4.4.1 text="smtp; 451 4.3.0 internal"`, "U")
	f(delayed("SendingDeferral", `,"diagnosticCode":"smtp; 451 4.3.0 later"`), `attempt suspended`+about+` dsn=4.4.1 text="smtp; 451 4.3.0 later"`, "U")
	bounced := func(kind, status, diagnostic string) string {
		return event("Bounce", `"bounce":{"bounceType":"Transient","bounceSubType":"`+kind+`","bouncedRecipients":[{"emailAddress":"a@example.net","status":"`+status+`","diagnosticCode":"`+diagnostic+`"}]}`)
	}
	f(bounced("MailboxFull", "4.2.2", "smtp; 452 4.2.2 full"), `attempt bounced`+about+` dsn=4.2.2 reply="452 4.2.2 full" text="smtp; 452 4.2.2 full"`, "U")
	f(bounced("General", "4.4.7", "smtp; 554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.7.0 <x> Too many>"),
		`expiry expired`+about+` dsn=4.4.7 reply="421 4.7.0 <x> Too many" text="smtp; 554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.7.0 <x> Too many>"`, "U")
	f(bounced("General", "4.4.7", "smtp; 554 4.4.7 Message expired"), `expiry expired`+about+` dsn=4.4.7 text="smtp; 554 4.4.7 Message expired"`, "U")
	f(bounced("CustomTimeoutExceeded", "4.0.0", ""), `expiry expired`+about+` dsn=4.0.0 text="CustomTimeoutExceeded"`, "U")
	f(bounced("OnAccountSuppressionList", "5.1.1", "Amazon SES did not send the message"), `attempt bounced local`+about+` dsn=5.1.1 text="Amazon SES did not send the message"`, "U")
	f(bounced("Suppressed", "5.1.1", "smtp; 550 5.1.1 x"), `attempt bounced local`+about+` dsn=5.1.1 text="smtp; 550 5.1.1 x"`, "U")
	f(event("Bounce", `"bounce":{}`), `attempt bounced at=2016-01-27T14:59:44.101000 q=0000-1 id=<1@example.com> from=news@example.com`, "U")
	f(event("Reject", `"reject":{"reason":"Bad content"}`), `own-side by=ses at=2016-01-27T14:59:44.101000 q=0000-1 id=<1@example.com> from=news@example.com text="Bad content"`, "U")
	f(event("Send", `"send":{}`), "", "U")
	for _, kind := range []string{"Complaint", "Open", "Click", "Rendering Failure", "Subscription"} {
		f(event(kind, `"x":{}`), "", "i")
	}
	f(event("Else", `"x":{}`), "", "-")
	f(`{"eventType":5,"bounce":[],"mail":null}`, "", "-")
	f("{\"eventType\":\"Bounce\",", "", "U")
	got, _ := esptest.All(Format, event("Send", `"send":{}`))
	if want := "none at=2016-01-27T14:59:44.101000"; got != want {
		t.Errorf("a message sent: %s, want %s", got, want)
	}
}

func TestScore(t *testing.T) {
	parsertest.Own(t, Format, bounce+"\n["+event("Send", `"send":{}`)+"]")
	if Format.Yearless(nil) {
		t.Error("years are missing")
	}
}

func TestCorpus(t *testing.T) {
	parsertest.Corpus(t, Format, "ses", map[string]string{
		// One event is of two recipients; the index counts events.
		"ses/anymail--webhook-tests.jsonl":         "bounced=3;delivered=1",
		"ses/awsdocs--notification-examples.jsonl": "bounced=3;delivered=1",
	})
}

func FuzzDecode(f *testing.F) {
	parsertest.Fuzz(f, Format, bounce, event("Delivery", `"delivery":{"recipients":["a","b"],"smtpResponse":"250 x"}`), `{"Type":"Notification","Message":`+quotedJSON(bounce)+`}`,
		event("Bounce", `"bounce":{"bouncedRecipients":[{"status":"4.4.7","diagnosticCode":"554 x<421 y>"}]}`), `{"Records":[{"body":`+quotedJSON(bounce)+`}]}`)
}

// One document, over and over: from the second round on its events are repetitions,
// which cost the same but for the last step.
func BenchmarkDecode(b *testing.B) {
	esptest.Bench(b, Format, strings.Replace(bounce, `"messageId":"0000-1",`, "", 1)+"\n"+event("Send", `"send":{}`), 2)
}
