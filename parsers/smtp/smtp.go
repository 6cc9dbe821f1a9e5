// Package smtp reads what no other format knows but has SMTP replies in it: records
// of a session (swaks, smtplib, curl -v, telnet, libetpan, the debug output of mail
// libraries), the log of msmtp, the logs of programs that send mail, and plain
// lists of replies.
//
// A session is followed command by command; each recipient is one attempt, and a
// session that fails before one is named is one attempt as well. Any other line
// with a reply is one attempt. Nothing but the reply itself can be relied on in
// such files: recipient, receiver and time are taken where they are plain to see.
//
// RFC 5321 4.1 and 4.2 (commands, replies), 4.5.3 and RFC 2920 (pipelining),
// RFC 2034 (enhanced status codes).
package smtp

import (
	"bytes"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Format is the format of last resort: it must only be asked about files that no
// other format knows.
var Format = parsers.Format{
	Name:     "smtp",
	Title:    "any text with SMTP replies: session records (swaks, smtplib, curl, telnet), msmtp, application logs, lists of replies",
	Score:    score,
	New:      func(o parsers.Options) parsers.Decoder { return NewDecoder(o) },
	Yearless: syslog.Yearless,
	Zoneless: syslog.Zoneless,
}

// Decoder reads the lines of one file. It implements parsers.Decoder and
// syslog.Rewinder.
type Decoder struct {
	clock   *syslog.Clock
	head    syslog.Header
	dialect dialect
	session session
	event   mail.Event
	text    []byte // a reply that was put together

	emit func(*mail.Event) // of the call under way
	told bool              // it was called
}

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *Decoder {
	return &Decoder{clock: syslog.NewClock(o.Year, o.Location)}
}

// Overran implements syslog.Rewinder.
func (d *Decoder) Overran(anchor time.Time) bool { return d.clock.Overran(anchor) }

// Decode implements parsers.Decoder.
//
// Understood is a line that gave an attempt. Irrelevant is any other line of a
// session, an empty line, and a line that begins with a time. NotUnderstood is the
// rest.
func (d *Decoder) Decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	line = syslog.Trim(line)
	body := d.stamp(line)
	d.emit, d.told = emit, false
	known := d.read(line, body)
	switch {
	case d.told:
		return mail.Understood
	case d.head.Stamped:
		d.event = mail.Event{Time: d.head.Time, Precise: d.head.Precise, Host: d.head.Host}
		emit(&d.event)
		return mail.Irrelevant
	case known, len(bytes.TrimSpace(line)) == 0:
		return mail.Irrelevant
	}
	return mail.NotUnderstood
}

// read looks for what a line is. It returns false if it is nothing known.
func (d *Decoder) read(line, body []byte) bool {
	if record, ok := msmtpRecord(body); ok {
		d.msmtp(record)
		return true
	}
	s, text := d.dialect.side(line, body, d.session.open)
	if d.session.inData && (s == nobody || s == server && !d.dialect.marked && d.session.message) {
		d.asks(body) // the message
		return true
	}
	if s != nobody {
		d.turn(s, text)
		return true
	}
	if r, ok := find(body); ok {
		d.line(body, r)
		return true
	}
	return false
}

// tell emits an event.
func (d *Decoder) tell(ev *mail.Event) {
	d.told = true
	d.emit(ev)
}

// Close implements parsers.Decoder.
func (d *Decoder) Close(emit func(*mail.Event)) {
	d.emit = emit
	d.end()
}

// stamp reads the time at the start of a line, plain or in brackets, and returns
// what follows.
func (d *Decoder) stamp(line []byte) (body []byte) {
	h := &d.head
	*h = syslog.Header{}
	if len(line) > 0 && line[0] == '[' {
		if i := bytes.IndexByte(line, ']'); i > 0 && i < 48 {
			if t, precise, exact, ok := d.clock.Time(line[1:i]); ok {
				h.Time, h.Precise, h.Stamped, h.Zoneless = t, precise, true, !exact
				return bytes.TrimLeft(line[i+1:], " :")
			}
		}
		return line
	}
	n := d.clock.Stamp(line, h)
	if n == 0 {
		return skipTime(line)
	}
	body = bytes.TrimLeft(line[n:], " ")
	if h.Yearless { // a line of a system log: host and program follow
		var full syslog.Header
		if syslog.Parse(line, d.clock, &full) && full.Process != nil {
			h.Host = full.Host
			return full.Body
		}
	}
	return body
}

// skipTime skips a time without a date, "10:18:23.504367 " (smtplib's debug output).
func skipTime(b []byte) []byte {
	if len(b) < 9 || b[2] != ':' || b[5] != ':' {
		return b
	}
	n := 0
	for n < len(b) && (b[n]-'0' < 10 || b[n] == ':' || b[n] == '.') {
		n++
	}
	if n == len(b) || b[n] != ' ' {
		return b
	}
	return b[n+1:]
}

// score counts the lines that are surely about SMTP replies. Text for people may
// quote replies and sessions, too. So a reply counts only on a line of a log, which
// begins with a time, or where most lines have one; a session only where it is a
// good part of the file.
func score(sample [][]byte) int {
	d := NewDecoder(parsers.Options{})
	var lines, logged, listed, spoken, both, failed int
	var sides [program + 1]int
	for _, line := range sample {
		line = syslog.Trim(line)
		body := d.stamp(line)
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		lines++
		if _, ok := msmtpRecord(body); ok {
			logged++
			continue
		}
		s, text := d.dialect.side(line, body, sides[server]+sides[client]+sides[program] > 0)
		sides[s]++
		if s != nobody {
			spoken++
		}
		if s != nobody && (s != server || d.dialect.marked) {
			if _, _, kind := remark(text); s == program && d.dialect.marked && kind > begins {
				failed++
			}
			continue
		}
		_, ok := find(body)
		switch {
		case ok && d.head.Stamped:
			logged++
		case ok:
			listed++
		}
		if ok && s != nobody {
			both++
		}
	}
	switch {
	case sides[server]+failed > 0 && sides[client]+sides[program] > 0 && spoken*4 >= lines:
		logged += spoken + listed - both
	case listed*2 >= lines:
		logged += listed
	}
	return min(logged, lines)
}
