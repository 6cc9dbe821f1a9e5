package mailgun

import (
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/esp/esptest"
	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// deferred is a temporary failure as the Events API gives it.
const deferred = `{"event":"failed","id":"xYr-1","timestamp":1665066523.871657,"log-level":"warn","severity":"temporary","reason":"generic",` +
	`"tags":["news"],"delivery-status":{"tls":true,"mx-host":"hotmail-com.olc.protection.outlook.com","code":451,"description":"","session-seconds":0.7517080307006836,` +
	`"utf8":true,"retry-seconds":600,"enhanced-code":"4.7.652","attempt-no":1,"message":"4.7.652 The mail server [192.0.2.30] has exceeded the maximum number of connections.","certificate-verified":true},` +
	`"recipient-domain":"hotmail.com","campaigns":[],"user-variables":{},"flags":{"is-routed":false,"is-test-mode":false},` +
	`"envelope":{"transport":"smtp","sender":"news@example.com","sending-ip":"192.0.2.30","targets":"bob@hotmail.com"},` +
	`"message":{"headers":{"to":"bob@hotmail.com","message-id":"20221006142837.1618e0@example.com","from":"News <news@example.com>","subject":"Hi"},"attachments":[],"size":3499},` +
	`"recipient":"bob@hotmail.com","storage":{"url":["https://example.com/x"],"key":"k"}}`

const deferredEvent = `attempt deferred at=2022-10-06T14:28:43.871657 q=20221006142837.1618e0@example.com id=20221006142837.1618e0@example.com ` +
	`from=news@example.com to=bob@hotmail.com mx=hotmail-com.olc.protection.outlook.com ip=192.0.2.30 dsn=4.7.652 d=751.708ms ` +
	`reply="451 4.7.652 The mail server [192.0.2.30] has exceeded the maximum number of connections." ` +
	`text="4.7.652 The mail server [192.0.2.30] has exceeded the maximum number of connections."`

func f(t *testing.T) func(text, want, wantVerdicts string) {
	return func(text, want, wantVerdicts string) {
		t.Helper()
		got, verdicts := esptest.Events(Format, text)
		if got != want || verdicts != wantVerdicts {
			t.Errorf("%s\n got %s %s\nwant %s %s", text, verdicts, got, wantVerdicts, want)
		}
	}
}

// The layouts of an export hold the same event.
func TestLayouts(t *testing.T) {
	f := f(t)
	f(deferred, deferredEvent, "U")
	f("["+deferred+"]", deferredEvent, "U")
	f(`{"items":[`+deferred+`],"paging":{"next":"https://example.com/","previous":"https://example.com/"}}`, deferredEvent, "U")
	f(`{"items":[],"paging":{"next":"https://example.com/"}}`, "", "i")
	f(`{"paging":{},"items":[`+deferred+`]}{"items":[],"paging":{}}`, deferredEvent, "U")
	f(`{"signature":{"timestamp":"1","token":"t","signature":"s"},"event-data":`+deferred+`}`, deferredEvent, "U")
	f(`{"_test":"x","payload":{"signature":{},"event-data":`+deferred+`}}`, deferredEvent, "U")
	f(deferred+strings.Replace(deferred, "xYr-1", "xYr-2", 1), deferredEvent+"\n"+deferredEvent, "U")
	pretty := strings.NewReplacer(",\"", ",\n  \"", "{", "{\n  ", "}", "\n}").Replace(`{"items":[` + deferred + `]}`)
	f(pretty, deferredEvent, strings.Repeat("U", strings.Count(pretty, "\n")+1))
}

// A page that was cut is understood as far as its last whole event; what never closes is
// not understood.
func TestUnfinished(t *testing.T) {
	f := func(text string, understood, not int64) {
		t.Helper()
		if u, i, n := parsertest.Account(Format, text); u != understood || i != 0 || n != not {
			t.Errorf("%.200s: %d understood, %d irrelevant, %d not; want %d and %d", text, u, i, n, understood, not)
		}
	}
	pretty := strings.NewReplacer(",\"", ",\n  \"", "{", "{\n  ", "}", "\n}").Replace(deferred)
	lines := int64(strings.Count(pretty, "\n") + 1)
	page := "{\n\"items\": [\n" + pretty + ",\n" + strings.Replace(pretty, "xYr-1", "xYr-2", 1)
	f(page+"\n]\n}", 2+2*lines+2, 0)
	f(page[:len(page)-2], 2+lines, lines-1)
	f(page+",\n{\n\"event\":", 2+2*lines, 2)
	f(strings.Repeat("{\n", 5000)+"{", 0, 5001)
	f(strings.Repeat("[\n", 500)+"[", 0, 501)
	f("{\n\"name\": \"x\",\n\"version\": 1\n}", 0, 4) // a document of something else
}

// An event that stands twice counts once: pages overlap. Ids are unique within a
// day only.
func TestRepeated(t *testing.T) {
	f := f(t)
	f(deferred+"\n"+deferred, deferredEvent, "Ui")
	later := strings.Replace(deferred, "1665066523.871657", "1665166523.871657", 1)
	f(deferred+"\n"+later, deferredEvent+"\n"+strings.Replace(deferredEvent, "2022-10-06T14:28:43", "2022-10-07T18:15:23", 1), "UU")
	noID := strings.Replace(deferred, `"id":"xYr-1",`, "", 1)
	f(noID+"\n"+noID, deferredEvent+"\n"+deferredEvent, "UU")
}

// event wraps the parts that matter.
func event(name, status, more string) string {
	return `{"event":"` + name + `","timestamp":1529692199.626182,"recipient":"bob@example.net","message":{"headers":{"message-id":"1@example.com"}},"delivery-status":` + status + more + `}`
}

const about = ` at=2018-06-22T18:29:59.626182 q=1@example.com id=1@example.com to=bob@example.net`

// What a failure was is read from the reply, not from the severity.
func TestOutcome(t *testing.T) {
	f := f(t)
	f(event("delivered", `{"code":250,"message":"OK","mx-host":"mx.example.net","session-seconds":0.5}`, ``),
		`attempt delivered`+about+` mx=mx.example.net d=500ms reply="250 OK" text="OK"`, "U")
	f(event("delivered", `null`, ``), `attempt delivered`+about, "U")
	f(event("failed", `{"code":421,"message":"4.7.0 Too many concurrent connections"}`, `,"severity":"permanent","reason":"bounce"`),
		`attempt deferred`+about+` reply="421 4.7.0 Too many concurrent connections" text="4.7.0 Too many concurrent connections"`, "U")
	f(event("failed", `{"code":"550","message":"5.1.1 No such user"}`, `,"severity":"temporary"`),
		`attempt bounced`+about+` reply="550 5.1.1 No such user" text="5.1.1 No such user"`, "U")
	f(event("failed", `{"code":554,"message":"5.7.1 Blocked","retry-seconds":600}`, `,"severity":"temporary"`),
		`attempt deferred`+about+` reply="554 5.7.1 Blocked" text="5.7.1 Blocked"`, "U")
	f(event("failed", `{"code":550,"message":"","description":"No such user"}`, `,"severity":"permanent"`),
		`attempt bounced`+about+` reply="550 No such user" text="No such user"`, "U")
	// Without a code the enhanced one counts, and the severity if there is neither.
	f(event("failed", `{"message":"4.2.2 Mailbox full"}`, `,"severity":"permanent"`), `attempt deferred`+about+` reply="4.2.2 Mailbox full"`, "U")
	f(event("failed", `{"message":"x","enhanced-code":"5.1.1"}`, `,"severity":"temporary"`), `attempt bounced`+about+` dsn=5.1.1 text="x"`, "U")
	f(event("failed", `{"message":"Mailbox full"}`, `,"severity":"temporary"`), `attempt deferred`+about+` text="Mailbox full"`, "U")
	f(event("failed", `{"message":"Mailbox full"}`, `,"severity":"permanent"`), `attempt bounced`+about+` text="Mailbox full"`, "U")
	f(event("failed", `null`, `,"severity":"permanent"`), `attempt bounced`+about, "U")
	f(event("failed", `{"code":0,"message":""}`, `,"severity":"temporary"`), `attempt deferred`+about, "U")
	// The text may bring the code along.
	f(event("failed", `{"code":451,"message":"451 4.7.1 Greylisted"}`, ``), `attempt deferred`+about+` reply="451 4.7.1 Greylisted"`, "U")
	f(event("failed", `{"code":421,"message":"450 messages an hour are allowed"}`, ``),
		`attempt deferred`+about+` reply="421 450 messages an hour are allowed" text="450 messages an hour are allowed"`, "U")
}

// Every line of a reply has its code, as on the wire.
func TestLines(t *testing.T) {
	f := f(t)
	f(event("failed", `{"code":550,"message":"5.1.1 The account does not exist. Please try\n5.1.1 double-checking\r\n5.1.1  https://example.net\n"}`, ``),
		`attempt bounced`+about+` reply="550-5.1.1 The account does not exist. Please try\n550-5.1.1 double-checking\n550 5.1.1  https://example.net"`+
			` text="5.1.1 The account does not exist. Please try\n5.1.1 double-checking\r\n5.1.1  https://example.net\n"`, "U")
}

// Codes that no receiver said.
func TestOwnCodes(t *testing.T) {
	f := f(t)
	f(event("failed", `{"code":498,"message":"No MX for example.net","attempt-no":3,"retry-seconds":1800,"session-seconds":0.0}`, `,"severity":"temporary"`),
		`attempt deferred`+about+` text="498 No MX for example.net"`, "U")
	f(event("failed", `{"code":498,"message":"No MX for example.net"}`, `,"severity":"permanent","reason":"bounce"`),
		`attempt bounced`+about+` text="498 No MX for example.net"`, "U")
	f(`{"start":"Mon, 08 Jul 2024 00:00:00 -0000","items":[{"id":"J","event":"failed","@timestamp":"2024-07-08T16:30:18.530Z","domain":{"name":"example.com"},`+
		`"delivery-status":{"message":"Turret client: server connection failed","attempt-no":5,"code":680,"session-seconds":15.026,"retry-seconds":145},`+
		`"recipient":"bob@example.net","envelope":{"sender":"news@example.com","sending-ip":"192.0.2.1","targets":"x@example.net"}}],"pagination":{"total":1},"aggregates":{}}`,
		`attempt deferred at=2024-07-08T16:30:18.530000 from=news@example.com to=bob@example.net ip=192.0.2.1 d=15.026s text="680 Turret client: server connection failed"`, "U")
	// Given up.
	f(event("failed", `{"attempt-no":8,"message":"Too old","code":602,"description":"","session-seconds":0}`, `,"severity":"permanent","reason":"old"`),
		`expiry expired`+about+` text="602 Too old"`, "U")
	f(event("failed", `{"message":"Too old","code":602,"last-code":421,"last-message":"4.7.0 Try later"}`, ``),
		`expiry expired`+about+` reply="421 4.7.0 Try later" text="602 Too old"`, "U")
	f(event("failed", `{"message":"Unable to connect to MX servers: [example.net]","code":499}`, `,"reason":"old"`),
		`expiry expired`+about+` text="499 Unable to connect to MX servers: [example.net]"`, "U")
	// The last try and the end in one event: the receiver's words count, too.
	f(event("failed", `{"message":"4.7.0 Try later","code":421,"mx-host":"mx.example.net"}`, `,"severity":"permanent","reason":"old"`),
		`attempt deferred`+about+` mx=mx.example.net reply="421 4.7.0 Try later" text="4.7.0 Try later"`+"\n"+
			`expiry expired`+about+` mx=mx.example.net reply="421 4.7.0 Try later" text="4.7.0 Try later"`, "U")
	f(event("failed", `{"message":"5.7.1 Blocked","code":554,"mx-host":"mx.example.net"}`, `,"severity":"permanent","reason":"old"`),
		`attempt bounced`+about+` mx=mx.example.net reply="554 5.7.1 Blocked" text="5.7.1 Blocked"`, "U")
	// Never sent.
	f(event("failed", `{"attempt-no":1,"message":"","code":605,"description":"Not delivering to previously bounced address","session-seconds":0.0}`, `,"severity":"permanent","reason":"suppress-bounce"`),
		`attempt bounced local`+about+` text="605 Not delivering to previously bounced address"`, "U")
	f(event("failed", `{"message":"Not delivering to a user who marked your messages as spam","code":607}`, ``),
		`attempt bounced local`+about+` text="607 Not delivering to a user who marked your messages as spam"`, "U")
	f(event("failed", `{"message":"","code":550}`, `,"reason":"suppress-complaint"`), `attempt bounced local`+about, "U")
	f(event("failed", `{"message":"Something new","code":650}`, `,"severity":"permanent"`), `attempt bounced`+about+` text="650 Something new"`, "U")
}

func TestNotSMTP(t *testing.T) {
	f := f(t)
	// The receiver had taken it, and sent a bounce later.
	f(`{"severity":"permanent","timestamp":1666214138.4046676,"delivery-status":{"bounce-code":"5.1.1","message":"smtp; 550-5.1.1 No such account.","code":550,"description":"I'm sorry","enhanced-code":"5.1.1"},`+
		`"log-level":"error","id":"Z","reason":"generic","flags":{"is-delayed-bounce":true},"envelope":{},"recipient":"bob@example.net","event":"failed"}`,
		`attempt bounced local at=2022-10-19T21:15:38.404667 to=bob@example.net dsn=5.1.1 reply="550-5.1.1 No such account." text="smtp; 550-5.1.1 No such account."`, "U")
	// A route to a URL, and test mode.
	f(event("delivered", `{"code":200,"message":"OK"}`, `,"envelope":{"transport":"http","targets":"https://example.com/in"}`), `attempt delivered local`+about+` text="OK"`, "U")
	f(event("delivered", `{"code":250,"message":"OK"}`, `,"flags":{"is-test-mode":true}`), `attempt delivered local`+about+` reply="250 OK" text="OK"`, "U")
	// Other events.
	for _, name := range []string{"accepted", "stored"} {
		f(event(name, `null`, ``), "", "U")
	}
	for _, name := range []string{"opened", "clicked", "unsubscribed", "complained", "list_uploaded"} {
		f(event(name, `null`, ``), "", "i")
	}
	f(event("rejected", `null`, `,"reject":{"reason":"Sandbox subdomains are for test purposes only.","description":""}`), `own-side by=mailgun`+about+` text="Sandbox subdomains are for test purposes only."`, "U")
	f(event("rejected", `null`, ``), `own-side by=mailgun`+about+` text="rejected"`, "U")
	f(`{"event_data":{"log_level":"info","timestamp":"2024-01-01T00:00:00Z","event":"ip_listed"}}`, "", "i")
	f(`{"items":[{"address":"bob@example.net","code":"550","error":"5.1.1 No","created_at":"Fri, 21 Oct 2011 11:02:55 GMT"}]}`, "", "i")
	f(`{"address":"bob@example.net","created_at":"Fri, 21 Oct 2011 11:02:55 GMT"}`, "", "-")
	f(event("made-up", `null`, ``), "", "-")
	f(`{"event":5}`, "", "-")
	f(`{"event":"failed"`, "", "U") // goes on
	got, _ := esptest.All(Format, event("opened", `null`, ``))
	if want := "none at=2018-06-22T18:29:59.626182"; got != want {
		t.Errorf("an opened message: %s, want %s", got, want)
	}
}

func TestAddresses(t *testing.T) {
	f := f(t)
	f(`{"event":"delivered","timestamp":"1529692199","envelope":{"mail-from":"a@example.com","targets":"b@example.net,c@example.net"},"delivery-status":{"mx-host":"198.51.100.7","code":250,"message":"OK"},"message":{"headers":{"message-id":"<1@example.com>"}}}`,
		`attempt delivered at=2018-06-22T18:29:59 q=1@example.com id=<1@example.com> from=a@example.com to=b@example.net mxip=198.51.100.7 reply="250 OK" text="OK"`, "U")
	f(`{"event":"delivered","recipient":"Bob <bob@example.net>","envelope":{"sender":"\"A\" <a@example.com>"},"delivery-status":{"mx-host":"mx.example.net."}}`,
		`attempt delivered from=a@example.com to=bob@example.net mx=mx.example.net`, "U")
}

// The webhooks before 2018, as JSON and as they were sent.
func TestLegacy(t *testing.T) {
	f := f(t)
	f(`{"domain":"example.com","message-headers":"[[\"To\", \"x\"]]","token":"06c9","timestamp":"1461261330","Message-Id":"<2@example.com>","recipient":"bob@example.net","event":"delivered"}`,
		`attempt delivered at=2016-04-21T17:55:30 q=2@example.com id=<2@example.com> to=bob@example.net`, "U")
	f(`{"code":"550","error":"550 5.1.1 No such account. Please try     5.1.1 again","event":"bounced","recipient":"bob@example.net"}`,
		`attempt bounced to=bob@example.net reply="550 5.1.1 No such account. Please try     5.1.1 again"`, "U")
	f(`{"code":"5.1.1","error":"smtp;550 5.1.1 RESOLVER.ADR.RecipNotFound; not found","event":"bounced","recipient":"bob@example.net"}`,
		`attempt bounced to=bob@example.net dsn=5.1.1 reply="550 5.1.1 RESOLVER.ADR.RecipNotFound; not found" text="smtp;550 5.1.1 RESOLVER.ADR.RecipNotFound; not found"`, "U")
	f(`{"code":"605","description":"Not delivering to previously bounced address","reason":"hardfail","event":"dropped","recipient":"bob@example.net","message-headers":"[]"}`,
		`attempt bounced local to=bob@example.net text="605 Not delivering to previously bounced address"`, "U")
	f(`{"code":"499","description":"Unable to connect to MX servers: [example.net]","reason":"old","event":"dropped","recipient":"bob@example.net"}`,
		`expiry expired to=bob@example.net text="499 Unable to connect to MX servers: [example.net]"`, "U")
	f(`event=bounced&recipient=bob%40example.net&code=550&error=550+5.1.1+No+such+account&timestamp=1461261330&token=x&Message-Id=%3C2%40example.com%3E`,
		`attempt bounced at=2016-04-21T17:55:30 q=2@example.com id=<2@example.com> to=bob@example.net reply="550 5.1.1 No such account"`, "U")
	f(`event=opened&recipient=bob%40example.net&timestamp=1461261330`, "", "i")
	f(`https://example.com/?event=delivered&x=1`, "", "-")
	f(`{"total_count":1,"items":[{"hap":"delivered","created_at":"Wed, 15 Feb 2012 12:35:39 GMT","type":"info","message":"Delivered:  me@example.com \u2192 alice@example.net 'Hello'","message_id":"3@example.com"}]}`,
		`attempt delivered at=2012-02-15T12:35:39 q=3@example.com id=3@example.com to=alice@example.net text="Delivered:  me@example.com → alice@example.net 'Hello'"`, "U")
}

// Exports that join names by underscores, and CSV with whatever columns.
func TestFlat(t *testing.T) {
	f := f(t)
	f(`{"event":"failed","timestamp":1529692199626,"severity":"temporary","recipient":"bob@example.net","delivery_status_code":421,"delivery_status_message":"4.7.0 Too many","delivery_status_mx_host":"mx.example.net","message_headers_message_id":"1@example.com","envelope_sending_ip":"192.0.2.1"}`,
		`attempt deferred at=2018-06-22T18:29:59.626000 q=1@example.com id=1@example.com to=bob@example.net mx=mx.example.net ip=192.0.2.1 reply="421 4.7.0 Too many" text="4.7.0 Too many"`, "U")
	f("timestamp,event,recipient,severity,delivery-status.code,delivery-status.message,message.headers.message-id\n"+
		"1529692199.626182,failed,bob@example.net,temporary,421,\"4.7.0 Too many, \"\"sorry\"\"\",1@example.com\n\n"+
		"1529692199.626182,opened,bob@example.net,,,,1@example.com",
		`attempt deferred`+about+` reply="421 4.7.0 Too many, \"sorry\"" text="4.7.0 Too many, \"sorry\""`, "iUii")
	f("Date;Type;Event;To;MX Host;Code;Error;Reason\r\n2018-06-22 18:29:59;info;Delivered;Bob <bob@example.net>;mx.example.net;250;OK;",
		`attempt delivered at=2018-06-22T17:29:59 to=bob@example.net mx=mx.example.net reply="250 OK" text="OK"`, "iU")
	f("event\temail\tcreated_at\tmessage\nTemporary Failure\tbob@example.net\tFri, 22 Jun 2018 18:29:59 +0000\t450 4.2.0 \"x\"",
		`attempt deferred at=2018-06-22T18:29:59 to=bob@example.net reply="450 4.2.0 \"x\""`, "iU")
	f("event,recipient,code,message\nfailed,bob@example.net,421.0,4.7.0 Too many", `attempt deferred to=bob@example.net reply="421 4.7.0 Too many" text="4.7.0 Too many"`, "iU")
	// A cell of several lines; the header of a second export; a row that is none.
	f("event,recipient,code,message\nfailed,bob@example.net,550,\"5.1.1 No\n5.1.1 such \"\"user\"\"\"\nevent,recipient,code,message\nrecipient,event\nbob@example.net,delivered\nnonsense",
		`attempt bounced to=bob@example.net reply="550-5.1.1 No\n550 5.1.1 such \"user\"" text="5.1.1 No\n5.1.1 such \"user\""`+"\n"+`attempt delivered to=bob@example.net`, "iUUiiU-")
	f("address,code,error,created_at\nbob@example.net,550,No,\"Fri, 21 Oct 2011 11:02:55 UTC\"", "", "ii")
	// Tables of others, and of one's own.
	f("date,from,to,status,smtp_code,response,mx\n2018-06-22 18:29:59,a@example.com,bob@example.net,deferred,421,421 4.7.0 Too many,mx.example.net\n"+
		"2018-06-22 18:29:59,a@example.com,bob@example.net,soft_bounce,421,421 4.7.0 Too many,mx.example.net\n"+
		"2018-06-22 18:29:59,a@example.com,bob@example.net,hard bounce,550,550 5.1.1 No,mx.example.net\n"+
		"2018-06-22 18:29:59,a@example.com,bob@example.net,sent,250,250 OK,mx.example.net\n"+
		"2018-06-22 18:29:59,a@example.com,bob@example.net,processed,,,",
		strings.Repeat(`attempt deferred at=2018-06-22T17:29:59 from=a@example.com to=bob@example.net mx=mx.example.net reply="421 4.7.0 Too many"`+"\n", 2)+
			`attempt bounced at=2018-06-22T17:29:59 from=a@example.com to=bob@example.net mx=mx.example.net reply="550 5.1.1 No"`+"\n"+
			`attempt delivered at=2018-06-22T17:29:59 from=a@example.com to=bob@example.net mx=mx.example.net reply="250 OK"`, "iUUUUU")
	f("address,tags,created_at\nbob@example.net,*,x", "", "--")
	f("just, some, text", "", "-")
	// JSON after CSV.
	f("event,recipient\n"+event("delivered", "null", ""), `attempt delivered`+about, "iU")
	// A quote that nobody closes does not swallow the file.
	long := "event,recipient,message\nfailed,bob@example.net,\"" + strings.Repeat("\n"+strings.Repeat("x", 1000), 1100)
	got, verdicts := esptest.Events(Format, long+"\nfailed,bob@example.net,421 x")
	if want := `attempt deferred to=bob@example.net reply="421 x"`; got != want || !strings.HasSuffix(verdicts, "-U") {
		t.Errorf("after an open quote: %s, verdicts end in %s", got, verdicts[len(verdicts)-5:])
	}
}

func TestScore(t *testing.T) {
	f := func(text string, want int) {
		t.Helper()
		var sample [][]byte
		for _, l := range strings.Split(text, "\n") {
			sample = append(sample, []byte(l))
		}
		if got := Format.Score(sample); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
	parsertest.Own(t, Format, deferred+"\n"+`{"signature":{},"event-data":`+deferred+`}`+"\n["+deferred+`]`)
	f(deferred+"\n\n"+deferred+"\nnonsense", 2)
	pretty := strings.NewReplacer(",\"", ",\n  \"", "{", "{\n  ", "}", "\n}").Replace(`{"items":[` + deferred + `,` + deferred + `]}`)
	f(pretty, strings.Count(pretty, "\n")+1)
	f("{\"items\":["+deferred+",\n{\"event\":\"failed\",", 2) // the sample ends inside an event
	f(`{"event":"delivered","email":"bob@example.net"}`, 0)
	f(`{"event":"opened","recipient":"bob@example.net","log-level":"info"}`, 1)
	f("timestamp,event,recipient,severity\n1529692199.626182,failed,bob@example.net,temporary", 1)
	f("timestamp,event,recipient\n1529692199.626182,failed,bob@example.net", 0)
	f(`event=delivered&recipient=bob%40example.net&token=x&signature=y`, 1)
	f(`Mar  3 10:18:20 out1 postfix/smtp[1]: A89EB7629C3: to=<a@example.com>, relay=none, delay=1, status=deferred (x)`, 0)
	if Format.Yearless(nil) || Format.Zoneless([][]byte{[]byte(deferred)}) || !Format.Zoneless([][]byte{[]byte("event,date,to"), []byte("delivered,2018-06-22 18:29:59,a@example.com")}) {
		t.Error("years or zones are misjudged")
	}
}

func TestCorpus(t *testing.T) {
	parsertest.Corpus(t, Format, "mailgun", map[string]string{
		// The script did not know the older webhooks' "bounced" (2 events) and "dropped"
		// (a bounce and a complaint suppressed, one message given up).
		"mailgun/anymail--webhook-tests.jsonl": "bounced=6;deferred=2;delivered=4",
	})
}

func FuzzDecode(f *testing.F) {
	parsertest.Fuzz(f, Format, deferred, "["+deferred+",\n"+deferred+"]", event("failed", `{"code":602,"message":"Too old"}`, ``),
		event("delivered", `null`, `,"flags":{"is-test-mode":true}`), "event,recipient,code,message\nfailed,bob@example.net,550,\"5.1.1 No\n5.1.1 such user\"",
		`event=bounced&recipient=bob%40example.net&code=550&error=550+5.1.1&token=x`, `{"hap":"delivered","message":"x \u2192 y"}`,
		`{"event":"failed","recipient":[1],"delivery-status":{"code":{"a":1},"message":["x"],"session-seconds":1e-3}}`)
}

// mixLines is a stretch of a log: delivered, deferred, bounced, accepted, opened.
func mixLines() []string {
	return []string{
		deferred,
		strings.NewReplacer(`"failed"`, `"delivered"`, `451`, `250`, "4.7.652 The mail server [192.0.2.30] has exceeded the maximum number of connections.", "OK").Replace(deferred),
		strings.NewReplacer(`451`, `550`, "4.7.652 The mail server [192.0.2.30]", `5.1.1 No\n5.1.1 account`).Replace(deferred),
		strings.Replace(deferred, `"failed"`, `"accepted"`, 1),
		strings.Replace(deferred, `"failed"`, `"opened"`, 1),
	}
}

func TestNoAllocation(t *testing.T) {
	esptest.Allocs(t, Format, strings.Join(mixLines(), "\n"))
}

// One event a line, each with an id of its own.
func BenchmarkDecode(b *testing.B) {
	var lines [][]byte
	size := 0
	for range 20 {
		for _, l := range mixLines() {
			lines = append(lines, []byte(strings.Replace(l, "xYr-1", "xYr-0000000000", 1)))
			size += len(l) + 10
		}
	}
	at := strings.Index(string(lines[0]), "xYr-") + 4
	d := NewDecoder(parsers.Options{})
	told, number := 0, 0
	emit := func(e *mail.Event) {
		if e.Kind == mail.KindAttempt {
			told++
		}
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, l := range lines {
			number++
			for i, n := at+9, number; n > 0; i, n = i-1, n/10 {
				l[i] = byte('0' + n%10)
			}
			d.Decode(l, emit)
		}
	}
	if told != 60*b.N {
		b.Fatalf("%d attempts in %d runs", told, b.N)
	}
}
