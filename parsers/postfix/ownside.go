package postfix

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
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
	_, in, rest, ok := cutPeer(b[i+len(" from "):])
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
	_, in, rest, ok := cutPeer(b[colon+i+len(" from "):])
	if !ok || !has(rest, " for service ") {
		return nothing
	}
	return d.turnedAway(text, in, b[:colon])
}

// userLimit is Dovecot's limit of sessions per user and address, in the words of its
// log: "imap-login: Maximum number of connections from user+IP exceeded
// (mail_max_userip_connections=10): user=<a>, ..., rip=192.0.2.9, ...".
var userLimit = []byte("(mail_max_userip_connections=")

// neighbour reads what Dovecot logs beside Postfix: a mailbox client that it turned
// away for its number of connections. That is no MX and no receiver of ours.
func (d *Decoder) neighbour(b []byte) found {
	if !has(d.head.Process, "dovecot") {
		return nothing
	}
	i := bytes.Index(b, userLimit)
	if i < 0 {
		return nothing
	}
	var client []byte
	if at := bytes.Index(b, []byte("rip=")); at >= 0 {
		client, _, _ = bytes.Cut(b[at+len("rip="):], []byte(","))
		if !peer.IsIP(client) {
			client = nil
		}
	}
	_, text, ok := bytes.Cut(b[:i], []byte(": "))
	if !ok {
		text = b[:i]
	}
	return d.turnedAway(b, client, bytes.TrimSpace(text))
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
