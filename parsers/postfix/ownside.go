package postfix

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// ownSide reads what our own server says when it has too many clients. The words
// are those of a receiver that refuses us, but the client is the other side:
//
//	postscreen  NOQUEUE: reject: CONNECT from [IP]:PORT: too many connections
//	postscreen  NOQUEUE: reject: CONNECT from [IP]:PORT: all screening ports busy
//	smtpd       warning: Connection concurrency limit exceeded: N from H[IP] for service smtp
//	smtpd       warning: Connection rate limit exceeded: N from H[IP] for service smtp
//
// (postscreen.c; smtpd.c, which asks anvil(8).) Other rejections and warnings are
// no part of the chain.
func (d *Decoder) ownSide(b []byte) found {
	if d.agent != server && d.agent != unknownAgent {
		return nothing
	}
	if rest, ok := after(without(b, "NOQUEUE: "), "reject: "); ok { // Postfix 2.8 has no NOQUEUE
		return d.rejected(b, rest)
	}
	if rest, ok := after(b, "warning: "); ok {
		return d.limited(b, rest)
	}
	return nothing
}

// rejected reads "CONNECT from H[IP]:PORT: TEXT; proto=...".
func (d *Decoder) rejected(text, b []byte) found {
	i := bytes.Index(b, []byte(" from "))
	if i < 0 || i > 16 {
		return nothing
	}
	_, in, rest, ok := peer(b[i+len(" from "):])
	if !ok || !has(rest, ": ") {
		return nothing
	}
	reply := rest[2:]
	for _, tail := range [...]string{"; from=<", "; proto="} {
		if i := bytes.Index(reply, []byte(tail)); i >= 0 {
			reply = reply[:i]
		}
	}
	if !saysTooMany(reply) {
		return nothing
	}
	return d.turnedAway(text, in, reply)
}

// limited reads "NAME limit exceeded: N from H[IP] for service S", and the words
// of Postfix 2.1, "Too many connections: N from ...".
func (d *Decoder) limited(text, b []byte) found {
	colon := bytes.IndexByte(b, ':')
	if colon < 0 || !bytes.HasSuffix(b[:colon], []byte(" limit exceeded")) && !has(b, "Too many ") && !has(b, "Too frequent ") {
		return nothing
	}
	i := bytes.Index(b[colon:], []byte(" from "))
	if i < 0 {
		return nothing
	}
	_, in, rest, ok := peer(b[colon+i+len(" from "):])
	if !ok || !has(rest, " for service ") {
		return nothing
	}
	return d.turnedAway(text, in, b[:colon])
}

func (d *Decoder) turnedAway(text, client, reply []byte) found {
	ev := d.begin()
	ev.Kind, ev.Client, ev.Text, ev.Reply = mail.KindOwnSide, client, text, reply
	return told
}

func saysTooMany(b []byte) bool {
	for _, words := range [...]string{"too many connections", "Too many connections", "too many concurrent", "Too many concurrent",
		"ports busy", "ports are busy", "connection limit", "Connection limit"} {
		if bytes.Contains(b, []byte(words)) {
			return true
		}
	}
	return false
}
