package exchange

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// session is an SMTP session that sends, as far as its rows have been read.
type session struct {
	id        uint32
	direction direction
	next      int64 // sequence number
	held      []row // rows behind a gap, by sequence number

	sendingIP, mxIP, connector, mx []byte
	internal                       bool  // with a server of the organisation
	started                        int64 // when it began to connect
	closed                         bool

	commands []command // that wait for their reply, in order (RFC 2920)
	reply    []byte    // the lines so far of a reply that goes on
	partial  bool      // reply goes on
	setback  setback

	record, messageID []byte // of the message that comes next
	uses              uint32 // transactions
	tx                transaction
}

// command is a command that waits for its reply.
type command struct {
	verb      verb
	recipient []byte // of RCPT TO
	void      bool   // its recipient has a result already
}

// setback is a refusal before any transaction. It counts if the session ends with it;
// Exchange goes on without STARTTLS, and from EHLO to HELO.
type setback struct {
	time  int64
	stage mail.Stage
	reply []byte
}

// transaction is the message under way.
type transaction struct {
	record, messageID, sender []byte
	nullSender                bool
	size                      uint64
	begun                     int64
	accepted                  [][]byte // recipients
}

// apply reads a row of a session.
func (d *Decoder) apply(s *session, r *row) {
	switch r.event {
	case '*':
		d.note(s, r)
	case '+':
		s.begin(r.time)
		d.open -= s.abandon()
		s.commands = append(s.commands[:0], command{verb: greeting})
	case '>':
		if s.partial { // no more of it comes
			d.answer(s, r.time, s.finish(nil))
		}
		s.send(d, r)
	case '<':
		for line := range bytes.SplitSeq(r.data, []byte("\n")) {
			d.receive(s, r.time, bytes.TrimSpace(line))
		}
	case '-':
		d.disconnect(s, r)
	}
}

// begin notes when the session began to connect.
func (s *session) begin(time int64) {
	if s.started == 0 {
		s.started = time
	}
}

// note reads a row of information. Its text stands in the last column, before 2013 with
// a number in the one before it.
func (d *Decoder) note(s *session, r *row) {
	text := bytes.TrimSpace(r.context)
	if len(text) == 0 {
		text = bytes.TrimSpace(r.data)
	}
	switch {
	case hasPrefix(text, "attempting to connect"):
		s.direction = sends
		s.begin(r.time)
	case hasPrefix(text, "sending message"):
		s.direction = sends
		s.record, s.messageID = nil, nil
		if len(r.context) > 0 && len(r.data) > 0 && isDigits(r.data) {
			s.record = keep(r.data, 64)
		}
		if n := after(text, "RecordId "); len(n) > 0 && isDigits(n) {
			s.record = keep(n, 64)
		}
		if id := after(text, "InternetMessageId "); len(id) > 0 && id[0] == '<' {
			s.messageID = keep(id, 512)
		}
	case hasPrefix(text, "failed to connect"), hasPrefix(text, "unable to connect"):
		s.direction = sends
		ev := d.of(s, r.time)
		ev.Kind, ev.Stage, ev.Text = mail.KindConnectFailure, mail.StageConnect, text
		d.tell(ev)
	case hasPrefix(text, "proxying inbound session"):
		s.internal = true
	}
}

// send reads a command.
func (s *session) send(d *Decoder, r *row) {
	if n := len(s.commands); n > 0 && s.commands[n-1].verb == auth {
		return // what follows AUTH are no commands (RFC 4954)
	}
	if len(s.commands) >= maxCommands {
		return
	}
	v := verbOf(r.data)
	c := command{verb: v}
	switch v {
	case notVerb:
		return
	case mailFrom:
		d.open -= s.abandon()
		s.setback = setback{}
		s.uses++
		path, options := pathOf(r.data[len("MAIL FROM:"):])
		s.tx = transaction{record: s.record, messageID: s.messageID, begun: r.time, sender: keep(path, maxKept), nullSender: len(path) == 0, accepted: s.tx.accepted[:0]}
		s.tx.size = number(after(options, "SIZE="), 62)
		s.record, s.messageID = nil, nil
	case rcptTo:
		if d.open >= maxOpen {
			c.void = true
			break
		}
		path, _ := pathOf(r.data[len("RCPT TO:"):])
		c.recipient = keep(path, maxKept)
		d.open++
	case chunk:
		if bytes.HasSuffix(bytes.ToUpper(bytes.TrimSpace(r.data)), []byte(" LAST")) {
			c.verb = content
		}
	case internalTLS:
		s.internal = true
	case otherVerb:
		if hasPrefix(r.data, "RSET") {
			d.open -= s.abandon()
		}
	default: // only its reply matters
	}
	s.commands = append(s.commands, c)
}

// maxCommands bounds how many commands wait for a reply.
const maxCommands = 2000

// unanswer puts a command back that waits for another reply.
func (s *session) unanswer(c command) {
	s.commands = append(s.commands, command{})
	copy(s.commands[1:], s.commands)
	s.commands[0] = c
}

// gather adds the recipients that wait for a reply to those that were accepted.
func (s *session) gather() {
	for i := range s.commands {
		if c := &s.commands[i]; c.verb == rcptTo && !c.void {
			s.tx.accepted = append(s.tx.accepted, c.recipient)
			c.void = true
		}
	}
}

// abandon gives up the recipients without a result and returns how many there were.
func (s *session) abandon() int {
	s.gather()
	n := len(s.tx.accepted)
	s.tx.accepted = s.tx.accepted[:0]
	return n
}

// disconnect ends a session. Recipients without a reply stay queued.
func (d *Decoder) disconnect(s *session, r *row) {
	if s.partial {
		d.answer(s, r.time, s.finish(nil))
	}
	s.closed = true
	text := bytes.TrimSpace(r.context)
	if len(text) == 0 {
		text = bytes.TrimSpace(r.data)
	}
	if s.setback.reply != nil {
		d.refuse(s, s.setback.time, s.setback.stage, s.setback.reply)
		return
	}
	stage := mail.StageData
	if len(s.commands) > 0 {
		stage = s.commands[0].verb.stage()
	}
	s.gather()
	if len(s.tx.accepted) > 0 {
		for _, to := range s.tx.accepted {
			d.result(s, to, r.time, mail.Deferred, stage, nil, text)
		}
		d.open -= s.abandon()
		return
	}
	switch stage {
	case mail.StageBanner, mail.StageEHLO, mail.StageTLS, mail.StageAuth, mail.StageMail:
		if s.direction == sends {
			d.broken(s, r.time, stage, text)
		}
	default: // the message had its answer, or none was begun
	}
}

// end is told a session that has no more rows in this file, or is followed no longer.
// What it was about to do has no result.
func (d *Decoder) end(_ string, s *session) {
	d.release(s, true)
	if !s.closed && s.setback.reply != nil {
		d.refuse(s, s.setback.time, s.setback.stage, s.setback.reply)
	}
	d.forget(s)
}

// forget takes a session off the counts.
func (d *Decoder) forget(s *session) {
	d.held -= len(s.held)
	s.held = nil
	d.open -= s.abandon()
}
