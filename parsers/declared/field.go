package declared

import (
	"strconv"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/strictyaml"
)

// The fields of an attempt, by the names that "diagnose parse" gives them.
const (
	fieldTime = iota
	fieldHost
	fieldInstance
	fieldQueueID
	fieldMessageID
	fieldSender
	fieldRecipient
	fieldSendingIP
	fieldMX
	fieldMXIP
	fieldCode
	fieldEnhanced
	fieldText
	fieldReply
	fieldStage
	fieldDelay
	fieldOutcome
	numFields
)

var fieldNames = [numFields]string{
	"time", "host", "instance", "queue_id", "message_id", "sender", "recipient", "sending_ip", "mx", "mx_ip", "code", "enhanced", "text", "reply",
	"stage", "delay", "outcome",
}

func fieldOf(name string) int {
	for i, n := range fieldNames {
		if n == name {
			return i
		}
	}
	return -1
}

// names are the fields as keys of the file: of a column, a path, or what a sample
// should give.
type names struct {
	Time      string         `yaml:"time"`
	Host      string         `yaml:"host"`
	Instance  string         `yaml:"instance"`
	QueueID   string         `yaml:"queue_id"`
	MessageID string         `yaml:"message_id"`
	Sender    string         `yaml:"sender"`
	Recipient string         `yaml:"recipient"`
	SendingIP string         `yaml:"sending_ip"`
	MX        string         `yaml:"mx"`
	MXIP      string         `yaml:"mx_ip"`
	Code      string         `yaml:"code"`
	Enhanced  string         `yaml:"enhanced"`
	Text      string         `yaml:"text"`
	Reply     string         `yaml:"reply"`
	Stage     string         `yaml:"stage"`
	Delay     string         `yaml:"delay"`
	Outcome   string         `yaml:"outcome"`
	At        strictyaml.Pos `yaml:"-"`
}

// list returns the values in the order of the fields.
func (n *names) list() [numFields]string {
	return [numFields]string{
		n.Time, n.Host, n.Instance, n.QueueID, n.MessageID, n.Sender, n.Recipient, n.SendingIP, n.MX, n.MXIP, n.Code, n.Enhanced, n.Text, n.Reply,
		n.Stage, n.Delay, n.Outcome,
	}
}

// outcomes are the words for what became of an attempt; "none" is a line that tells
// of no attempt.
var outcomes = map[string]mail.Outcome{
	"none": mail.OutcomeUnknown, "delivered": mail.Delivered, "deferred": mail.Deferred, "bounced": mail.Bounced, "expired": mail.Expired,
	"suspended": mail.Suspended, "refused": mail.Refused,
}

func outcomeNames() []string {
	return []string{"delivered", "deferred", "bounced", "expired", "suspended", "refused", "none"}
}

// stageOf returns the stage of that name (mail.Stage).
func stageOf(name []byte) mail.Stage {
	for s := mail.StageConnect; s <= mail.StageQuit; s++ {
		if s.String() == string(name) {
			return s
		}
	}
	return mail.StageUnknown
}

func quote(s string) string { return strconv.Quote(s) }
