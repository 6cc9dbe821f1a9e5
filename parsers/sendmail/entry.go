package sendmail

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// arrival reads a line about a sender, after "from=" (logsender):
//
//	from=<s>, size=N, class=0, nrcpts=N, msgid=<id>, proto=ESMTP, daemon=MTA, relay=h [ip]
//
// A message without recipients never gets into the queue.
func (d *Decoder) arrival(id, b []byte, emit func(*mail.Event)) found {
	sender, b := nextRecipient(b)
	i := bytes.Index(b, []byte("nrcpts="))
	if !has(bytes.TrimLeft(b, " "), "size=") || i < 0 {
		return nothing
	}
	ev := d.begin()
	ev.Kind, ev.QueueID = mail.KindArrival, id
	ev.Sender, ev.NullSender = sender, len(sender) == 0
	n, _ := leading(b[i+len("nrcpts="):])
	if n == 0 {
		return chained
	}
	ev.Recipients = uint32(min(n, 1<<31))
	ev.Size, _ = leading(bytes.TrimLeft(b, " ")[len("size="):])
	if i := bytes.Index(b, []byte(" msgid=")); i >= 0 {
		ev.MessageID, _ = cutField(b[i+len(" msgid="):])
	}
	emit(ev)
	return told
}

// leading reads the digits at the front of b; more than 18 are no number.
func leading(b []byte) (v uint64, n int) {
	for n < len(b) && b[n]-'0' <= 9 {
		v = v*10 + uint64(b[n]-'0')
		n++
	}
	if n > 18 {
		return 0, n
	}
	return v, n
}

// notice reads what returntosender (savemail.c) logs of a notification: child is its
// queue id.
//
//	QID: CHILD: DSN: User unknown
//	QID: CHILD: sender notify: Warning: could not send message for past 4 hours
//	QID: CHILD: return to sender: Cannot send message for 5 days
//
// The line of a message that is given up names no recipient.
func (d *Decoder) notice(id, child, text []byte, emit func(*mail.Event)) found {
	i := bytes.Index(text, []byte(": "))
	if i < 0 {
		return nothing
	}
	switch string(text[:i]) {
	case "DSN", "sender notify", "return to sender", "postmaster notify":
	default:
		return nothing
	}
	ev := d.begin()
	ev.Kind, ev.QueueID, ev.Child, ev.Text = mail.KindNotice, id, child, text
	emit(ev)
	if text = text[i+2:]; isExpired(text) && !has(text, "Warning:") {
		ev = d.begin()
		ev.Kind, ev.Outcome, ev.QueueID, ev.Text = mail.KindExpiry, mail.Expired, id, text
		emit(ev)
	}
	return told
}

// ownSide reads what our own daemon says when it has too many clients:
//
//	ruleset=check_relay, arg1=H, arg2=IP, relay=H [IP], reject=421 4.3.2 Connection rate limit exceeded.
//	rejecting connections on daemon MTA: 12 children, max 12
//
// Other rejections are no part of the chain.
func (d *Decoder) ownSide(b []byte, emit func(*mail.Event)) found {
	if has(b, "rejecting connections on daemon ") {
		if !bytes.Contains(b, []byte(" children, max ")) {
			return nothing // for the load of the machine
		}
		ev := d.begin()
		ev.Kind, ev.Text, ev.Reply = mail.KindOwnSide, b, b
		emit(ev)
		return told
	}
	if !has(b, "ruleset=") {
		return nothing
	}
	i := bytes.Index(b, []byte(", reject="))
	if i < 0 || !peer.TooMany(b[i:]) {
		return nothing
	}
	ev := d.begin()
	ev.Kind, ev.Text, ev.Reply = mail.KindOwnSide, b, b[i+len(", reject="):]
	if k := bytes.LastIndex(b[:i], []byte(", relay=")); k >= 0 {
		_, ev.Client = peer.Split(b[k+len(", relay=") : i])
	}
	emit(ev)
	return told
}
