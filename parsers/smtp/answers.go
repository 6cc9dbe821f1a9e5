package smtp

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// answers takes a line of a reply; all but the last have a hyphen after the code.
func (d *Decoder) answers(text []byte) {
	s := &d.session
	if !s.open || isFirst(text) && s.last != mail.StageConnect && !isNext(s, mail.StageTLS) && len(s.reply) == 0 {
		d.end() // another session, of which only the greeting tells
		s.begin()
	}
	if !isReply(text) {
		if len(s.reply) == 0 || len(s.reply)+len(text) > maxReply {
			return
		}
		s.reply = append(append(s.reply, ' '), text...) // a line without code (a raw record)
		return
	}
	code := int(text[0]-'0')*100 + int(text[1]-'0')*10 + int(text[2]-'0')
	if len(s.reply) > 0 && len(s.reply)+len(text) <= maxReply {
		s.reply = append(append(s.reply, ' '), text...)
	} else {
		s.reply, s.code = append(s.reply[:0], text...), code
	}
	if len(text) > 3 && text[3] == '-' {
		return
	}
	d.complete(s.reply, s.code)
	s.reply = s.reply[:0]
}

func isNext(s *session, stage mail.Stage) bool {
	return len(s.pending) > 0 && s.pending[0].stage == stage
}

// complete takes a whole reply.
func (d *Decoder) complete(reply []byte, code int) {
	s := &d.session
	class := code / 100
	if class == 3 && code != 354 {
		return // a step of AUTH
	}
	c := command{stage: mail.StageUnknown}
	switch {
	case len(s.pending) > 0:
		c = s.pending[0]
		s.pending = s.pending[:copy(s.pending, s.pending[1:])]
	case s.inData: // the record leaves out the message
		c.stage, s.inData = mail.StageEndOfData, false
	}
	switch {
	case code == 354:
		s.inData, s.message = true, false
	case class == 2:
		d.accepted(c, reply)
	default:
		d.refused(c, reply, code)
	}
}

func (d *Decoder) accepted(c command, reply []byte) {
	s := &d.session
	switch c.stage {
	case mail.StageMail:
		s.failed = nil
	case mail.StageRcpt:
		if c.rcpt >= 0 && c.rcpt < len(s.rcpts) {
			s.rcpts[c.rcpt].accepted = true
		}
	case mail.StageEndOfData:
		ev := d.begin(c.stage)
		ev.Kind, ev.Outcome, ev.Reply, ev.Text = mail.KindAttempt, mail.Delivered, reply, reply
		d.each(ev, func(r *recipient) bool { return r.accepted })
		s.reset()
	default: // nothing depends on it
	}
}

func (d *Decoder) refused(c command, reply []byte, code int) {
	s := &d.session
	if s.over && code != 421 || c.stage == mail.StageQuit && code != 421 || s.quit {
		return
	}
	ev := d.begin(c.stage)
	ev.Kind, ev.Outcome, ev.Reply, ev.Text = mail.KindAttempt, mail.Deferred, reply, reply
	if code >= 500 {
		ev.Outcome = mail.Bounced
	}
	switch c.stage {
	case mail.StageRcpt:
		if c.rcpt >= 0 && c.rcpt < len(s.rcpts) {
			d.each(ev, func(r *recipient) bool { return r == &s.rcpts[c.rcpt] })
		}
		s.over = code == 421
		if code == 421 { // the connection is over for all of them (RFC 5321 3.8)
			d.each(ev, func(r *recipient) bool { return true })
		}
	case mail.StageData, mail.StageEndOfData:
		d.each(ev, func(r *recipient) bool { return r.accepted })
		s.over, s.inData = true, false
	case mail.StageEHLO, mail.StageTLS, mail.StageAuth:
		if code != 421 { // the client may go on with another command
			if s.failed == nil {
				s.failed, s.failedAt = bytes.Clone(reply), c.stage
			}
			return
		}
		fallthrough
	default:
		if s.over || s.told && !s.named {
			return
		}
		if c.stage == mail.StageUnknown {
			ev.Stage = s.last
		}
		d.each(ev, func(*recipient) bool { return true })
		s.over = true
	}
}

// begin begins an event of the session.
func (d *Decoder) begin(stage mail.Stage) *mail.Event {
	s, ev := &d.session, &d.event
	*ev = mail.Event{
		Stage: stage, Time: d.head.Time, Precise: d.head.Precise, Host: d.head.Host,
		MX: s.mx, MXIP: s.ip, Sender: s.sender, NullSender: s.named && s.null,
	}
	return ev
}

// each emits the event for each recipient that it is about and that was not told
// yet, or once where no recipient is known.
func (d *Decoder) each(ev *mail.Event, about func(*recipient) bool) {
	s := &d.session
	for i := range s.rcpts {
		r := &s.rcpts[i]
		if !r.told && about(r) {
			r.told, s.told = true, true
			one := *ev
			one.Recipient = r.address
			d.tell(&one)
		}
	}
	if len(s.rcpts) == 0 && !s.told {
		s.told = true
		d.tell(ev)
	}
}

// end ends the session.
func (d *Decoder) end() {
	s := &d.session
	if s.open && !s.told && s.failed != nil {
		ev := d.begin(s.failedAt)
		ev.Kind, ev.Outcome, ev.Reply, ev.Text = mail.KindAttempt, mail.Deferred, s.failed, s.failed
		if s.failed[0] == '5' {
			ev.Outcome = mail.Bounced
		}
		d.tell(ev)
	}
	*s = session{mx: s.mx[:0], ip: s.ip[:0], sender: s.sender[:0], pending: s.pending[:0], rcpts: s.rcpts[:0], reply: s.reply[:0]}
}
