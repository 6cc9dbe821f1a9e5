package exim

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// delivered reads a line with "=>", "->" (a further recipient of the same
// transaction) or ">>" (cutthrough, before the arrival is logged).
func (d *Decoder) delivered(id, b []byte) found {
	var v delivery
	v.read(b)
	ev := d.begin(mail.KindAttempt, id)
	ev.Outcome = mail.Delivered
	v.fill(ev)
	ev.Local = ev.Local || !v.mx.ok
	ev.Text = d.unescape(v.confirmation)
	if len(ev.Text) > 2 && ev.Text[0] == '2' {
		ev.Reply, ev.Stage = ev.Text, mail.StageEndOfData
		ev.Child = nextID(ev.Text)
	}
	return told
}

// unescape removes the backslashes that quote a backslash or a quote (deliver.c
// delivery_log). A line break of the reply is then "\n", as in other lines.
func (d *Decoder) unescape(b []byte) []byte {
	i := bytes.IndexByte(b, '\\')
	if i < 0 {
		return b
	}
	d.reply = append(d.reply[:0], b[:i]...)
	for ; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) && (b[i+1] == '\\' || b[i+1] == '"') {
			i++
		}
		d.reply = append(d.reply, b[i])
	}
	return d.reply
}

// nextID returns the id that the next hop gave: Exim's "OK id=ID", Postfix's
// "queued as ID".
func nextID(reply []byte) []byte {
	if id := idAfter(reply, " id=", 3); id != nil {
		return id
	}
	return idAfter(reply, "queued as ", 0)
}

// idAfter returns the id that follows the first mark in a reply, nil if there is none.
// mark[at] is rare in replies.
func idAfter(reply []byte, mark string, at int) []byte {
	for from := at; from < len(reply); from++ {
		i := bytes.IndexByte(reply[from:], mark[at])
		if i < 0 {
			break
		}
		from += i
		rest, ok := after(reply[from-at:], mark)
		if !ok {
			continue
		}
		n := 0
		for n < len(rest) && n < 64 && (idByte[rest[n]] || rest[n] == '-') {
			n++
		}
		if n >= 6 {
			return rest[:n]
		}
		break
	}
	return nil
}

// deferred reads a line with "==".
func (d *Decoder) deferred(id, b []byte) found {
	var v delivery
	v.read(b)
	if !v.hasErrno { // a cut line, or no deferral at all
		return chained
	}
	text := v.text
	if text == nil {
		text = v.system
	}
	ev := d.begin(mail.KindAttempt, id)
	ev.Outcome, ev.Text = mail.Deferred, text
	v.fill(ev)
	if isRetryError(v.errno) || !v.mx.ok && suspends(text) {
		ev.Outcome = mail.Suspended
		ev.Local = v.errno == errnoLocalRetry
		return told
	}
	v.explain(ev, text)
	return told
}

// failed reads a line with "**": given up by the receiver's word, by our own
// routers, or because the time was over.
func (d *Decoder) failed(id, b []byte) found {
	var v delivery
	v.read(b)
	if v.text == nil {
		return chained
	}
	text := v.untimed()
	if expires(text) {
		ev := d.begin(mail.KindExpiry, id)
		ev.Outcome, ev.Text = mail.Expired, text
		v.fill(ev)
		return told
	}
	ev := d.begin(mail.KindAttempt, id)
	ev.Outcome, ev.Text = mail.Bounced, text
	v.fill(ev)
	v.explain(ev, text)
	return told
}

// untimed cuts " DT=0.3s" from the end of the message, where a failure has it.
func (v *delivery) untimed() []byte {
	i := bytes.LastIndexByte(v.text, ' ')
	if i < 0 || !has(v.text[i+1:], "DT=") {
		return v.text
	}
	value := v.text[i+len(" DT="):]
	lasted, ok := duration(value)
	if !ok {
		return v.text
	}
	if !v.hasLasted {
		v.lasted, v.hasLasted = lasted, true
	}
	return v.text[:i]
}

// explain fills in what the message of a failure says, and whether a receiver
// beyond this host was meant. Where the line has no host, the words must tell.
func (v *delivery) explain(ev *mail.Event, text []byte) {
	c := readCause(text)
	if c.stage == mail.StageUnknown && v.system != nil && isNetwork(v.system) {
		c.stage = mail.StageConnect
	}
	ev.Reply, ev.Stage = c.reply, c.stage
	switch {
	case v.mx.ok:
	case c.mx.ok:
		c.mx.set(ev)
	default:
		reached := c.stage != mail.StageUnknown && !c.lmtp
		ev.Local = !reached && !isLookup(text)
	}
}
