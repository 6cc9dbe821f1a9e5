package exim

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// delivery is a line about a recipient, taken apart (deliver.c delivery_log,
// deferral_log, failure_log).
//
//	=> ADDR [(parents)] [<top>] [F=<s>] [Q=] [P=<r>] R= T= [S=] H=h [ip]:port* [I=] [X= CV= DN="" A=] [L K PRDR] C="reply" [QT=] [DT=]
//	== ADDR [<top>] [Q=] [R=] [T=] | routing  defer (ERRNO)[: strerror] [H= I=] [DT=]: message
//	** ADDR [<top>] [F=] [Q=] [P=] [R=] [T=] [H=] [X= CV= DN=] [: strerror] : message [DT=]
type delivery struct {
	address, top   []byte
	sender         []byte
	hasSender      bool
	mx             host
	iface          []byte
	confirmation   []byte // C=, with its escapes
	queued, lasted int64
	hasLasted      bool
	errno          int
	hasErrno       bool
	system, text   []byte // strerror, message
}

// read takes the line apart from left to right. Fields may come in any order and
// others may be among them; the message is the rest.
func (v *delivery) read(b []byte) {
	v.address, b = address(b)
	for len(b) > 0 {
		if b[0] == ':' {
			v.text = skipSpace(b[1:])
			return
		}
		if b[0] == ' ' {
			b = b[1:]
			continue
		}
		b = v.field(b)
	}
}

// field reads one field and returns the rest.
func (v *delivery) field(b []byte) []byte {
	var value []byte
	switch b[0] {
	case '<':
		v.top, b = angle(b)
		return b
	case '(':
		n := bytes.Index(b, []byte(") "))
		if n < 0 {
			return nil
		}
		return b[n+1:]
	case 'd':
		if rest, ok := after(b, "defer ("); ok && !v.hasErrno {
			return v.deferral(rest)
		}
	case 'H':
		if has(b, "H=") {
			if h, rest := readHost(b[2:]); h.ok {
				v.mx = h
				return rest
			}
		}
	case 'C':
		if has(b, `C="`) {
			v.confirmation, b = quoted(b[2:])
			return b
		}
	case 'F':
		if has(b, "F=<") {
			v.sender, b = angle(b[2:])
			v.hasSender = true
			return b
		}
	case 'I':
		if has(b, "I=[") {
			value, b = word(b[3:])
			if n := bytes.IndexByte(value, ']'); n >= 0 && peer.IsIP(value[:n]) {
				v.iface = value[:n]
			}
			return b
		}
	case 'Q':
		if has(b, "QT=") {
			value, b = word(b[3:])
			v.queued, _ = duration(value)
			return b
		}
	case 'D':
		if has(b, "DT=") {
			value, b = word(b[3:])
			v.lasted, v.hasLasted = duration(value)
			return b
		}
	}
	return skipField(b)
}

// skipField skips a field that tells nothing: "K", "X=TLS1.3:...", `DN="CN=a b"`,
// "SRS=<a@example.net>".
func skipField(b []byte) []byte {
	w, rest := word(b)
	if n := bytes.IndexByte(w, '='); n > 0 && n+1 < len(w) {
		switch w[n+1] {
		case '"':
			_, rest = quoted(b[n+1:])
		case '<':
			_, rest = angle(b[n+1:])
		}
	}
	return rest
}

// deferral reads "ERRNO)[: strerror]". The text of the system stands there only if
// the error is one of its own, a positive number; what follows the other ones is
// the message.
func (v *delivery) deferral(b []byte) []byte {
	n := bytes.IndexByte(b, ')')
	if n < 0 {
		return nil
	}
	v.hasErrno = true
	var positive bool
	if n > 1 && b[0] == '-' {
		v.errno, positive = -int(min(number(b[1:n]), 1<<30)), false
	} else {
		v.errno = int(min(number(b[:n]), 1<<30))
		positive = string(b[:n]) != "0"
	}
	b = b[n+1:]
	s, ok := after(b, ": ")
	if !positive || !ok {
		return b
	}
	end := len(s)
	for _, mark := range [...]string{" H=", " DT=", ": "} {
		if i := bytes.Index(s[:end], []byte(mark)); i >= 0 {
			end = i
		}
	}
	v.system = s[:end]
	return s[end:]
}

// address cuts the recipient from the front of b. Of a mail address the first word
// is all, unless its local part is quoted. What is delivered otherwise may have
// blanks: a pipe ("|/bin/cmd -x"), a file ("/path", "save x"), an automatic reply
// (">a@example.net"), and local parts that Exim prints without their quotes.
func address(b []byte) (addr, rest []byte) {
	if len(b) == 0 {
		return nil, nil
	}
	if b[0] == '"' {
		_, rest = quoted(b)
		if at := len(b) - len(rest); at < len(b) && b[at] == '@' {
			w, rest := word(b[at:])
			return b[:at+len(w)], rest
		}
	}
	if isMail(b) {
		if addr, rest = word(b); bytes.IndexByte(addr, '@') > 0 || string(addr) == "<>" {
			return addr, rest
		}
	}
	return special(b)
}

// special cuts an address with blanks before the field or the message after it.
func special(b []byte) (addr, rest []byte) {
	end := len(b)
	for _, mark := range [...]string{" <", " (", " R=", " T=", " F=<", " P=<", " Q=", " routing defer (", " defer (", " : "} {
		if i := bytes.Index(b[:end], []byte(mark)); i >= 0 {
			end = i
		}
	}
	return b[:end], b[end:]
}

// fill puts what all three lines have in common into the event.
func (v *delivery) fill(ev *mail.Event) {
	ev.Recipient = v.address
	if bytes.IndexByte(v.top, '@') >= 0 && (bytes.IndexByte(v.address, '@') < 0 || !isMail(v.address)) {
		ev.Recipient = v.top // local part only (log_as_local), a pipe, a file
	}
	if v.hasSender {
		ev.Sender, ev.NullSender = v.sender, len(v.sender) == 0
	}
	ev.SendingIP = v.iface
	ev.Delay = v.queued
	if v.hasLasted {
		ev.Delays[3], ev.HasDelays = v.lasted, true
	}
	if v.mx.ok {
		v.mx.set(ev)
	}
}

// isMail says that an address is not a pipe, a file or a reply.
func isMail(b []byte) bool { return b[0] != '|' && b[0] != '/' && b[0] != '>' && b[0] != ':' }
