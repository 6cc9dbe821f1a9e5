package smtp

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

const (
	maxRecipients = 1000
	maxPending    = 1000
	maxReply      = 64 << 10
)

// session is one SMTP connection of the record.
type session struct {
	open     bool
	mx, ip   []byte
	sender   []byte
	null     bool // the sender is <>
	named    bool // MAIL was sent
	pending  []command
	rcpts    []recipient
	reply    []byte // lines of an answer that is not over
	code     int
	inData   bool // after 354: what the client says is the message
	message  bool // a line of it was seen
	told     bool // an attempt of this session was told
	over     bool // the transaction failed: answers to pipelined commands follow from that
	quit     bool
	failed   []byte // an answer that ends the session unless it goes on
	failedAt mail.Stage
	last     mail.Stage
}

// command is a command that waits for its answer.
type command struct {
	stage mail.Stage
	rcpt  int // of RCPT
}

type recipient struct {
	address  []byte
	accepted bool
	told     bool
}

// begin starts a new session.
func (s *session) begin() {
	*s = session{open: true, mx: s.mx[:0], ip: s.ip[:0], pending: append(s.pending[:0], command{stage: mail.StageBanner}), last: mail.StageConnect}
}

func (s *session) push(c command) {
	s.last = c.stage
	if len(s.pending) < maxPending {
		s.pending = append(s.pending, c)
	}
}

func (s *session) reset() {
	s.rcpts, s.named, s.over, s.inData = s.rcpts[:0], false, false, false
	s.sender, s.null = s.sender[:0], false
}

// turn takes what one side says.
func (d *Decoder) turn(who side, text []byte) {
	switch who {
	case client:
		d.asks(text)
	case server:
		d.answers(text)
	case program:
		d.remarks(text)
	default: // nobody speaks
	}
}

// remarks takes what the program tells about the connection.
func (d *Decoder) remarks(text []byte) {
	s := &d.session
	host, ip, kind := remark(text)
	switch kind {
	case begins:
		// "Trying 192.0.2.1...", then "Connected to mx": one connection.
		if s.last != mail.StageConnect || s.told || !s.open {
			d.end()
			s.begin()
		}
		if host != nil {
			s.mx = append(s.mx[:0], host...)
		}
		if ip != nil {
			s.ip = append(s.ip[:0], ip...)
		}
	case fails:
		if !s.open {
			s.begin()
			s.mx, s.ip = append(s.mx[:0], host...), append(s.ip[:0], ip...)
		}
		ev := d.begin(mail.StageConnect)
		ev.Kind, ev.Text = mail.KindConnectFailure, bytes.Trim(text, " *=\t")
		d.tell(ev)
		s.told = true
		d.end()
	case breaks:
		if s.open && !s.told && !s.quit && s.failed == nil {
			ev := d.begin(s.last)
			if s.last == mail.StageConnect {
				ev.Stage = mail.StageBanner
			}
			ev.Kind, ev.Outcome, ev.Text = mail.KindAttempt, mail.Deferred, bytes.Trim(text, " *=\t")
			d.each(ev, func(*recipient) bool { return true })
		}
		d.end()
	case closes:
		d.end()
	default: // about something else
	}
}

// asks takes a command.
func (d *Decoder) asks(text []byte) {
	s := &d.session
	if !s.open {
		s.begin()
		s.pending = s.pending[:0] // the record begins after the greeting
	}
	if s.inData {
		// A message ends with a dot on a line of its own; smtplib shows it whole.
		if t := bytes.TrimRight(text, " "); string(t) == "." || bytes.HasSuffix(t, []byte(`\n.`)) {
			s.inData = false
			s.push(command{stage: mail.StageEndOfData})
		}
		s.message = true
		return
	}
	switch stage := stageOf(text); stage {
	case mail.StageUnknown:
	case mail.StageMail:
		s.reset()
		s.named, s.told = true, false
		s.sender = append(s.sender, path(text[len("MAIL FROM:"):])...)
		s.null = len(s.sender) == 0
		s.push(command{stage: stage})
	case mail.StageRcpt:
		if len(s.rcpts) < maxRecipients {
			s.rcpts = append(s.rcpts, recipient{address: bytes.Clone(path(text[len("RCPT TO:"):]))})
		}
		s.push(command{stage: stage, rcpt: len(s.rcpts) - 1})
	case mail.StageQuit:
		s.quit = s.quit || foldPrefix(text, "quit")
		if foldPrefix(text, "rset") {
			s.reset()
		}
		s.push(command{stage: stage})
	default:
		s.push(command{stage: stage})
	}
}

// stageOf tells the command.
func stageOf(b []byte) mail.Stage {
	switch {
	case foldPrefix(b, "mail from:"):
		return mail.StageMail
	case foldPrefix(b, "rcpt to:"):
		return mail.StageRcpt
	case foldPrefix(b, "ehlo"), foldPrefix(b, "helo"), foldPrefix(b, "lhlo"):
		return mail.StageEHLO
	case foldPrefix(b, "starttls"):
		return mail.StageTLS
	case foldPrefix(b, "auth "):
		return mail.StageAuth
	case foldPrefix(b, "data") && len(bytes.TrimRight(b, " ")) == 4:
		return mail.StageData
	case foldPrefix(b, "bdat "):
		return mail.StageEndOfData
	case foldPrefix(b, "quit"), foldPrefix(b, "rset"), foldPrefix(b, "noop"), foldPrefix(b, "xclient "), foldPrefix(b, "vrfy "):
		return mail.StageQuit
	}
	return mail.StageUnknown
}

// path reads "<a@example.com> SIZE=1" without the brackets, whose contents may have
// a quoted part.
func path(b []byte) []byte {
	b = bytes.TrimLeft(b, " ")
	if len(b) == 0 || b[0] != '<' {
		n := bytes.IndexByte(b, ' ')
		if n < 0 {
			n = len(b)
		}
		return b[:n]
	}
	quoted := false
	for i := 1; i < len(b); i++ {
		switch {
		case b[i] == '\\':
			i++
		case b[i] == '"':
			quoted = !quoted
		case b[i] == '>' && !quoted:
			return b[1:i]
		}
	}
	return b[1:]
}

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
