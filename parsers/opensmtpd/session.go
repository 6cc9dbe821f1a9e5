package opensmtpd

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// smtpOut reads what OpenSMTPD before 6.0 logs of its outgoing sessions, after
// "smtp-out: ", and what later versions still log in this form.
//
//	Connecting to smtp+tls://203.0.113.2:25 (mx.example.net) on session S...
//	Connected on session S
//	Started TLS on session S: ...
//	Error on session S: BANNER rejected: 421 ...
//	Error on session S after 3 messages sent: ...
func (d *Decoder) smtpOut(b []byte, emit func(*mail.Event)) found {
	id, rest := hexID(textAfter(b, "on session "))
	if id == nil {
		return aside
	}
	switch {
	case bytes.HasPrefix(b, []byte("Connecting to ")):
		address, host := word(b[len("Connecting to "):])
		if i := bytes.IndexByte(host, ')'); i > 0 && host[0] == '(' {
			d.connecting(id, address, host[1:i])
		} else {
			d.connecting(id, address, nil)
		}
		return chained
	case bytes.HasPrefix(b, []byte("Connected on ")):
		d.sessions.Put(id).connected = true
		return chained
	case bytes.HasPrefix(b, []byte("Started TLS on ")):
		if s := d.sessions.Get(id); s != nil {
			s.used = true
		}
	case bytes.HasPrefix(b, []byte("Closing session ")):
		d.sessions.Delete(id)
	case bytes.HasPrefix(b, []byte("Error on ")):
		if bytes.HasPrefix(rest, []byte(" after ")) {
			if s := d.sessions.Get(id); s != nil {
				s.used = true
			}
		}
		if i := bytes.Index(rest, []byte(": ")); i >= 0 {
			return d.broken(id, rest[i+2:], emit)
		}
	}
	return aside
}

// connecting remembers whom a session connects to: "smtp://203.0.113.2:25",
// "smtp+tls://[2001:db8::2]:25", before 6.0 "tls://IPv6:2001:db8::2:25".
func (d *Decoder) connecting(id, address, host []byte) {
	s := d.sessions.Put(id)
	*s = session{}
	if i := bytes.Index(address, []byte("://")); i >= 0 {
		address = address[i+3:]
	}
	if i := bytes.LastIndexByte(address, ':'); i > 0 && address[0] != '[' {
		address = address[:i] // the port; IPv6 addresses have brackets or a row of colons
	}
	s.ip = bytes.Clone(peer.Address(address))
	s.host = bytes.Clone(peer.Name(host))
}

// broken reads why a session ended (mta_session.c mta_error). A rejection before the
// session is ready has taken no message, so that this is the only line about it. A
// session that breaks off later tells it again for each message it had; before TLS
// and the first delivery it had none.
func (d *Decoder) broken(id, reason []byte, emit func(*mail.Event)) found {
	s := d.sessions.Get(id)
	stage, reply := rejected(reason)
	if reply == nil && (s == nil || s.used) {
		return chained
	}
	ev := d.begin()
	ev.PID, ev.Text = peer.Session(id), reason
	if s != nil {
		ev.MX, ev.MXIP = s.host, s.ip
		ev.Local = peer.IsLoopback(s.ip)
	}
	switch {
	case reply != nil:
		ev.Kind, ev.Outcome = mail.KindRefusal, mail.Refused
		ev.Reply, ev.Stage = reply, stage
	case s.connected:
		ev.Kind, ev.Outcome = mail.KindRefusal, mail.Refused // lost before it was ready
	default:
		ev.Kind, ev.Stage = mail.KindConnectFailure, mail.StageConnect
	}
	emit(ev)
	d.sessions.Delete(id)
	return told
}

// rejected reads "BANNER rejected: 421 ..." (mta_session.c mta_response).
func rejected(reason []byte) (stage mail.Stage, reply []byte) {
	i := bytes.Index(reason, []byte(" rejected: "))
	if i < 0 || i > 8 {
		return mail.StageUnknown, nil
	}
	reply = reason[i+len(" rejected: "):]
	if !peer.Speaks(reply) {
		return mail.StageUnknown, nil
	}
	switch string(reason[:i]) {
	case "BANNER":
		return mail.StageBanner, reply
	case "EHLO", "HELO", "LHLO":
		return mail.StageEHLO, reply
	case "STARTTLS":
		return mail.StageTLS, reply
	case "AUTH":
		return mail.StageAuth, reply
	}
	return mail.StageUnknown, nil
}
