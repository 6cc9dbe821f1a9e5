package exim

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// daemon reads a line without a message id. Of these only the limits of our own
// server tell something: they have the words of a receiver that refuses us, but
// the client is the other side.
//
//	Connection from [IP]:PORT refused: too many connections[ from that IP address]      daemon.c, smtp_accept_max
//	temporarily refused connection from H [IP]: not in reserve list: connected=N ...    smtp_in.c, smtp_accept_reserve
//	H=host [IP] temporarily rejected connection in "connect" ACL: too many connections  smtp_in.c smtp_handle_acl_fail
//
// A connection refused for the load of this host, or for what the client is, is
// none of them.
func (d *Decoder) daemon(b []byte) found {
	switch {
	case has(b, "Connection from ["):
		if _, reason, ok := bytes.Cut(b, []byte(" refused: ")); ok && has(reason, "too many connections") {
			return d.limited(b, b, reason)
		}
	case has(b, "temporarily refused"):
		if i := bytes.Index(b, []byte("not in reserve list: connected=")); i >= 0 {
			return d.limited(b, b, b[i:])
		}
	case has(b, "H="):
		return d.turnedAway(b)
	}
	return nothing
}

// turnedAway reads what an access control list of ours refused: "H=host [IP] ...
// [temporarily ]rejected connection in "connect" ACL[: REASON]", "... dropped by
// 'connect' ACL: REASON", "... rejected RCPT <a@example.net>: REASON". Only the
// reason tells a limit from all else that is refused.
func (d *Decoder) turnedAway(b []byte) found {
	var rest []byte
	if i := bytes.Index(b, []byte("rejected ")); i > 0 {
		rest = b[i:]
	} else if i := bytes.Index(b, []byte("dropped by ")); i > 0 {
		rest = b[i:]
	} else {
		return nothing
	}
	_, reason, ok := bytes.Cut(rest, []byte(": "))
	if !ok || !saysTooMany(reason) {
		return nothing
	}
	return d.limited(b[:len(b)-len(rest)], b, reason)
}

// limited tells of a client that met a limit of ours; from names it.
func (d *Decoder) limited(from, text, reason []byte) found {
	ev := d.begin(mail.KindOwnSide, nil)
	ev.Text, ev.Reply = text, reason
	for i, c := range from {
		if c != '[' || i > 0 && from[i-1] == '(' { // "(" is a HELO name, "([10.0.0.1])"
			continue
		}
		if in, _, _ := bytes.Cut(from[i+1:min(len(from), i+64)], []byte("]")); peer.IsIP(in) {
			ev.Client = in
			break
		}
	}
	return told
}

func saysTooMany(b []byte) bool {
	for _, words := range [...]string{"too many connections", "Too many connections", "too many concurrent", "Too many concurrent",
		"too many simultaneous", "Too many simultaneous", "connection limit", "Connection limit", "connection rate", "Connection rate"} {
		if bytes.Contains(b, []byte(words)) {
			return true
		}
	}
	return false
}

// isNoise knows a line without a time that is no part of the chain: it is empty, a
// comment, a heading of exigrep, or a header that a reject log adds to its line
// (log.c).
func isNoise(b []byte) bool {
	if len(b) == 0 || b[0] == '#' || b[0] == '\t' || has(b, "+++ ") || has(b, "-- ") || has(b, "    ") ||
		has(b, "Envelope-from: <") || has(b, "Envelope-to: <") {
		return true
	}
	if len(b) < 4 || b[1] != ' ' || b[0] != ' ' && b[0] != '*' && b[0]-'A' > 25 {
		return false
	}
	n := bytes.IndexByte(b[2:], ':')
	return n > 0 && bytes.IndexByte(b[2:2+n], ' ') < 0
}

// isDaemon knows the remarks of the daemon and of the receiving side.
func isDaemon(b []byte) bool {
	for _, words := range [...]string{"exim ", "Start queue run: pid=", "End queue run: pid=", "SMTP connection ", "Connection from [",
		"SMTP call from ", "SMTP command timeout on connection from ", "SMTP data timeout ", "SMTP protocol ", "SMTP syntax error in ",
		"no MAIL in SMTP connection from ", "no host name found for IP address ", "no IP address found for host ",
		"TLS error on connection from ", "unexpected disconnection while reading SMTP command from ", "rejected EHLO ", "rejected HELO ",
		"refused connection from ", "temporarily refused connection from "} {
		if has(b, words) {
			return true
		}
	}
	if has(b, "H=") {
		return bytes.Contains(b, []byte("rejected ")) || bytes.Contains(b, []byte(" sender verify ")) || bytes.Contains(b, []byte(" ACL"))
	}
	return bytes.Contains(b, []byte(" authenticator failed for "))
}

// score counts the lines that only Exim writes: those of a message, those with its
// tag, and the remarks of its daemon.
func score(sample [][]byte) (n int) {
	d := NewDecoder(parsers.Options{})
	for _, line := range sample {
		events := false
		v := d.Decode(line, func(e *mail.Event) { events = events || e.Kind != mail.KindNone })
		tagged := !d.direct && has(d.head.Process, "exim")
		if events || v == mail.Understood || tagged || d.direct && isDaemon(d.head.Body) {
			n++
		}
	}
	return n
}
