package scan

import (
	"cmp"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/diagnosis"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// MessageRow is one message and recipient over the whole input, as "diagnose parse
// --messages" prints it (C105). Unknown is null, but Text and Outcome, which say
// "unknown".
type MessageRow struct {
	MessageID *string `json:"message_id"`
	QueueID   *string `json:"queue_id"`
	Host      *string `json:"host"`
	// Sender is empty for the null sender of a notification.
	Sender *string `json:"sender"`
	// Recipient is null for a message that was refused before any recipient was named.
	Recipient *string `json:"recipient"`
	Platform  *string `json:"platform"`
	MX        *string `json:"mx"`
	SendingIP *string `json:"sending_ip"`
	// First and Last are the times of the first and the last line about the recipient.
	First *time.Time `json:"first"`
	Last  *time.Time `json:"last"`
	// Attempts are tries on the wire, Refusals the failed ones among them; those by an
	// earlier MX are in both.
	Attempts int64 `json:"attempts"`
	Refusals int64 `json:"refusals"`
	// Class, Text, Code, Enhanced and MX are of the last failure, and of the last line
	// where none failed; Class is null then.
	Class    *string `json:"class"`
	Text     string  `json:"text"`
	Code     *int    `json:"code"`
	Enhanced *string `json:"enhanced"`
	// Outcome is delivered, queued, bounced, expired or unknown.
	Outcome string `json:"outcome"`
	// DelayS is how old the message was at its end, in seconds: since it entered the
	// queue, or since its first line where the log does not show that. Null without end.
	DelayS *int64 `json:"delay_s"`
}

// messageRow turns a trail into its machine form.
func (c *chain) messageRow(t *trail) *MessageRow {
	r := &MessageRow{
		MessageID: known(t.MessageID), QueueID: known(t.QueueID), Host: known(t.Host), Sender: known(c.redact.Sender(t.Sender)),
		Recipient: known(c.redact.Address(t.Recipient)), MX: known(t.MX), SendingIP: known(t.SendingIP),
		First: timeOf(t.First), Last: timeOf(t.Last), Attempts: int64(t.Attempts), Refusals: int64(t.Refusals),
		Class: known(t.Class.String()), Text: cmp.Or(c.redact.Text(t.Text), mail.OutcomeUnknown.String()),
		Enhanced: known(t.Enhanced), Outcome: diagnosis.Ending(t.Outcome),
	}
	if t.NullSender {
		r.Sender = new(string)
	}
	if t.Platform != unknownPlatform {
		r.Platform = known(t.Platform)
	}
	if t.Code > 0 {
		code := int(t.Code)
		r.Code = &code
	}
	delay := t.Delay
	if delay == 0 && t.Ended > 0 {
		delay = max(t.Ended-cmp.Or(t.Arrival, t.First), 0)
	}
	if t.Ended > 0 && t.Outcome != mail.OutcomeUnknown {
		s := delay / 1_000_000
		r.DelayS = &s
	}
	return r
}

// known is nil for what is unknown.
func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
