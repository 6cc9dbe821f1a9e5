package postfix

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// delivery reads what log_adhoc.c prints, from "to=" on:
//
//	to=<addr>[, orig_to=<addr>], relay=R[, conn_use=N], delay=D, delays=a/b/c/d[, tls=F], dsn=X.Y.Z, status=S (reason)
//
// Fields are read from left to right, in any order and with unknown ones among
// them; status= is the last, and the reason after it is free text. Postfix
// before 2.3 has neither delays= nor dsn=.
//
// It returns false if the line claims no attempt: a cut line without a status,
// or an address probe.
func (d *Decoder) delivery(ev *mail.Event, b []byte) bool {
	ev.Recipient, b = address(b)
	for len(b) > 2 {
		b = b[2:] // the ", " before the field
		switch b[0] {
		case 's':
			if rest, ok := after(b, "status="); ok {
				return d.status(ev, rest)
			}
		case 'o':
			if rest, ok := after(b, "orig_to="); ok {
				_, b = address(rest)
				continue
			}
		case 'd':
			if rest := figures(ev, b); rest != nil {
				b = rest
				continue
			}
		}
		value, rest := field(b)
		if rest == nil { // cut, and nobody knows what is missing
			return false
		}
		switch b[0] {
		case 'r':
			if has(value, "relay=") {
				ev.Relay = value[len("relay="):]
			}
		case 'c':
			if has(value, "conn_use=") {
				ev.ConnUse = uint32(min(number(value[len("conn_use="):]), 1<<31))
			}
		case 'd':
			if has(value, "delays=") {
				ev.Delays, ev.HasDelays = [4]int64{}, false // they are not as they should be
			} else if has(value, "delay=") {
				ev.Delay, _ = seconds(value[len("delay="):])
			} else if has(value, "dsn=") {
				ev.DSN = value[len("dsn="):]
			}
		}
		b = rest
	}
	return false
}

// figures reads a field of figures only, whose end is where they end. rest is nil, and
// nothing is read, where b begins with any other field or with one that is not as it
// should be.
func figures(ev *mail.Event, b []byte) (rest []byte) {
	switch {
	case has(b, "delay="):
		micro, n := leadingSeconds(b[len("delay="):])
		if rest = b[len("delay=")+n:]; n > 0 && isNext(rest) {
			ev.Delay = micro
			return rest
		}
	case has(b, "delays="):
		v, n := delays(b[len("delays="):])
		if rest = b[len("delays=")+n:]; n > 0 && isNext(rest) {
			ev.Delays, ev.HasDelays = v, true
			return rest
		}
	case has(b, "dsn="):
		i := len("dsn=")
		for i < len(b) && (b[i]-'0' <= 9 || b[i] == '.') {
			i++
		}
		if isNext(b[i:]) {
			ev.DSN = b[len("dsn="):i]
			return b[i:]
		}
	}
	return nil
}

// isNext says that the next field begins here.
func isNext(b []byte) bool { return len(b) > 1 && b[0] == ',' && b[1] == ' ' }

// field cuts b before the next ", ". rest is nil if there is none.
func field(b []byte) (value, rest []byte) {
	for i := 0; ; {
		n := bytes.IndexByte(b[i:], ',')
		if n < 0 {
			return b, nil
		}
		if i += n; isNext(b[i:]) {
			return b[:i], b[i:]
		}
		i++
	}
}

// status reads "deferred (reason)" and all that hangs on it.
func (d *Decoder) status(ev *mail.Event, b []byte) bool {
	n := bytes.IndexByte(b, ' ')
	if n < 0 {
		n = len(b)
	}
	switch string(b[:n]) {
	case "sent":
		ev.Outcome = mail.Delivered
	case "deferred", "SOFTBOUNCE": // soft_bounce = yes, bounce.c
		ev.Outcome = mail.Deferred
	case "bounced":
		ev.Outcome = mail.Bounced
	default: // "deliverable" and the like are probes of verify(8), a half word is a cut line
		return false
	}
	ev.Kind = mail.KindAttempt
	text, cut := reason(b[n:])
	ev.Text = text

	d.relay(ev)
	if ev.Outcome == mail.Delivered {
		ev.Local = ev.Local || string(ev.Relay) == "none" // discard(8)
		sent(ev, text, cut)
		return true
	}
	c := readReason(text, cut)
	d.apply(ev, &c)
	switch {
	case ev.Outcome == mail.Deferred && (c.suspended || d.agent == suspender):
		ev.Outcome = mail.Suspended
	case d.agent == suspender:
		ev.Local = true // error(8) bounces by order of a table
	}
	return true
}

// reason cuts the parentheses from " (reason)". cut says that the closing one is
// missing: the line was longer than a system log takes.
func reason(b []byte) (text []byte, cut bool) {
	if n := len(b); n > 0 && b[n-1] == ' ' {
		b = bytes.TrimRight(b, " ")
	}
	if len(b) < 2 || b[0] != ' ' || b[1] != '(' {
		return nil, true
	}
	if b[len(b)-1] != ')' {
		return b[2:], true
	}
	return b[2 : len(b)-1], false
}

// sent fills in what the text of a delivery says: the reply of the next hop, and
// the queue id it gave.
func sent(ev *mail.Event, text []byte, cut bool) {
	if len(text) > 3 && text[0] == '2' && text[1]-'0' <= 9 && text[2]-'0' <= 9 && (text[3] == ' ' || text[3] == '-') {
		ev.Reply, ev.Stage = text, mail.StageEndOfData
	}
	if cut { // half an id is another id
		return
	}
	if i := lastIndex(text, queuedAs, 0); i >= 0 {
		ev.Child = token(text[i+len(queuedAs):])
	} else if rest, ok := after(text, "forwarded as "); ok {
		ev.Child = token(rest) // local(8), forward.c
	}
}

var queuedAs = []byte("queued as ")

// relay takes the receiving host from relay=, and what tells that the delivery
// stays on this host.
func (d *Decoder) relay(ev *mail.Event) {
	ev.Local = d.agent.onHost()
	if name, in, _, ok := cutPeer(ev.Relay); ok {
		setMX(ev, name, in)
	} else if len(ev.Relay) > 0 && string(ev.Relay) != "none" {
		ev.Local = true // "local", "virtual", the name of a pipe(8) service
	}
}

// apply fills in what a reason says. The host it names is the one that refused;
// relay= is only the last one that was talked to.
func (d *Decoder) apply(ev *mail.Event, c *cause) {
	if c.named {
		ev.MXIP, ev.Local = nil, d.agent.onHost()
		setMX(ev, c.host, c.in)
	}
	ev.Reply, ev.Stage = c.reply, c.stage
}

// setMX names the receiver. A unix socket or a loopback address is no MX.
func setMX(ev *mail.Event, name, in []byte) {
	ev.MX = name
	if peer.IsIP(in) {
		ev.MXIP = in
		ev.Local = ev.Local || peer.IsLoopback(in)
	} else if bytes.IndexByte(in, '/') >= 0 {
		ev.Local = true
	}
}

// delays reads "a/b/c/d" in seconds, at the start of b, as microseconds. n is how long
// it is, 0 if there is none.
func delays(b []byte) (v [4]int64, n int) {
	for i := range v {
		micro, k := leadingSeconds(b[n:])
		if n += k; k == 0 || i < 3 && (n == len(b) || b[n] != '/') {
			return v, 0
		}
		v[i] = micro
		n++ // the slash
	}
	return v, n - 1
}

// seconds reads "0.06" or "63525" as microseconds (format_tv.c writes no
// exponent). Values of more than 30,000 years are none.
func seconds(b []byte) (micro int64, ok bool) {
	micro, n := leadingSeconds(b)
	return micro, n > 0 && n == len(b)
}

// leadingSeconds does so at the start of b and returns how long the number is, 0 if
// there is none.
func leadingSeconds(b []byte) (micro int64, n int) {
	i := 0
	for i < len(b) && b[i]-'0' <= 9 {
		micro = micro*10 + int64(b[i]-'0')
		i++
	}
	if i == 0 || i > 12 {
		return 0, 0
	}
	micro *= 1e6
	if i < len(b) && b[i] == '.' {
		i++
		first, part := i, int64(0)
		for ; i < len(b) && b[i]-'0' <= 9; i++ {
			if i < first+6 {
				part = part*10 + int64(b[i]-'0')
			}
		}
		micro += part * decimals[min(i-first, 6)]
	}
	return micro, i
}

// decimals are the microseconds of the last one of so many decimals of a second.
var decimals = [7]int64{1e6, 1e5, 1e4, 1e3, 100, 10, 1}

// number reads leading digits; more than 18 are no number.
func number(b []byte) (v uint64) {
	i := 0
	for i < len(b) && b[i]-'0' <= 9 {
		v = v*10 + uint64(b[i]-'0')
		i++
	}
	if i > 18 {
		return 0
	}
	return v
}
