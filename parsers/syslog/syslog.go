// Package syslog reads what stands before the message in a line of a system log:
// time, host, program and process id. It knows RFC 3164 and its dialects, RFC
// 3339 stamps as rsyslog writes them, RFC 5424, the short forms of journalctl,
// and lines that have none of this.
//
// Nothing is copied: every field is a slice of the line. Nothing is allocated.
package syslog

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Header is what stands before the message.
type Header struct {
	// Time is microseconds since 1970-01-01 UTC, 0 where the line has none.
	// Precise says that it has a fraction of a second.
	Time    int64
	Precise bool
	// Stamped says that there is a time stamp; Yearless that it lacks a year,
	// Zoneless that it lacks a zone. Both then come from the Clock.
	Stamped, Yearless, Zoneless bool

	// Host is the host that wrote the line.
	Host []byte
	// Instance and Process are the tag, cut at its last slash:
	// "postfix/outlook5/smtp[123]:" has the instance "postfix/outlook5", the
	// process "smtp" and the PID 123; "smtp:" has no instance.
	Instance, Process []byte
	PID               uint32

	// Body is the message.
	Body []byte
}

// Event returns an event with what the prefix tells: time, host, instance and process.
func (h *Header) Event() mail.Event {
	return mail.Event{Time: h.Time, Precise: h.Precise, Host: h.Host, Instance: h.Instance, Process: h.Process, PID: h.PID}
}

// Parse reads the line (without its line end) into h, with c for what its time
// stamp does not say. A prefix is a time stamp, or at least a tag with a process
// id. Without one Parse returns false, Body is the whole line and the rest of h
// is empty.
func Parse(line []byte, c *Clock, h *Header) bool {
	*h = Header{}
	line = trim(line)
	b, version := priority(line)
	n := 0
	if len(b) >= 14 {
		n = c.stamp(b, h)
	}
	if n == 0 {
		if version && len(b) > 1 && b[0] == '-' && b[1] == ' ' { // RFC 5424 NILVALUE
			fields(b[2:], h)
			return true
		}
		if tag(b, h) && h.PID != 0 { // the time was cut off, "postfix/smtp[123]: body"
			return true
		}
		*h = Header{Body: line}
		return false
	}
	h.Stamped = true
	b = skipSpaces(b[n:])
	if !h.Zoneless && !version {
		b = skipStamp(b)
	}
	if version {
		fields(b, h)
	} else if !c.prefix.cut(b, h) {
		sender(b, h)
		if h.Process == nil { // forwarded with the prefix of its sender after that of the relay
			if _, n := readStamp(h.Body); n > 0 && h.Body[3] == ' ' {
				sender(skipSpaces(h.Body[n:]), h)
			}
		}
		c.prefix.learn(b, h)
	}
	return true
}

// skipStamp skips a second stamp, where "docker logs -t" or "kubectl logs
// --timestamps" wrote its own before the one of postlogd. The first one has year
// and zone, so it counts.
func skipStamp(b []byte) []byte {
	if len(b) > 14 && (b[3] == ' ' || b[4] == '-') {
		if _, n := readStamp(b); n > 0 {
			return skipSpaces(b[n:])
		}
	}
	return b
}

// trim removes what is not part of the text: a byte order mark, the carriage
// return of a CRLF file, and NULs left by a crash.
func trim(line []byte) []byte {
	if len(line) == 0 {
		return line
	}
	if line[0] == 0xEF && bytes.HasPrefix(line, bom) {
		line = line[len(bom):]
	}
	for len(line) > 0 && line[0] == 0 {
		line = line[1:]
	}
	for n := len(line); n > 0 && (line[n-1] == '\r' || line[n-1] == '\n' || line[n-1] == 0); n-- {
		line = line[:n-1]
	}
	return line
}

var bom = []byte("\xEF\xBB\xBF")

// priority skips "<22>" and the version of RFC 5424, "<22>1 ". The version is
// also known without a priority, where a time stamp with a T follows.
func priority(b []byte) (rest []byte, version bool) {
	rest = b
	if len(b) > 2 && b[0] == '<' {
		if _, n := number(b[1:], 3); n > 0 && n+1 < len(b) && b[n+1] == '>' {
			rest = b[n+2:]
		}
	}
	marked := len(rest) < len(b)
	if len(rest) > 2 && rest[0] == '1' && rest[1] == ' ' && (marked || len(rest) > 13 && rest[6] == '-' && rest[12] == 'T') {
		return rest[2:], true
	}
	if marked {
		rest = skipSpaces(rest)
	}
	return rest, false
}

func skipSpaces(b []byte) []byte {
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	return b
}
