package esp_test

import (
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/brevo"
	"github.com/seed-07ce53fa/diagnose/parsers/mailersend"
	"github.com/seed-07ce53fa/diagnose/parsers/mailgun"
	"github.com/seed-07ce53fa/diagnose/parsers/mailjet"
	"github.com/seed-07ce53fa/diagnose/parsers/mailtrap"
	"github.com/seed-07ce53fa/diagnose/parsers/mandrill"
	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/parsers/postal"
	"github.com/seed-07ce53fa/diagnose/parsers/postmark"
	"github.com/seed-07ce53fa/diagnose/parsers/resend"
	"github.com/seed-07ce53fa/diagnose/parsers/sendgrid"
	"github.com/seed-07ce53fa/diagnose/parsers/ses"
	"github.com/seed-07ce53fa/diagnose/parsers/sparkpost"
)

// lines has lines of each provider.
var lines = []struct {
	format parsers.Format
	lines  string
}{
	{mailgun.Format, parsertest.Others["mailgun"] + `
{"event":"opened","id":"x","timestamp":1772533101.5,"log-level":"info","recipient":"anna@example.net"}
{"signature":{"timestamp":"1","token":"t","signature":"s"},"event-data":{"event":"failed","severity":"temporary","recipient":"anna@example.net"}}`},
	{sendgrid.Format, parsertest.Others["sendgrid"] + `
{"email":"anna@example.net","timestamp":1772533101,"event":"dropped","reason":"Bounced Address","sg_event_id":"a","sg_message_id":"b"}`},
	{ses.Format, parsertest.Others["ses"] + `
{"Type":"Notification","TopicArn":"arn:aws:sns:x","Message":"{\"eventType\":\"Send\",\"mail\":{\"messageId\":\"1\"},\"send\":{}}"}`},
	{sparkpost.Format, parsertest.Others["sparkpost"] + `
[{"msys":{"track_event":{"type":"open","raw_rcpt_to":"anna@example.net"}}}]
{"type":"delay","rcpt_to":"anna@example.net","customer_id":1,"timestamp":"2026-03-03T10:18:21.000Z"}`},
	{postmark.Format, parsertest.Others["postmark"] + `
{"RecordType":"Open","MessageID":"1","Recipient":"anna@example.net"}`},
	{postal.Format, parsertest.Others["postal"]},
	{mandrill.Format, `[{"event":"send","_id":"a","ts":1772533101,"msg":{"email":"anna@example.net","_id":"a"}}]`},
	{brevo.Format, `{"event":"delivered","email":"anna@example.net","message-id":"<1@example.com>","ts_epoch":1772533101000}`},
	{mailjet.Format, `[{"event":"sent","time":1772533101,"MessageID":1,"email":"anna@example.net","mj_campaign_id":1}]`},
	{mailersend.Format, `{"type":"activity.delivered","data":{"object":"activity","email":{"recipient":{"email":"anna@example.net"}}}}`},
	{mailtrap.Format, `{"events":[{"event":"delivery","timestamp":1772533101,"sending_stream":"bulk","message_id":"a","email":"anna@example.net","event_id":"b"}]}`},
	{resend.Format, `{"type":"email.delivered","created_at":"2026-03-03T10:18:21Z","data":{"email_id":"a","to":["anna@example.net"]}}`},
}

// Every provider's lines are claimed by its format, and by no other.
func TestScoreOfOthers(t *testing.T) {
	for _, mine := range lines {
		for _, line := range parsertest.Lines(mine.lines) {
			for _, other := range lines {
				want := 0
				if other.format.Name == mine.format.Name {
					want = 1
				}
				if got := other.format.Score([][]byte{line}); got != want {
					t.Errorf("%s: %d for a line of %s: %s", other.format.Name, got, mine.format.Name, line)
				}
			}
		}
	}
}

// The same layouts are read of every provider.
func TestLayoutsOfAll(t *testing.T) {
	for _, p := range lines {
		line := string(parsertest.Lines(p.lines)[0])
		_, one := parsertest.Decode(p.format, line)
		if len(one) != 1 {
			t.Errorf("%s: %d events on one line", p.format.Name, len(one))
			continue
		}
		for _, text := range []string{
			`{"_test":"x","payload":` + line + `}`,
			"[\n" + line + "\n]",
			"\xef\xbb\xbf" + line + "\r",
			"nonsense\n{\"cut\":1,\n" + line,
		} {
			_, got := parsertest.Decode(p.format, text)
			if len(got) != 1 || got[0] != one[0] {
				t.Errorf("%s: %q gives %q, want %q", p.format.Name, text, got, one)
			}
		}
	}
}
