package exchange

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
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
	}
	s.commands = append(s.commands, c)
}

// maxCommands bounds how many commands wait for a reply.
const maxCommands = 2000

// abandon gives up the recipients without a result and returns how many there were.
func (s *session) abandon() int {
	n := len(s.tx.accepted)
	for i := range s.commands {
		if s.commands[i].verb == rcptTo && !s.commands[i].void {
			n++
			s.commands[i].void = true
		}
	}
	s.tx.accepted = s.tx.accepted[:0]
	return n
}

// receive reads a line of a reply.
func (d *Decoder) receive(s *session, time int64, line []byte) {
	if !peer.Speaks(line) {
		if s.partial {
			s.finish(line)
			s.partial = true
		}
		return
	}
	goesOn := len(line) > 3 && line[3] == '-'
	reply := s.finish(line)
	if s.partial = goesOn; !goesOn {
		d.answer(s, time, reply)
	}
}

// finish adds a line to the reply and returns all of it. The lines are joined with
// blanks, as Postfix has them.
func (s *session) finish(line []byte) []byte {
	if !s.partial {
		s.reply = s.reply[:0]
	} else if len(line) > 0 {
		s.reply = append(s.reply, ' ')
	}
	if room := maxKept - len(s.reply); room > 0 {
		s.reply = append(s.reply, line[:min(len(line), room)]...)
	}
	s.partial = false
	return s.reply
}

// answer reads a whole reply. Its class is that of its first line.
func (d *Decoder) answer(s *session, time int64, reply []byte) {
	if len(reply) < 3 {
		return
	}
	failed, closing := reply[0] == '4' || reply[0] == '5', bytes.HasPrefix(reply, []byte("421"))
	if len(s.commands) == 0 {
		if closing {
			d.fail(s, time, mail.StageUnknown, reply)
		}
		return
	}
	c := s.commands[0]
	s.commands = s.commands[:copy(s.commands, s.commands[1:])]
	switch c.verb {
	case greeting:
		if failed {
			d.refuse(s, time, mail.StageBanner, reply)
			return
		}
		word, _, _ := bytes.Cut(bytes.TrimLeft(reply[3:], " -"), []byte(" "))
		if bytes.IndexByte(word, '.') > 0 {
			s.mx = keep(peer.Name(word), 256)
			if len(s.mxIP) > 0 {
				*d.names.Put(s.mxIP) = s.mx
			}
		}
	case hello, startTLS, auth, internalTLS:
		if failed {
			s.setback = setback{time: time, stage: c.verb.stage(), reply: bytes.Clone(reply)}
		} else if reply[0] == '3' { // the server asks for more
			s.commands = append(s.commands, command{})
			copy(s.commands[1:], s.commands)
			s.commands[0] = c
		}
	case mailFrom:
		if failed {
			d.mailRefused(s, time, reply)
		}
	case rcptTo:
		d.recipient(s, c, time, reply, failed)
	case dataCommand, chunk:
		switch {
		case failed:
			d.fail(s, time, mail.StageData, reply)
		case c.verb == dataCommand && reply[0] == '3':
			s.commands = append(s.commands[:0], command{verb: content})
		}
	case content:
		if failed {
			d.fail(s, time, mail.StageEndOfData, reply)
		} else {
			d.settle(s, time, mail.Delivered, mail.StageEndOfData, reply)
		}
	}
	if closing {
		d.fail(s, time, c.verb.stage(), reply)
	}
}

// mailRefused gives the recipients that were named without waiting for the reply to
// MAIL that reply. If there are none, the refusal has no recipient.
func (d *Decoder) mailRefused(s *session, time int64, reply []byte) {
	for i := range s.commands {
		if c := &s.commands[i]; c.verb == rcptTo && !c.void {
			s.tx.accepted = append(s.tx.accepted, c.recipient)
			c.void = true
		}
	}
	if len(s.tx.accepted) == 0 {
		d.refuse(s, time, mail.StageMail, reply)
		return
	}
	d.fail(s, time, mail.StageMail, reply)
}

// recipient reads the reply to RCPT TO.
func (d *Decoder) recipient(s *session, c command, time int64, reply []byte, failed bool) {
	switch {
	case c.void:
	case !failed:
		s.tx.accepted = append(s.tx.accepted, c.recipient)
	default:
		d.open--
		d.result(s, c.recipient, time, outcomeOf(reply), mail.StageRcpt, reply, nil)
	}
}

// fail ends the transaction with a reply that refuses it.
func (d *Decoder) fail(s *session, time int64, stage mail.Stage, reply []byte) {
	for i := range s.commands { // a 421 answers all that wait
		if c := &s.commands[i]; c.verb == rcptTo && !c.void {
			s.tx.accepted = append(s.tx.accepted, c.recipient)
			c.void = true
		}
	}
	d.settle(s, time, outcomeOf(reply), stage, reply)
}

// settle gives the recipients that were accepted their result.
func (d *Decoder) settle(s *session, time int64, o mail.Outcome, stage mail.Stage, reply []byte) {
	d.open -= len(s.tx.accepted)
	for _, to := range s.tx.accepted {
		d.result(s, to, time, o, stage, reply, nil)
	}
	s.tx.accepted = s.tx.accepted[:0]
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
	lost := s.tx.accepted
	for i := range s.commands {
		if c := &s.commands[i]; c.verb == rcptTo && !c.void {
			lost = append(lost, c.recipient)
			c.void = true
		}
	}
	d.open -= len(lost)
	for _, to := range lost {
		d.result(s, to, r.time, mail.Deferred, stage, nil, text)
	}
	if s.tx.accepted = lost[:0]; len(lost) > 0 || s.direction != sends {
		return
	}
	switch stage {
	case mail.StageBanner, mail.StageEHLO, mail.StageTLS, mail.StageAuth, mail.StageMail:
		d.broken(s, r.time, stage, text)
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

// outcomeOf returns what a reply that refuses means for a recipient.
func outcomeOf(reply []byte) mail.Outcome {
	if reply[0] == '5' {
		return mail.Bounced
	}
	return mail.Deferred
}
