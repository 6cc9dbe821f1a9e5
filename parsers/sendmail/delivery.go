package sendmail

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// fields is what stands between the recipients and the end of a delivery line:
//
//	to=<a>,<b>, ctladdr=<c> (u/g), delay=1+14:41:13, xdelay=00:00:55, mailer=esmtp, pri=1, relay=mx. [ip], dsn=4.0.0, stat=TEXT
//
// (logdelivery). reply= stands before stat= where sendmail is built with it.
type fields struct {
	delay, xdelay               int64 // microseconds
	mailer, relay, dsn          []byte
	reply, stat                 []byte
	hasDelay, hasXDelay, hasEnd bool // the last: there is a stat=
}

// delivery reads a line about recipients, after "to=".
func (d *Decoder) delivery(id, b []byte, emit func(*mail.Event)) found {
	list, rest := recipientList(b)
	f := readFields(rest)
	if !f.hasEnd { // cut, or not sendmail's
		if f.mailer != nil || f.hasDelay {
			return chained
		}
		return nothing
	}
	ev := d.begin()
	ev.QueueID, ev.DSN, ev.Text, ev.Delay = id, f.dsn, f.stat, f.delay
	ev.Relay = f.relay
	if f.hasXDelay {
		ev.HasDelays, ev.Delays[3] = true, f.xdelay
	}
	ev.MX, ev.MXIP = peer.Split(f.relay)
	ev.Local = isLocal(ev, &f)
	if !outcome(ev, &f) {
		return chained
	}
	for len(list) > 0 {
		ev.Recipient, list = nextRecipient(list)
		if len(ev.Recipient) > 0 || len(list) == 0 {
			emit(ev)
		}
	}
	return told
}

// isLocal says that a delivery is no attempt at a remote MX: to this host itself,
// or by a mailer that does not speak SMTP.
func isLocal(ev *mail.Event, f *fields) bool {
	if peer.IsLoopback(ev.MXIP) || bytes.EqualFold(ev.MX, []byte("localhost")) {
		return true
	}
	smtp := len(f.mailer) == 0 || bytes.Contains(f.mailer, []byte("smtp")) || string(f.mailer) == "relay"
	return !smtp && len(ev.MXIP) == 0
}

// readFields reads ", key=value" fields up to stat=, which is the last and holds
// free text. A comma may be missing.
func readFields(b []byte) (f fields) {
	for len(b) > 0 {
		b = bytes.TrimLeft(b, ", ")
		eq := bytes.IndexByte(b, '=')
		if eq < 0 {
			return f
		}
		key := b[:eq]
		b = b[eq+1:]
		switch string(key) {
		case "stat":
			f.stat, f.hasEnd = b, true
			return f
		case "reply":
			end := bytes.Index(b, []byte(", stat="))
			if end < 0 {
				return f
			}
			f.reply, b = b[:end], b[end:]
			continue
		}
		var value []byte
		value, b = cutField(b)
		switch string(key) {
		case "delay":
			f.delay, f.hasDelay = interval(value)
		case "xdelay":
			f.xdelay, f.hasXDelay = interval(value)
		case "mailer":
			f.mailer = value
		case "relay":
			f.relay = value
		case "dsn":
			f.dsn = value
		}
	}
	return f
}

// cutField cuts a value before the next field: ", key=", or a bare " dsn=" or
// " stat=" where the comma got lost.
func cutField(b []byte) (value, rest []byte) {
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == ',' && isField(b[i+1:]), b[i] == ' ' && (has(b[i:], " dsn=") || has(b[i:], " stat=")):
			return b[:i], b[i:]
		}
	}
	return b, nil
}

// isField says that b begins with " key=".
func isField(b []byte) bool {
	if len(b) < 3 || b[0] != ' ' {
		return false
	}
	i := 1
	for i < len(b) && (b[i]|0x20-'a' < 26 || b[i] == '_') {
		i++
	}
	return i > 1 && i < len(b) && b[i] == '='
}

// interval reads "1+14:41:13" or "00:00:11" as microseconds (pintvl in conf.c).
func interval(b []byte) (micro int64, ok bool) {
	var days int64
	if i := bytes.IndexByte(b, '+'); i >= 0 {
		if days, ok = digits(b[:i]); !ok {
			return 0, false
		}
		b = b[i+1:]
	}
	if len(b) != 8 || b[2] != ':' || b[5] != ':' {
		return 0, false
	}
	h, ok1 := digits(b[:2])
	m, ok2 := digits(b[3:5])
	s, ok3 := digits(b[6:])
	if !ok1 || !ok2 || !ok3 {
		return 0, false
	}
	return (((days*24+h)*60+m)*60 + s) * 1e6, true
}

// digits reads a number of up to six digits.
func digits(b []byte) (v int64, ok bool) {
	if len(b) == 0 || len(b) > 6 {
		return 0, false
	}
	for _, c := range b {
		if c-'0' > 9 {
			return 0, false
		}
		v = v*10 + int64(c-'0')
	}
	return v, true
}

// recipientList cuts the recipients from the front of b.
func recipientList(b []byte) (list, rest []byte) {
	more := []byte(" [more]") // logdelivery goes on with the same list on the next line
	rest = b
	for len(rest) > 0 {
		_, rest = nextRecipient(rest)
		if len(rest) == 0 || rest[0] == ' ' || isField(rest) {
			break
		}
	}
	list = b[:len(b)-len(rest)]
	if i := bytes.Index(list, more); i >= 0 {
		list = list[:i]
	}
	rest = bytes.TrimPrefix(rest, more)
	return bytes.TrimRight(list, ", "), rest
}

// maxAddress is how far the end of brackets and quotes is looked for, far above the
// 320 bytes of the longest address (RFC 5321 4.5.3.1).
const maxAddress = 1024

// nextRecipient cuts one recipient and the comma after it. The address may hold
// commas in angle brackets and in quotes.
func nextRecipient(b []byte) (addr, rest []byte) {
	near := b[:min(len(b), maxAddress)]
	if len(b) > 0 && b[0] == '<' {
		for i := quotedEnd(near); i < len(near); i++ {
			if b[i] == '>' && (i+1 == len(b) || b[i+1] == ',') {
				return b[1:i], bytes.TrimPrefix(b[i+1:], []byte(","))
			}
		}
	}
	quoted := false
	for i := 0; i < len(near); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		case ',':
			if !quoted {
				return b[:i], b[i+1:]
			}
		}
	}
	if i := bytes.IndexByte(b, ','); i >= 0 { // a quote that is never closed opens nothing
		return b[:i], b[i+1:]
	}
	return b, nil
}

// quotedEnd returns the place after a quoted local part that begins at b[1], or 1 if
// there is none.
func quotedEnd(b []byte) int {
	if len(b) < 2 || b[1] != '"' {
		return 1
	}
	for i := 2; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 1
}
