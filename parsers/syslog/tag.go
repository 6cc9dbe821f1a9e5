package syslog

import "bytes"

// sender reads host and tag of an RFC 3164 line, after its time stamp.
//
// Beside "host tag[pid]: body" it knows what some systems put in between: the
// facility and level of FreeBSD ("<mail.info>"), busybox ("mail.info") and AIX
// ("mail:info"), and the message id of Solaris after the tag
// ("[ID 197553 mail.info]"). A line may lack the host, or the tag.
func sender(b []byte, h *Header) {
	if len(b) > 0 && b[0] == '<' {
		b = skipFacility(b)
	}
	if host := bytes.IndexByte(b, ' '); host < 0 {
		if !tag(b, h) {
			h.Host = b
			h.Body = b[len(b):]
		}
		return
	} else if host == 0 || b[host-1] != ':' || !tag(b, h) {
		h.Host = b[:host]
		b = skipSpaces(b[host:])
	} else {
		return
	}
	if tag(b, h) {
		return
	}
	rest := skipFacility(b)
	if len(rest) == len(b) || !tag(rest, h) {
		h.Body = rest
	}
}

// tag reads "postfix/smtp[123]: body" and returns false if b begins with
// anything else.
func tag(b []byte, h *Header) bool {
	i, slash := 0, -1
	for ; i < len(b); i++ {
		if c := tagByte[b[i]]; c == ends {
			break
		} else if c == parts {
			slash = i
		}
	}
	if i == 0 || i == len(b) {
		return false
	}
	pid, rest, ok := afterTag(b[i:])
	if !ok {
		return false
	}
	h.PID, h.Body = pid, rest
	h.Instance, h.Process = nil, b[:i]
	if slash >= 0 {
		h.Instance, h.Process = b[:slash], b[slash+1:i]
	}
	return true
}

// afterTag reads what follows the name of a program, "[123]: body" or ": body"; ok is
// false if b begins with anything else.
func afterTag(b []byte) (p uint32, body []byte, ok bool) {
	i := 0
	if b[0] == '[' {
		p, i = pid(b[1:])
		if i++; i >= len(b) || b[i] != ']' {
			return 0, nil, false
		}
		i++
		if i < len(b) && b[i] == ':' {
			i++
		}
	} else if b[0] == ':' {
		i = 1
	}
	if i == 0 || i < len(b) && b[i] != ' ' {
		return 0, nil, false
	}
	body = skipSpaces(b[i:])
	if len(body) > 0 && body[0] == '[' {
		body = solaris(body)
	}
	return p, body, true
}

// What a byte does to a tag.
const (
	ends = iota
	belongs
	parts // instance and process
)

// tagByte marks what a tag is made of: all that prints but for the characters
// that end it.
var tagByte = func() (t [256]uint8) {
	for c := '!'; c <= '~'; c++ {
		if c != ':' && c != '[' && c != ']' {
			t[c] = belongs
		}
	}
	t['/'] = parts
	return t
}()

// pid reads a process id; one that does not fit is 0.
func pid(b []byte) (v uint32, n int) {
	var p uint64
	for n < len(b) && n < 20 && b[n]-'0' <= 9 {
		p = p*10 + uint64(b[n]-'0')
		n++
	}
	if n > 10 || p > 1<<32-1 {
		p = 0
	}
	return uint32(p), n
}

// solaris skips "[ID 197553 mail.info] ".
func solaris(b []byte) []byte {
	if len(b) < 5 || string(b[:4]) != "[ID " {
		return b
	}
	_, n := pid(b[4:])
	if n == 0 || 4+n >= len(b) || b[4+n] != ' ' {
		return b
	}
	end := bytes.IndexByte(b, ']')
	if end < 0 || !isFacility(b[5+n:end]) {
		return b
	}
	return skipSpaces(b[end+1:])
}

// skipFacility skips "<mail.info> ", "mail.info " and "mail:info ".
func skipFacility(b []byte) []byte {
	i := bytes.IndexByte(b, ' ')
	if i < 3 || i > 20 {
		return b
	}
	word := b[:i]
	if word[0] == '<' && word[i-1] == '>' {
		word = word[1 : i-1]
		if bytes.IndexByte(word, '.') < 0 {
			return b
		}
		return skipSpaces(b[i:])
	}
	if !isFacility(word) {
		return b
	}
	return skipSpaces(b[i:])
}

// isFacility says that the word is a facility and a level of syslog.conf(5).
func isFacility(word []byte) bool {
	i := bytes.IndexAny(word, ".:")
	if i < 0 {
		return false
	}
	switch string(word[i+1:]) {
	case "emerg", "alert", "crit", "err", "error", "warn", "warning", "notice", "info", "debug":
	default:
		return false
	}
	switch string(word[:i]) {
	case "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
		"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7":
		return true
	}
	return false
}
