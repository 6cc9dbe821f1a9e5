package dsn

import (
	"bytes"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers/smtp"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// tell emits what a report says of each recipient.
func (r *report) tell(zone *time.Location, emit func(*mail.Event)) {
	if r.foreign {
		return
	}
	if len(r.groups) == 0 {
		r.tellText(emit)
		return
	}
	for _, g := range r.groups {
		ev := r.begin()
		if !outcome(ev, g) {
			continue
		}
		ev.Recipient, ev.DSN = g.recipient(), firstWord(g.get("status"))
		ev.Time = when(zone, g.get("last-attempt-date"), g.get("arrival-date"), r.message.get("arrival-date"))
		ev.MX, ev.MXIP = server(g.get("remote-mta"))
		r.diagnose(ev, g.get("diagnostic-code"))
		finish(ev)
		emit(ev)
	}
}

// unread says that a mail notifies of a delivery, but no recipient's Action was found:
// the report is missing, cut off, or in words that nobody knows. Other reports and
// automatic answers, which come from the null sender as well (RFC 3834 3.3), are none.
func (r *report) unread() bool {
	for _, g := range r.groups {
		if g.get("action") != nil {
			return false
		}
	}
	if kind := parameter(r.head.get("content-type"), "report-type"); kind != nil {
		return is(kind, "delivery-status")
	}
	answer := bytes.HasPrefix(bytes.ToLower(r.head.get("auto-submitted")), []byte("auto-replied"))
	return !r.foreign && isBounce(r.head) && (isFromMailer(r.head) || !answer)
}

// begin begins an event with what the report says about the message.
func (r *report) begin() *mail.Event {
	ev := &mail.Event{Kind: mail.KindAttempt}
	ev.Host, _ = server(r.message.get("reporting-mta"))
	ev.MessageID = firstWord(r.original.get("message-id"))
	ev.QueueID = ev.MessageID
	if ev.QueueID == nil {
		ev.QueueID = r.message.get("x-postfix-queue-id")
	}
	if ev.QueueID == nil {
		ev.QueueID = r.message.get("original-envelope-id")
	}
	// A notification goes to the envelope sender (RFC 5321 6.1).
	if ev.Sender = address(r.message.get("x-postfix-sender")); len(ev.Sender) == 0 {
		ev.Sender = mailbox(r.head.get("to"))
	}
	return ev
}

// outcome reads Action and Status (RFC 3464 2.3.3, 2.3.4). It returns false for an
// action that is no attempt.
func outcome(ev *mail.Event, g header) bool {
	switch action := bytes.ToLower(firstWord(g.get("action"))); string(action) {
	case "failed", "failure", "fail":
		ev.Outcome = mail.Bounced
	case "delayed":
		ev.Outcome = mail.Deferred
	case "delivered", "relayed", "expanded":
		ev.Outcome = mail.Delivered
	case "expired":
		ev.Outcome = mail.Expired
	default:
		return false
	}
	if ev.Outcome != mail.Bounced {
		return true
	}
	status := firstWord(g.get("status"))
	if len(status) > 1 && status[0] == '4' || string(status) == "5.4.7" {
		ev.Outcome = mail.Expired // a temporary failure that was final: given up
	}
	return true
}

// finish gives expiries their kind. A reason may say that a message was given up
// where nothing else does.
func finish(ev *mail.Event) {
	if ev.Outcome == mail.Bounced && isExpiry(ev.Text) {
		ev.Outcome = mail.Expired
	}
	if ev.Outcome == mail.Expired {
		ev.Kind = mail.KindExpiry
	}
}

// expiries are what mailers say when they give up, in lower case.
var expiries = [...]string{
	"retry timeout exceeded", "retry time not reached for any host after a long failure period", "have been failing for a long time",
	"in the queue too long", "queue too long", "message expired", "delivery expired", "envelope expired", "queue.expired", "could not be delivered for",
	"cannot send message for", "could not deliver for the last", "giving up after", "delivery time expired", "maximum queue time", "exceeded the maximum time", "message delivery time expired",
	"been unable to deliver your mail for", "unable to deliver this message after",
}

func isExpiry(text []byte) bool {
	text = bytes.ToLower(text)
	for _, e := range expiries {
		if bytes.Contains(text, []byte(e)) {
			return true
		}
	}
	return false
}

// diagnose reads a Diagnostic-Code, "smtp; 550 5.1.1 text" (RFC 3464 2.3.6). Without
// one the part for people may quote the reply.
func (r *report) diagnose(ev *mail.Event, code []byte) {
	kind, text := diagnosticType(code)
	if len(text) == 0 {
		if text = r.about(ev.Recipient); text == nil {
			return
		}
		ev.Text = text
		ev.Reply = said(text)
		return
	}
	ev.Text = text
	ev.Stage = stageOf(text)
	switch {
	case is(kind, "smtp") && isCode(text):
		ev.Reply = withoutWrapping(text)
	default:
		if ev.Reply = said(text); ev.Reply == nil && is(kind, "smtp") && len(ev.MX)+len(ev.MXIP) > 0 {
			ev.Reply = text
		}
	}
	if len(ev.MX)+len(ev.MXIP) == 0 {
		ev.MX, ev.MXIP = hostIn(text)
	}
	// The mailer's own: a program, a mailbox of this host, a filter next to it.
	ev.Local = is(kind, "x-unix") || isLoopback(ev.MXIP)
}

// said returns the reply that a reason quotes: after a colon, which follows what was
// asked and of whom, else wherever package smtp finds one.
func said(text []byte) []byte {
	for i := 0; i+6 < len(text); {
		k := bytes.Index(text[i:], []byte(": "))
		if k < 0 {
			break
		}
		i += k + len(": ")
		if t := text[i:]; isCode(t) && (t[0] == '4' || t[0] == '5') && len(t) > 4 && (t[3] == ' ' || t[3] == '-') {
			return withoutWrapping(t)
		}
	}
	if r, ok := smtp.Find(text); ok {
		return withoutWrapping(r)
	}
	return nil
}

// stageOf returns the command that a reason names: "(in reply to RCPT TO command)",
// "refused to talk to me" (Postfix), "after RCPT TO:<..>" (Exim), "did not like our
// RCPT TO" (DragonFly).
func stageOf(text []byte) mail.Stage {
	if bytes.Contains(text, []byte("refused to talk to me")) {
		return mail.StageBanner
	}
	for _, mark := range [...]string{" (in reply to ", "remote mail server after ", " did not like our "} {
		i := bytes.LastIndex(text, []byte(mark))
		if i < 0 {
			continue
		}
		command := bytes.ToLower(text[i+len(mark):])
		command = bytes.TrimPrefix(command, []byte("pipelined "))
		for _, c := range commands {
			if bytes.HasPrefix(command, []byte(c.words)) {
				return c.stage
			}
		}
	}
	return mail.StageUnknown
}

var commands = [...]struct {
	words string
	stage mail.Stage
}{
	{"initial connection", mail.StageBanner}, {"ehlo", mail.StageEHLO}, {"helo", mail.StageEHLO}, {"starttls", mail.StageTLS}, {"auth", mail.StageAuth},
	{"mail from", mail.StageMail}, {"rcpt to", mail.StageRcpt}, {"data", mail.StageData}, {"end of data", mail.StageEndOfData}, {"final data", mail.StageEndOfData},
	{"final rset", mail.StageQuit}, {"quit", mail.StageQuit},
}

// withoutWrapping cuts what Postfix and qmail write after a reply.
func withoutWrapping(text []byte) []byte {
	for _, mark := range [...]string{" (in reply to ", " Giving up on ", " I'm not going to try again", " STARTTLS proto="} {
		if i := bytes.LastIndex(text, []byte(mark)); i > 0 {
			text = text[:i]
		}
	}
	return text
}

// diagnosticType cuts "smtp; text". A type is one word; a text may hold semicolons.
func diagnosticType(v []byte) (kind, text []byte) {
	v = bytes.TrimSpace(v)
	i := bytes.IndexByte(v, ';')
	if i < 0 || i > 40 || bytes.IndexByte(bytes.TrimSpace(v[:i]), ' ') >= 0 || isCode(v) {
		return nil, v
	}
	return bytes.TrimSpace(v[:i]), bytes.TrimSpace(v[i+1:])
}

func isCode(b []byte) bool {
	return len(b) >= 3 && b[0]-'2' < 4 && b[1]-'0' < 10 && b[2]-'0' < 10 && (len(b) == 3 || b[3]-'0' > 9)
}
