package syslog

import "bytes"

// Repeated unwraps a line that stands for copies of another one.
//
// rsyslog writes "message repeated 2 times: [ body]" and keeps the tag: body is
// the message, n the number of further copies. syslogd writes "last message
// repeated 3 times" for the line before of the same host: body is empty. Copies
// of a delivery line are hardly further deliveries (they would have the same
// delay), so that such a line counts as one at most.
//
// ok is false if the line is of neither kind.
func Repeated(b []byte) (body []byte, n int, ok bool) {
	if len(b) < 20 || b[0] != 'm' && b[0] != 'l' { // nearly all
		return nil, 0, false
	}
	return repeated(b)
}

func repeated(b []byte) (body []byte, n int, ok bool) {
	rest, last := bytes.CutPrefix(b, []byte("last message repeated "))
	if !last {
		if rest, ok = bytes.CutPrefix(b, []byte("message repeated ")); !ok {
			return nil, 0, false
		}
	}
	n, k := number(rest, 9)
	if rest, ok = bytes.CutPrefix(rest[k:], []byte(" time")); k == 0 || !ok {
		return nil, 0, false
	}
	rest = bytes.TrimPrefix(rest, []byte("s"))
	if last {
		return nil, n, len(rest) == 0
	}
	if rest, ok = bytes.CutPrefix(rest, []byte(": [")); !ok {
		return nil, 0, false
	}
	return skipSpaces(bytes.TrimSuffix(rest, []byte("]"))), n, true
}
