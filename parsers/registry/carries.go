package registry

import "github.com/seed-07ce53fa/diagnose/parsers"

// Short forms for the table.
var (
	no  = parsers.Answer{}
	yes = parsers.Answer{Level: parsers.Yes}
)

func is(note string) parsers.Answer     { return parsers.Answer{Level: parsers.Yes, Note: note} }
func isNot(note string) parsers.Answer  { return parsers.Answer{Level: parsers.No, Note: note} }
func partly(note string) parsers.Answer { return parsers.Answer{Level: parsers.Partly, Note: note} }

const (
	rfc3164  = "not in RFC 3164 prefixes, whose year is inferred too"
	shorter  = "not in RFC 3164 prefixes"
	quoted   = "where the reply quotes it"
	noQueue  = "the provider's id of the message"
	noShare  = "nothing tells which messages shared a connection"
	notEvery = "the provider does not report each"
	refuses  = "messages that the provider refuses to send"
)

// carries is what the formats tell, by name. docs/formats.md shows the same table;
// a test compares them.
var carries = map[string]parsers.Carries{
	"postfix": {
		Time: yes, Zone: partly(rfc3164), SubSecond: partly(shorter + ", but delays are finer"),
		SendingIP: partly("where the instance is named after it or the reply quotes it"), MX: yes, MXIP: yes,
		MessageID: yes, Sender: yes, Recipient: is("none on refusals by an earlier MX"), QueueID: yes,
		Sessions: partly("rebuilt from delays= and conn_use="), Retries: yes, Reply: yes,
		Expiry: is("without the recipient"), OwnSide: is("smtpd, postscreen, anvil"),
	},
	"exim": {
		Time: yes, Zone: partly("with log_timezone, else the host's local time"), SubSecond: partly("with the log selector millisec"),
		SendingIP: partly("I= with the selectors incoming_interface and outgoing_interface"), MX: yes, MXIP: yes,
		MessageID: is("on the arrival line"), Sender: is("on the arrival line"), Recipient: is("none on lines of an earlier MX"), QueueID: yes,
		Sessions: partly("rebuilt from DT= and *, where they are logged"), Retries: yes, Reply: yes, Expiry: is("retry timeout exceeded"),
		OwnSide: is("connections refused by the daemon"),
	},
	"sendmail": {
		Time: yes, Zone: partly(rfc3164), SubSecond: partly(shorter), SendingIP: partly(quoted), MX: yes, MXIP: partly("where a connection was made"),
		MessageID: yes, Sender: yes, Recipient: yes, QueueID: yes, Sessions: partly("rebuilt from xdelay="), Retries: yes,
		Reply: partly("the first line of it, often cut"), Expiry: yes, OwnSide: yes,
	},
	"opensmtpd": {
		Time: yes, Zone: partly(rfc3164), SubSecond: partly(shorter), SendingIP: is("source="), MX: yes, MXIP: yes,
		MessageID: no, Sender: yes, Recipient: is("none on sessions that fail before a message"), QueueID: is("of the envelope"),
		Sessions: is("each has an id"), Retries: yes, Reply: yes, Expiry: yes, OwnSide: yes,
	},
	"kumomta": {
		Time: yes, Zone: yes, SubSecond: partly("from 2025.10.06 on"), SendingIP: is("source_address"), MX: yes, MXIP: yes,
		MessageID: partly("where headers are logged"), Sender: yes, Recipient: yes, QueueID: yes, Sessions: partly("session_id, where it is logged"),
		Retries: yes, Reply: yes, Expiry: yes, OwnSide: is("rejections of mail coming in"),
	},
	"powermta": {
		Time: yes, Zone: partly("where the file has offsets"), SubSecond: no, SendingIP: is("dlvSourceIp"), MX: yes, MXIP: yes,
		MessageID: partly("with header_Message-Id in record-fields"), Sender: yes, Recipient: yes, QueueID: partly("the message id, else derived from the record"),
		Sessions: isNot(noShare), Retries: partly("with records t, which is not the default"), Reply: yes, Expiry: yes, OwnSide: no,
	},
	"haraka": {
		Time: partly("with timestamps=true, else from the wrapper"), Zone: partly("as the wrapper has it"), SubSecond: partly("as the wrapper has it"),
		SendingIP: partly("where the reply quotes it or lines of level DEBUG are logged"), MX: partly("with level INFO"), MXIP: partly("with level INFO"),
		MessageID: no, Sender: no, Recipient: partly("where a line is about one recipient"), QueueID: is("the UUID"), Sessions: partly("with level INFO"), Retries: yes, Reply: yes, Expiry: yes, OwnSide: yes,
	},
	"zonemta": {
		Time: is("of the wrapper or the GELF record"), Zone: partly("as the wrapper has it"), SubSecond: partly("as the wrapper has it"),
		SendingIP: is("src="), MX: yes, MXIP: yes, MessageID: yes, Sender: yes, Recipient: yes, QueueID: yes, Sessions: is("each has an id"),
		Retries: yes, Reply: yes, Expiry: yes, OwnSide: no,
	},
	"exchange": {
		Time: yes, Zone: is("always UTC"), SubSecond: yes, SendingIP: is("protocol log, else where message tracking has it"), MX: yes, MXIP: yes,
		MessageID: partly("message tracking"), Sender: yes, Recipient: yes, QueueID: is("the message or session id"),
		Sessions: partly("protocol log"), Retries: yes, Reply: yes, Expiry: partly("message tracking"), OwnSide: yes,
	},
	"mailgun": {
		Time: yes, Zone: yes, SubSecond: yes, SendingIP: is("envelope.sending-ip"), MX: yes, MXIP: partly("where the reply names it"), MessageID: yes, Sender: yes,
		Recipient: yes, QueueID: is("the message id"), Sessions: isNot(noShare), Retries: is("each is an event"), Reply: yes, Expiry: is("code 602"), OwnSide: is(refuses),
	},
	"sendgrid": {
		Time: yes, Zone: yes, SubSecond: no, SendingIP: partly("in recent events"), MX: no, MXIP: no, MessageID: yes, Sender: no, Recipient: yes, QueueID: is(noQueue),
		Sessions: isNot(noShare), Retries: yes, Reply: yes, Expiry: yes, OwnSide: is(refuses),
	},
	"ses": {
		Time: yes, Zone: yes, SubSecond: yes, SendingIP: partly("with the tag ses:outgoing-ip"), MX: no, MXIP: partly("deliveries and bounces"), MessageID: yes,
		Sender: yes, Recipient: yes, QueueID: is(noQueue), Sessions: isNot(noShare), Retries: isNot(notEvery), Reply: yes, Expiry: yes,
		OwnSide: is(refuses),
	},
	"sparkpost": {
		Time: yes, Zone: yes, SubSecond: partly("Events API"), SendingIP: yes, MX: no, MXIP: yes, MessageID: no, Sender: yes, Recipient: yes, QueueID: is(noQueue),
		Sessions: isNot(noShare), Retries: yes, Reply: yes, Expiry: yes, OwnSide: is(refuses),
	},
	"postmark": {
		Time: yes, Zone: yes, SubSecond: yes, SendingIP: no, MX: partly("message details"), MXIP: partly("message details"), MessageID: partly("message details"), Sender: partly("bounces"),
		Recipient: yes, QueueID: is(noQueue), Sessions: isNot(noShare), Retries: partly("message details"), Reply: yes, Expiry: no, OwnSide: no,
	},
	"postal": {
		Time: yes, Zone: yes, SubSecond: yes, SendingIP: partly("where details name it"), MX: is("in details"), MXIP: is("in details"), MessageID: yes, Sender: yes,
		Recipient: yes, QueueID: is("of the message"), Sessions: isNot(noShare), Retries: yes, Reply: yes, Expiry: yes, OwnSide: is(refuses),
	},
	"mandrill": {
		Time: yes, Zone: yes, SubSecond: no, SendingIP: partly("smtp_events"), MX: no, MXIP: partly("smtp_events"), MessageID: no, Sender: yes, Recipient: yes,
		QueueID: is(noQueue), Sessions: isNot(noShare), Retries: is("smtp_events"), Reply: yes, Expiry: no, OwnSide: is(refuses),
	},
	"brevo": {
		Time: yes, Zone: yes, SubSecond: partly("with ts_epoch"), SendingIP: partly("sending_ip, with a dedicated IP"), MX: no, MXIP: no,
		MessageID: yes, Sender: partly("event report"), Recipient: yes, QueueID: is("the message id"), Sessions: isNot(noShare), Retries: is("each is an event"), Reply: yes,
		Expiry: no, OwnSide: is(refuses),
	},
	"mailjet": {
		Time: yes, Zone: yes, SubSecond: no, SendingIP: no, MX: partly("where the reply names it"), MXIP: partly("where the reply names it"), MessageID: no, Sender: no,
		Recipient: yes, QueueID: is(noQueue), Sessions: isNot(noShare), Retries: isNot(notEvery), Reply: yes, Expiry: no, OwnSide: is(refuses),
	},
	"mailersend": {
		Time: yes, Zone: yes, SubSecond: partly("webhooks"), SendingIP: no, MX: no, MXIP: no, MessageID: no, Sender: yes, Recipient: yes, QueueID: is(noQueue),
		Sessions: isNot(noShare), Retries: isNot(notEvery), Reply: partly("where the reason begins with a code"), Expiry: no, OwnSide: no,
	},
	"mailtrap": {
		Time: yes, Zone: yes, SubSecond: no, SendingIP: no, MX: no, MXIP: no, MessageID: no, Sender: no, Recipient: yes, QueueID: is(noQueue),
		Sessions: isNot(noShare), Retries: is("soft bounces"), Reply: yes, Expiry: no, OwnSide: is(refuses),
	},
	"resend": {
		Time: yes, Zone: yes, SubSecond: yes, SendingIP: no, MX: no, MXIP: no, MessageID: yes, Sender: yes, Recipient: yes, QueueID: is(noQueue),
		Sessions: isNot(noShare), Retries: isNot(notEvery), Reply: partly("bounce.diagnosticCode, seldom"), Expiry: no, OwnSide: is(refuses),
	},
	"dsn": {
		Time: partly("of the last attempt, else of the message's arrival, unknown in texts without a report"), Zone: yes, SubSecond: no,
		SendingIP: partly(quoted), MX: partly("Remote-MTA, else as the reason names it"), MXIP: partly("as the MX host"),
		MessageID: is("of the returned message"), Sender: yes, Recipient: yes, QueueID: is("the message id, else that of Postfix"),
		Sessions: no, Retries: isNot("a warning and the final report are joined by the message id"), Reply: yes,
		Expiry: is("a temporary status that is final, 5.4.7, or words that say so"), OwnSide: no,
	},
	"smtp": {
		Time: partly("where lines begin with one"), Zone: partly("as the lines have it"), SubSecond: partly("as the lines have it"),
		SendingIP: partly(quoted), MX: partly("session records, msmtp, and where a line names it"), MXIP: partly("as the MX host"),
		MessageID: no, Sender: partly("session records, msmtp"), Recipient: partly("session records, msmtp, and where a line names it"), QueueID: no,
		Sessions: partly("session records only"), Retries: isNot("nothing ties lines together"), Reply: yes, Expiry: no, OwnSide: no,
	},
}
