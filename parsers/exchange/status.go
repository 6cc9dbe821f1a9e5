package exchange

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
)

// status is what recipient-status says about one recipient: a reply, or
//
//	[{LRT=time};{LED=450 4.7.0 text};{FQDN=mx.example.net};{IP=203.0.113.2}]
//
// of which LED is the last error, FQDN and IP the last host.
type status struct {
	text, reply, mx, ip []byte
	led                 bool
}

// readStatus reads the status of one recipient. smtp says that what stands there comes
// from an SMTP session.
func readStatus(b []byte, smtp bool) (s status) {
	b = bytes.TrimSpace(b)
	s.text = b
	if led, ok := field(b, "LED"); ok {
		s.text, s.led = led, true
		if fqdn, ok := field(b, "FQDN"); ok {
			s.mx = peer.Name(fqdn)
		}
		if ip, ok := field(b, "IP"); ok {
			s.ip = peer.Address(ip)
		}
	} else if bytes.HasPrefix(b, []byte("[{")) {
		s.text = nil // no error among the fields
	}
	if s.led || smtp {
		s.reply = quoted(s.text)
	}
	return s
}

// field returns the value of "{NAME=value}" in a list of such fields. A value may hold
// braces, as long as they come in pairs.
func field(b []byte, name string) (value []byte, ok bool) {
	for i := 0; i+len(name)+1 < len(b); i++ {
		if b[i] != '{' || !bytes.HasPrefix(b[i+1:], []byte(name)) || b[i+1+len(name)] != '=' || i > 0 && b[i-1] != ';' && b[i-1] != '[' {
			continue
		}
		value = b[i+len(name)+2:]
		depth := 0
		for k, c := range value {
			switch {
			case c == '{':
				depth++
			case c == '}' && depth == 0:
				return value[:k], true
			case c == '}':
				depth--
			}
		}
		return value, true
	}
	return nil, false
}

// splitStatus cuts recipient-status into one status for each of n recipients. The
// separator ";" also stands in statuses: inside the brackets of the fields above, and
// in texts ("550 4.4.7 QUEUE.Expired; message expired"). A list that cannot be told
// apart counts as a whole for every recipient.
func splitStatus(to [][]byte, b []byte, n int) (list [][]byte, whole bool) {
	for _, strict := range [...]bool{false, true} {
		to = cutStatus(to[:0], b, strict)
		if len(to) == n+1 && len(to[n]) == 0 {
			to = to[:n] // after the last ";"
		}
		if len(to) == n {
			return to, false
		}
	}
	return append(to[:0], b), true
}

// cutStatus cuts at every ";" outside of brackets; strictly only at those before what
// begins a status.
func cutStatus(to [][]byte, b []byte, strict bool) [][]byte {
	depth, start := 0, 0
	for i, c := range b {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		case ';':
			if rest := b[i+1:]; depth > 0 || strict && !(len(rest) == 0 || rest[0] == ';' || rest[0] == '[' || peer.Speaks(rest)) {
				continue
			}
			to = append(to, b[start:i])
			start = i + 1
		}
	}
	return append(to, b[start:])
}

// reasonOf takes the words of a session off source-context, and returns its id:
//
//	08D7F0E3A9C8B1D2;250 2.0.0 OK;ClientSubmitTime:2026-03-03T10:18:20.000Z
func reasonOf(b []byte) (text, session []byte) {
	if first, rest, ok := bytes.Cut(b, []byte(";")); ok && len(first) == 16 && isHex(first) {
		session, b = first, rest
	} else if len(b) == 16 && isHex(b) {
		return nil, b
	}
	if i := bytes.Index(b, []byte(";ClientSubmitTime:")); i >= 0 {
		b = b[:i]
	} else if bytes.HasPrefix(b, []byte("ClientSubmitTime:")) {
		b = nil
	}
	return bytes.Trim(b, " ;"), session
}

// quoted returns what a receiver said, of an error as Exchange puts it; nil if none
// spoke. Exchange answers itself in the words of SMTP where there was no answer, and
// quotes the answer where there was one:
//
//	451 4.4.0 Primary target IP address responded with: "421 4.7.0 text." Attempted failover ...
//	441 4.4.1 Error encountered while communicating with primary target IP address: "421 4.2.1 Unable to connect." ...
//	550 5.4.300 Message expired -> 451 4.7.500 text
//	450 4.4.317 Cannot connect to remote server [Message=421 text] [LastAttemptedServerName=mx.example.net] ...
func quoted(b []byte) []byte { return quotedIn(b, 0) }

// maxQuotes bounds how many quotations inside one another are read.
const maxQuotes = 4

func quotedIn(b []byte, depth int) []byte {
	b = bytes.Trim(bytes.TrimSpace(b), `"`)
	if !peer.Speaks(b) || depth > maxQuotes {
		return nil
	}
	if !isOwnText(b) {
		return b
	}
	for _, q := range [...]struct{ open, end string }{{`: "`, `" Attempted`}, {`: "`, `"`}, {" -> ", ""}, {"[Message=", "]"}} {
		i := bytes.Index(b, []byte(q.open))
		if i < 0 {
			continue
		}
		inner := b[i+len(q.open):]
		if q.end != "" {
			end := bytes.Index(inner, []byte(q.end))
			if end < 0 && q.end != `"` {
				continue
			}
			if end >= 0 {
				inner = inner[:end]
			}
		}
		return quotedIn(inner, depth+1)
	}
	return nil
}

// ownTexts are the beginnings of what Exchange says itself, after the codes.
var ownTexts = [...]string{
	"primary target ip address responded with", "error encountered while communicating with", "error communicating with target host",
	"unable to connect", "connection dropped", "connection timed out", "connection refused", "cannot connect to remote server",
	"remote server response was not rfc conformant", "dns query failed", "failed to connect", "message delayed", "message expired",
	"queue.expired", "smtpsend.", "cannot achieve exchange server authentication", "unable to open connection", "a matching connector",
}

// isOwnText says that a text with a code was made by Exchange, not said by a receiver.
func isOwnText(b []byte) bool {
	code, rest := b[:3], bytes.TrimLeft(b[3:], " -")
	if word, after, ok := bytes.Cut(rest, []byte(" ")); ok && isEnhanced(word) {
		if bytes.HasPrefix(word[1:], []byte(".4.3")) && len(word) == 7 && word[0] == code[0] {
			return true // 4.4.3xx and 5.4.3xx are its own codes for connections
		}
		rest = after
	}
	for _, own := range ownTexts {
		if len(rest) >= len(own) && bytes.EqualFold(rest[:len(own)], []byte(own)) {
			return true
		}
	}
	return false
}

// isEnhanced says that b is an enhanced status code (RFC 3463 2).
func isEnhanced(b []byte) bool {
	return len(b) >= 5 && len(b) <= 9 && b[0] >= '2' && b[0] <= '5' && b[1] == '.' && bytes.IndexByte(b[2:], '.') > 0 &&
		len(bytes.Trim(b, ".0123456789")) == 0
}

// isExpiry says that a message was given up because it had waited too long: the code of
// RFC 3463 3.5 (X.4.7), or Exchange's 5.4.300 and its words.
func isExpiry(b []byte) bool {
	if peer.Speaks(b) {
		rest := bytes.TrimLeft(b[3:], " -")
		word, _, _ := bytes.Cut(rest, []byte(" "))
		switch string(word) {
		case "4.4.7", "5.4.7", "5.4.300", "4.4.300":
			return true
		}
	}
	lower := bytes.ToLower(b[:min(len(b), 200)])
	return bytes.Contains(lower, []byte("queue.expired")) || bytes.Contains(lower, []byte("message expired"))
}
