package exim

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// host is "name [address]", as H= has it.
type host struct {
	name, address []byte
	// reused says that the message went over a connection that was open already:
	// the "*" after the address (deliver.c d_hostlog).
	reused bool
	ok     bool
}

// readHost reads "name [DS ][address][:port][*]" at the start of b. DS tells of
// DNSSEC, the port is there with outgoing_port. Without an address in brackets
// right after the name it is no host that mail was sent to: "host (helo) [ip]" and
// "[ip]" are senders.
func readHost(b []byte) (h host, rest []byte) {
	n := bytes.IndexByte(b[:min(len(b), maxName)], ' ')
	if n < 1 || b[0] == '(' || b[0] == '[' {
		return host{}, b
	}
	in, _ := after(b[n+1:], "DS ")
	if len(in) == 0 || in[0] != '[' {
		return host{}, b
	}
	end := bytes.IndexByte(in[:min(len(in), maxName)], ']')
	if end < 0 || bytes.IndexByte(in[:end], ' ') >= 0 {
		return host{}, b
	}
	h = host{name: b[:n], ok: true}
	if address := in[1:end]; peer.IsIP(address) {
		h.address = address
	}
	rest = in[end+1:]
	if len(rest) > 1 && rest[0] == ':' && isPort(rest[1]) {
		i := 2
		for i < len(rest) && isPort(rest[i]) {
			i++
		}
		rest = rest[i:]
	}
	if len(rest) > 0 && rest[0] == '*' {
		h.reused, rest = true, rest[1:]
	}
	return h, rest
}

// maxName is more than a host name or an address has (RFC 1035 2.3.4).
const maxName = 256

func isPort(c byte) bool { return c-'0' <= 9 || (c|0x20)-'a' <= 25 || c == '_' }

// set names the receiver. A loopback address is no MX.
func (h *host) set(ev *mail.Event) {
	ev.MX, ev.MXIP = h.name, h.address
	ev.Local = peer.IsLoopback(h.address)
	if h.reused {
		ev.ConnUse = 2
	}
}

// hostFailure reads the line about a host that failed (smtp.c write_logs), after
// "H=". Exim writes a colon before the text, but none before the words of the
// system, and none at the RCPT stage where it logs the port:
//
//	H=mx.example.net [192.0.2.1]:25: SMTP error from remote mail server after initial connection: 421 ...
//	H=mx.example.net [192.0.2.1]:25 SMTP error from remote mail server after RCPT TO:<a@example.net>: 451 ...
//	H=mx.example.net [192.0.2.1] Connection timed out
//
// Lines about a client begin the same way and go on with fields or with other words.
func (d *Decoder) hostFailure(id, b []byte) found {
	h, rest := readHost(b)
	if !h.ok {
		return nothing
	}
	text, colon := after(rest, ": ")
	if !colon {
		var ok bool
		if text, ok = after(rest, " "); !ok || !isSMTP(text) && !isSystem(text) {
			return nothing
		}
	}
	return d.refusal(id, h, text)
}

// oldFailure reads the same line as Exim wrote it before 4.83: without H=, and with
// the host inside the text or before the words of the system.
//
//	SMTP error from remote mail server after RCPT TO:<a@example.net>: host mx.example.net [192.0.2.1]: 451 ...
//	mx.example.net [192.0.2.1] Connection refused
func (d *Decoder) oldFailure(id, b []byte) found {
	if isSMTP(b) {
		if c := readCause(b); c.mx.ok {
			return d.refusal(id, c.mx, b)
		}
		return nothing
	}
	h, rest := readHost(b)
	if !h.ok || h.address == nil {
		return nothing
	}
	text, ok := after(rest, ": ")
	if !ok {
		text, ok = after(rest, " ")
	}
	if !ok || !isSystem(text) {
		return nothing
	}
	return d.refusal(id, h, text)
}

func (d *Decoder) refusal(id []byte, h host, text []byte) found {
	ev := d.begin(mail.KindRefusal, id)
	ev.Outcome, ev.Twin, ev.Text = mail.Refused, true, text
	c := readCause(text)
	ev.Reply, ev.Stage = c.reply, c.stage
	h.set(ev)
	return told
}

// isSMTP says that a text is one of those that smtp.c makes of an answer, or of
// its absence.
func isSMTP(b []byte) bool {
	return has(b, "SMTP error from remote mail") || has(b, "LMTP error after ") || has(b, "SMTP timeout ") ||
		has(b, "Remote host ") || has(b, "Malformed SMTP reply ")
}

// isSystem says that a text looks like the words of strerror(3): "Connection timed
// out", "No route to host". The words differ from system to system.
func isSystem(b []byte) bool {
	if len(b) < 4 || len(b) > 64 || b[0]-'A' > 25 || has(b, "Warning") || has(b, "SMTP ") {
		return false
	}
	for _, c := range b {
		if (c|0x20)-'a' > 25 && c-'0' > 9 && bytes.IndexByte([]byte(" -/',.()"), c) < 0 {
			return false
		}
	}
	return true
}
