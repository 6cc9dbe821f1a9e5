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
