package postfix

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// found is what was made of a message.
type found uint8

const (
	nothing found = iota // no part of the chain
	chained              // part of the chain, but no event
	told                 // d.told is the event
)

// message reads the text after the prefix. Most lines are told apart by their
// queue id and the first letter after it.
func (d *Decoder) message(b []byte) found {
	id, b := queueID(b)
	if len(b) < 3 {
		return nothing
	}
	switch b[0] {
	case 't':
		if has(b, "to=") {
			return d.attempt(id, b[len("to="):])
		}
	case 'f':
		if has(b, "from=") {
			return d.queue(id, b[len("from="):])
		}
	case 'm':
		if has(b, "message-id=") {
			return d.messageID(id, b[len("message-id="):])
		}
	case 'r':
		switch {
		case string(b) == "removed":
			return d.tell(mail.KindRemoved, id)
		case has(b, "resent-message-id="):
			return d.messageID(id, b[len("resent-message-id="):])
		case id != nil && (string(b) == "requeued" || has(b, "released from hold")):
			return chained // postsuper(1)
		case has(b, "reject: "):
			return d.ownSide(b)
		}
	case 'c':
		switch {
		case has(b, "client="):
			return d.tell(mail.KindArrival, id)
		case has(b, "connect to "):
			return d.connectFailure(id, b)
		case has(b, "conversation with "):
			return d.refusal(id, b)
		}
	case 'u':
		if rest, ok := after(b, "uid="); ok {
			return d.pickup(id, rest)
		}
	case 'h':
		if has(b, "host ") {
			return d.refusal(id, b)
		}
	case 'l':
		if has(b, "lost connection with ") {
			return d.refusal(id, b)
		}
	case 's':
		if has(b, "sender ") {
			return d.notice(id, b)
		}
	case 'p':
		if has(b, "postmaster ") {
			return d.notice(id, b)
		}
		if id != nil && string(b) == "placed on hold" {
			return chained
		}
	case 'e':
		if id != nil && string(b) == "expired" {
			return chained // postsuper -e; the queue manager reports it later
		}
	case 'P', 'S', 'T', 'R':
		if id != nil && (has(b, "Protocol error: ") || isSASL(b) || isTLSRequired(b)) {
			return d.refusal(id, b)
		}
	case 'N', 'w':
		return d.ownSide(b)
	}
	return nothing
}

// tell begins an event that is known by its queue id alone.
func (d *Decoder) tell(kind mail.EventKind, id []byte) found {
	if id == nil {
		return chained
	}
	d.about(kind, id)
	return told
}

// attempt reads a delivery line. Even one without a queue id tells what a
// receiver said.
func (d *Decoder) attempt(id, b []byte) found {
	ev := d.begin()
	ev.QueueID = id
	if !d.delivery(ev, b) {
		return chained
	}
	ev.SendingIP = d.sendingIP(ev.Instance)
	return told
}

// queue reads what the queue manager writes: "from=<a>, size=N, nrcpt=N (queue
// active)" at each activation, and "from=<a>, status=expired, returned to
// sender" (qmgr_active.c; also "force-expired").
func (d *Decoder) queue(id, b []byte) found {
	sender, b := address(b)
	if rest, ok := after(b, ", size="); ok {
		if id == nil {
			return chained
		}
		ev := d.about(mail.KindActive, id)
		ev.Sender, ev.NullSender = sender, len(sender) == 0
		ev.Size = number(rest)
		if _, rest = field(rest); rest != nil {
			if n, ok := after(rest, ", nrcpt="); ok {
				ev.Recipients = uint32(min(number(n), 1<<31))
			}
		}
		return told
	}
	if rest, ok := after(b, ", status="); ok && (has(rest, "expired") || has(rest, "force-expired")) {
		ev := d.begin()
		ev.QueueID, ev.Sender, ev.NullSender = id, sender, len(sender) == 0
		ev.Kind, ev.Outcome, ev.Text = mail.KindExpiry, mail.Expired, rest
		return told
	}
	return chained
}

// messageID reads what cleanup(8) logs of the header, verbatim: it may be empty,
// lack its brackets or be a mangled encoded word.
func (d *Decoder) messageID(id, b []byte) found {
	if id == nil {
		return chained
	}
	d.about(mail.KindMessageID, id).MessageID = b
	return told
}

// pickup reads "uid=0 from=<root>".
func (d *Decoder) pickup(id, b []byte) found {
	if len(b) == 0 || b[0]-'0' > 9 {
		return nothing
	}
	if id == nil {
		return chained
	}
	ev := d.about(mail.KindArrival, id)
	if i := bytes.Index(b, []byte(" from=")); i >= 0 {
		ev.Sender, _ = address(b[i+len(" from="):])
		ev.NullSender = len(ev.Sender) == 0
	}
	return told
}

// notice reads "sender non-delivery notification: ID" and its kin
// (bounce_notify_service.c and others): ID is the queue entry of the notification.
func (d *Decoder) notice(id, b []byte) found {
	mark := []byte(" notification: ")
	i := bytes.Index(b, mark)
	if i < 0 || i > 48 {
		return nothing
	}
	child := token(b[i+len(mark):])
	if child == nil {
		return chained
	}
	ev := d.begin()
	ev.Kind, ev.QueueID, ev.Child = mail.KindNotice, id, child
	return told
}

// refusal reads why smtp(8) leaves one host for the next (smtp_trouble.c,
// smtp_bulk_fail and smtp_rcpt_fail): the reason of a delivery line, alone.
func (d *Decoder) refusal(id, b []byte) found {
	c := readReason(b, true)
	if !c.named || c.reply == nil && c.stage == mail.StageUnknown && !isBroken(b) {
		return nothing
	}
	ev := d.begin()
	ev.Kind, ev.Outcome, ev.QueueID, ev.Text = mail.KindRefusal, mail.Refused, id, b
	d.apply(ev, &c)
	ev.SendingIP = d.sendingIP(ev.Instance)
	return told
}

// isBroken says that the text is of a connection that broke off, at whatever
// stage.
func isBroken(b []byte) bool { return has(b, "lost ") || has(b, "conversation ") }

// connectFailure reads "connect to H[IP]:25: Connection timed out". It has no
// queue id (smtp_connect.c).
func (d *Decoder) connectFailure(id, b []byte) found {
	c := readReason(b, true)
	if !c.named {
		return nothing
	}
	if c.reply != nil {
		return d.refusal(id, b) // Postfix before 2.3
	}
	ev := d.begin()
	ev.Kind, ev.QueueID, ev.Text = mail.KindConnectFailure, id, b
	d.apply(ev, &c)
	ev.SendingIP = d.sendingIP(ev.Instance)
	return told
}
