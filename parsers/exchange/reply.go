package exchange

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

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
			s.unanswer(c)
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
			s.unanswer(command{verb: content})
		}
	case content:
		if failed {
			d.fail(s, time, mail.StageEndOfData, reply)
		} else {
			d.settle(s, time, mail.Delivered, mail.StageEndOfData, reply)
		}
	default: // a reply that decides nothing
	}
	if closing {
		d.fail(s, time, c.verb.stage(), reply)
	}
}

// mailRefused gives the recipients that were named without waiting for the reply to
// MAIL that reply. If there are none, the refusal has no recipient.
func (d *Decoder) mailRefused(s *session, time int64, reply []byte) {
	if s.gather(); len(s.tx.accepted) == 0 {
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
	s.gather() // a 421 answers all that wait
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

// outcomeOf returns what a reply that refuses means for a recipient.
func outcomeOf(reply []byte) mail.Outcome {
	if reply[0] == '5' {
		return mail.Bounced
	}
	return mail.Deferred
}
