package exchange

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// verb is a command that a session waits for the reply to.
type verb uint8

const (
	notVerb     verb = iota
	otherVerb        // whose reply tells nothing: RSET, QUIT, NOOP, XSHADOW
	greeting         // none: what the server says first
	hello            // EHLO, HELO
	startTLS         // STARTTLS
	internalTLS      // X-ANONYMOUSTLS, only between servers of one organisation
	auth             // AUTH, X-EXPS
	mailFrom
	rcptTo
	dataCommand
	chunk   // BDAT
	content // the end of the message
)

var stages = [...]mail.Stage{
	greeting: mail.StageBanner, hello: mail.StageEHLO, startTLS: mail.StageTLS, internalTLS: mail.StageTLS, auth: mail.StageAuth,
	mailFrom: mail.StageMail, rcptTo: mail.StageRcpt, dataCommand: mail.StageData, chunk: mail.StageData, content: mail.StageEndOfData,
}

func (v verb) stage() mail.Stage { return stages[v] }

// verbOf reads which command a line is, notVerb if it is none.
func verbOf(b []byte) verb {
	word, _, _ := bytes.Cut(b, []byte(" "))
	if len(word) == 0 || len(word) > 16 {
		return notVerb
	}
	for _, c := range word {
		if c|0x20-'a' > 25 && c != '-' {
			return notVerb
		}
	}
	for _, known := range [...]struct {
		text string
		verb verb
	}{
		{"EHLO", hello}, {"HELO", hello}, {"STARTTLS", startTLS}, {"X-ANONYMOUSTLS", internalTLS}, {"AUTH", auth}, {"X-EXPS", auth},
		{"DATA", dataCommand}, {"BDAT", chunk},
	} {
		if len(word) == len(known.text) && hasPrefix(word, known.text) {
			return known.verb
		}
	}
	switch {
	case hasPrefix(b, "MAIL FROM:"):
		return mailFrom
	case hasPrefix(b, "RCPT TO:"):
		return rcptTo
	}
	return otherVerb
}

// pathOf cuts a path (RFC 5321 4.1.2) off the options behind it.
func pathOf(b []byte) (path, options []byte) {
	b = bytes.TrimSpace(b)
	if len(b) == 0 || b[0] != '<' {
		path, options, _ = bytes.Cut(b, []byte(" "))
		return path, options
	}
	for i, c := range b {
		if c == '>' && (i+1 == len(b) || b[i+1] == ' ') {
			return b[1:i], b[i+1:]
		}
	}
	return b[1:], nil
}

// after returns the word behind a key.
func after(b []byte, key string) []byte {
	i := bytes.Index(b, []byte(key))
	if i < 0 {
		return nil
	}
	word, _, _ := bytes.Cut(b[i+len(key):], []byte(" "))
	return bytes.TrimRight(word, ",;")
}

// hasPrefix compares without regard to case.
func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && bytes.EqualFold(b[:len(prefix)], []byte(prefix))
}

// of begins an event of a session.
func (d *Decoder) of(s *session, time int64) *mail.Event {
	ev := &d.event
	*ev = mail.Event{
		Time: time, Precise: d.precise, PID: s.id, Instance: s.connector, MX: s.mx, MXIP: s.mxIP, SendingIP: s.sendingIP,
		Local: s.internal || peer.IsLoopback(s.mxIP),
	}
	if ev.MX == nil && ev.MXIP != nil {
		if name := d.names.Get(ev.MXIP); name != nil {
			ev.MX = *name // what it called itself in another session
		}
	}
	return ev
}

// ofMessage begins an event of the message under way.
func (d *Decoder) ofMessage(s *session, time int64) *mail.Event {
	ev, tx := d.of(s, time), &s.tx
	if s.uses == 0 {
		return ev
	}
	ev.MessageID, ev.Sender, ev.NullSender, ev.Size = tx.messageID, tx.sender, tx.nullSender, tx.size
	if ev.QueueID = tx.record; ev.QueueID == nil {
		ev.QueueID = tx.messageID
	}
	ev.ConnUse = s.uses
	if tx.begun > 0 && time >= tx.begun {
		ev.HasDelays = true
		ev.Delays[3] = time - tx.begun
		if s.uses == 1 && s.started > 0 && s.started <= tx.begun {
			ev.Delays[2] = tx.begun - s.started
		}
	}
	return ev
}

func (d *Decoder) result(s *session, to []byte, time int64, o mail.Outcome, stage mail.Stage, reply, text []byte) {
	ev := d.ofMessage(s, time)
	ev.Kind, ev.Outcome, ev.Stage, ev.Recipient, ev.Reply, ev.Text = mail.KindAttempt, o, stage, to, reply, text
	if text == nil {
		ev.Text = reply
	}
	d.tell(ev)
}

// refuse tells of a refusal without a recipient.
func (d *Decoder) refuse(s *session, time int64, stage mail.Stage, reply []byte) {
	d.refusal(s, time, stage, reply, reply)
}

// broken tells of a connection that ended before a reply.
func (d *Decoder) broken(s *session, time int64, stage mail.Stage, text []byte) {
	d.refusal(s, time, stage, nil, text)
}

func (d *Decoder) refusal(s *session, time int64, stage mail.Stage, reply, text []byte) {
	ev := d.of(s, time)
	if stage == mail.StageMail {
		ev = d.ofMessage(s, time)
	}
	ev.Kind, ev.Outcome, ev.Stage, ev.Reply, ev.Text = mail.KindRefusal, mail.Refused, stage, reply, text
	d.tell(ev)
}

func (d *Decoder) tell(ev *mail.Event) {
	d.told++
	d.emit(ev)
}

// none tells the time of a row that tells nothing else.
func (d *Decoder) none(time int64) {
	d.event = mail.Event{Time: time, Precise: d.precise}
	d.emit(&d.event)
}
