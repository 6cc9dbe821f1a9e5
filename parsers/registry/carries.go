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

// carries is what the formats tell, by name. docs/formats.md shows the same table;
// a test compares them.
var carries = map[string]parsers.Carries{
	"postfix": {
		Time: yes, Zone: partly("not in RFC 3164 prefixes, whose year is inferred too"), SubSecond: partly("not in RFC 3164 prefixes, but delays are finer"),
		SendingIP: partly("where the instance is named after it or the reply quotes it"),
		MX:        yes, MXIP: yes, MessageID: yes, Sender: yes, Recipient: is("none on refusals by an earlier MX"), QueueID: yes,
		Sessions: partly("rebuilt from delays= and conn_use="), Retries: yes, Reply: yes,
		Expiry: is("without the recipient"), OwnSide: is("smtpd, postscreen, anvil"),
	},
	"dsn": {
		Time: partly("of the last attempt, else of the message's arrival, unknown in texts without a report"), Zone: yes, SubSecond: no,
		SendingIP: partly("where the reply quotes it"), MX: partly("Remote-MTA, else as the reason names it"), MXIP: partly("as the MX host"),
		MessageID: is("of the returned message"), Sender: yes, Recipient: yes, QueueID: is("the message id, else that of Postfix"),
		Sessions: no, Retries: isNot("a warning and the final report are joined by the message id"), Reply: yes,
		Expiry: is("a temporary status that is final, 5.4.7, or words that say so"), OwnSide: no,
	},
	"smtp": {
		Time: partly("where lines begin with one"), Zone: partly("as the lines have it"), SubSecond: partly("as the lines have it"),
		SendingIP: partly("where the reply quotes it"), MX: partly("session records, msmtp, and where a line names it"), MXIP: partly("as the MX host"),
		MessageID: no, Sender: partly("session records, msmtp"), Recipient: partly("session records, msmtp, and where a line names it"), QueueID: no,
		Sessions: partly("session records only"), Retries: isNot("nothing ties lines together"), Reply: yes, Expiry: no, OwnSide: no,
	},
	"exim": {
		Time: yes, Zone: partly("with log_timezone"), SubSecond: partly("with log_selector +millisec"),
		SendingIP: partly("with +incoming_interface +outgoing_interface, or where the reply quotes it"),
		MX:        yes, MXIP: yes, MessageID: yes, Sender: yes, Recipient: is("none on failures of single hosts"), QueueID: yes,
		Sessions: partly("rebuilt from DT=; well with +millisec +pid +deliver_time, roughly without"), Retries: yes, Reply: yes,
		Expiry: yes, OwnSide: is("connection limits of the daemon"),
	},
	"sendmail": {
		Time: yes, Zone: partly("as the syslog prefix"), SubSecond: partly("as the syslog prefix"),
		SendingIP: partly("where the reply quotes it"), MX: yes, MXIP: partly("not where no connection was made"),
		MessageID: yes, Sender: yes, Recipient: yes, QueueID: yes, Sessions: partly("xdelay= in whole seconds"), Retries: yes,
		Reply: is("its first line only"), Expiry: yes, OwnSide: partly("connection rate and load limits"),
	},
	"opensmtpd": {
		Time: yes, Zone: partly("as the syslog prefix"), SubSecond: partly("as the syslog prefix"),
		SendingIP: yes, MX: partly("the name the address has in the DNS"), MXIP: yes,
		MessageID: no, Sender: yes, Recipient: yes, QueueID: yes, Sessions: partly("which attempts shared one, not how long it lasted"), Retries: yes,
		Reply: yes, Expiry: yes, OwnSide: partly("limits of smtp-in"),
	},
	"kumomta": {
		Time: yes, Zone: yes, SubSecond: partly("since 2025.10"), SendingIP: yes, MX: yes, MXIP: yes,
		MessageID: partly("if the headers are logged"), Sender: yes, Recipient: yes, QueueID: yes, Sessions: no, Retries: yes, Reply: yes,
		Expiry: yes, OwnSide: is("replies of KumoMTA itself"),
	},
	"powermta": {
		Time: yes, Zone: partly("where the stamps have an offset"), SubSecond: no, SendingIP: yes, MX: yes, MXIP: yes,
		MessageID: partly("if the header is logged"), Sender: yes, Recipient: yes, QueueID: partly("envId or jobId"), Sessions: no,
		Retries: partly("if records t are logged"), Reply: yes, Expiry: yes, OwnSide: no,
	},
	"haraka": {
		Time: partly("with timestamps=true or from a wrapper"), Zone: partly("as the time"), SubSecond: partly("as the time"),
		SendingIP: no, MX: yes, MXIP: yes, MessageID: no, Sender: partly("on some lines"), Recipient: partly("not on every delivery line"), QueueID: yes,
		Sessions: no, Retries: partly("refusals of whole sessions are logged at debug level only"), Reply: yes, Expiry: no, OwnSide: no,
	},
	"zonemta": {
		Time: partly("from a wrapper, or in GELF form"), Zone: partly("as the time"), SubSecond: partly("as the time"),
		SendingIP: yes, MX: yes, MXIP: yes, MessageID: yes, Sender: yes, Recipient: yes, QueueID: yes, Sessions: no, Retries: yes, Reply: yes,
		Expiry: no, OwnSide: no,
	},
	"exchange": {
		Time: yes, Zone: yes, SubSecond: yes, SendingIP: partly("send logs: local-endpoint"), MX: yes, MXIP: yes,
		MessageID: partly("message tracking only"), Sender: yes, Recipient: yes, QueueID: partly("message tracking only"),
		Sessions: partly("send logs have every session"), Retries: yes, Reply: yes, Expiry: partly("message tracking only"), OwnSide: no,
	},
	"mailgun": {
		Time: yes, Zone: yes, SubSecond: yes, SendingIP: yes, MX: yes, MXIP: no, MessageID: yes, Sender: yes, Recipient: yes, QueueID: is("the message id"),
		Sessions: no, Retries: yes, Reply: yes, Expiry: is("602"), OwnSide: is("codes of Mailgun's own"),
	},
	"ses": {
		Time: yes, Zone: yes, SubSecond: yes, SendingIP: partly("from the tag ses:outgoing-ip"), MX: no, MXIP: partly("on bounces"),
		MessageID: yes, Sender: yes, Recipient: yes, QueueID: yes, Sessions: no, Retries: partly("delays are reported, not every try"),
		Reply: partly("not on deliveries"), Expiry: yes, OwnSide: yes,
	},
	"sendgrid": {
		Time: yes, Zone: yes, SubSecond: no, SendingIP: partly("in newer events"), MX: no, MXIP: no, MessageID: yes, Sender: no, Recipient: yes, QueueID: yes,
		Sessions: no, Retries: yes, Reply: partly("sometimes without its code"), Expiry: partly("as a bounce whose text says so"), OwnSide: yes,
	},
	"sparkpost": {
		Time: yes, Zone: yes, SubSecond: partly("in newer events"), SendingIP: yes, MX: no, MXIP: yes, MessageID: no, Sender: yes, Recipient: yes, QueueID: yes,
		Sessions: no, Retries: yes, Reply: partly("not on deliveries"), Expiry: yes, OwnSide: yes,
	},
	"postmark": {
		Time: yes, Zone: yes, SubSecond: yes, SendingIP: no, MX: partly("where the details name it"), MXIP: partly("as the MX"), MessageID: no,
		Sender: partly("on bounces"), Recipient: yes, QueueID: yes, Sessions: no, Retries: partly("only those that are reported"), Reply: partly("where the details have it"),
		Expiry: no, OwnSide: no,
	},
	"postal": {
		Time: yes, Zone: yes, SubSecond: yes, SendingIP: partly("where the details name it"), MX: partly("where the details name it"), MXIP: partly("as the MX"),
		MessageID: yes, Sender: yes, Recipient: yes, QueueID: yes, Sessions: no, Retries: yes, Reply: yes, Expiry: yes, OwnSide: yes,
	},
	"mandrill": {
		Time: yes, Zone: yes, SubSecond: no, SendingIP: partly("in the list of tries"), MX: no, MXIP: partly("in the list of tries"), MessageID: no,
		Sender: yes, Recipient: yes, QueueID: yes, Sessions: no, Retries: yes, Reply: partly("in the list of tries"), Expiry: no, OwnSide: yes,
	},
	"brevo": {
		Time: yes, Zone: partly("where the event has epoch seconds"), SubSecond: partly("in milliseconds, where it has them"), SendingIP: partly("in newer events"),
		MX: no, MXIP: no, MessageID: yes, Sender: partly("in newer events"), Recipient: yes, QueueID: yes, Sessions: no, Retries: yes,
		Reply: partly("as the reason"), Expiry: no, OwnSide: yes,
	},
	"mailjet": {
		Time: yes, Zone: yes, SubSecond: no, SendingIP: no, MX: partly("where the comment names it"), MXIP: partly("as the MX"), MessageID: no, Sender: no,
		Recipient: yes, QueueID: yes, Sessions: no, Retries: no, Reply: partly("as the comment"), Expiry: no, OwnSide: yes,
	},
	"mailersend": {
		Time: yes, Zone: yes, SubSecond: yes, SendingIP: no, MX: no, MXIP: no, MessageID: no, Sender: yes, Recipient: yes, QueueID: yes, Sessions: no,
		Retries: partly("deferrals are reported, not every try"), Reply: partly("as the reason"), Expiry: no, OwnSide: no,
	},
	"mailtrap": {
		Time: yes, Zone: yes, SubSecond: no, SendingIP: no, MX: no, MXIP: no, MessageID: no, Sender: no, Recipient: yes, QueueID: yes, Sessions: no,
		Retries: partly("soft bounces are reported, not every try"), Reply: yes, Expiry: no, OwnSide: yes,
	},
	"resend": {
		Time: yes, Zone: yes, SubSecond: yes, SendingIP: no, MX: no, MXIP: no, MessageID: partly("in newer events"), Sender: yes, Recipient: yes, QueueID: yes,
		Sessions: no, Retries: partly("delays are reported, not every try"), Reply: partly("as the message"), Expiry: no, OwnSide: yes,
	},
}
