package exim

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// found is what was made of a text.
type found uint8

const (
	nothing found = iota // no part of the chain
	chained              // part of the chain, but no event
	told                 // d.event holds the event
)

// message reads what follows a message id. Most lines have one of the two-character
// flags of the specification, "Logging message reception" and on.
func (d *Decoder) message(id, b []byte, emit func(*mail.Event)) found {
	if len(b) > 3 && b[2] == ' ' {
		rest := skipSpace(b[3:])
		if len(rest) == 0 {
			return chained
		}
		switch string(b[:2]) {
		case "<=", "(=": // (= is a message that was taken and refused to its sender's face
			return d.arrival(id, rest, emit)
		case "=>", "->", ">>":
			made := d.delivered(id, rest)
			if b[0] == '-' && d.event.ConnUse < 2 {
				d.event.ConnUse = 2 // of the delivery before, "additional address in same delivery" (spec.txt 53.1)
			}
			return made
		case "*>": // nothing was sent, by the option -N
			return chained
		case "==":
			return d.deferred(id, rest)
		case "**":
			return d.failed(id, rest)
		}
	}
	if rest, ok := after(b, "H="); ok {
		if made := d.hostFailure(id, rest); made != nothing {
			return made
		}
		return d.turnedAway(b)
	}
	if has(b, "Completed") { // also after "removed by" and "cancelled by"
		d.begin(mail.KindRemoved, id)
		return told
	}
	if isLife(b) {
		return chained
	}
	return d.oldFailure(id, b)
}

// isLife says that a text after a message id is one of Exim's own about the life of
// the message: these, not the words that access control lists log.
func isLife(b []byte) bool {
	if len(b) > 3 && b[2] == ' ' {
		switch string(b[:2]) {
		case "<=", "(=", "=>", "->", ">>", "*>", "==", "**":
			return true
		}
	}
	for _, words := range [...]string{"H=", "Completed", "Frozen", "frozen by ", "Unfrozen by ", "Message is frozen", "removed by ", "cancelled by ",
		"Spool file is locked", "Spool file for ", "no immediate delivery: ", "original recipients ignored", "error ignored"} {
		if has(b, words) {
			return true
		}
	}
	return bytes.Contains(b, []byte(": error ignored"))
}

// arrival reads "<= sender ... R=ref U=user H=host [ip] P=proto S=size id=header
// T="subject" from <s> for r1 r2". Sender, size and Message-ID are on no other line.
//
// "<= <> R=parent" is a notification that Exim made about parent.
func (d *Decoder) arrival(id, b []byte, emit func(*mail.Event)) found {
	sender, rest := word(b)
	if b[0] == '"' {
		sender, rest = address(b)
	}
	null := string(sender) == "<>"
	var parent, header []byte
	var size uint64
	for len(rest) > 0 {
		if rest[0] == ' ' {
			rest = rest[1:]
			continue
		}
		if has(rest, `T="`) || has(rest, "from <") || has(rest, "for ") {
			break
		}
		field := rest
		rest = skipField(rest)
		field = field[:len(field)-len(rest)]
		switch {
		case has(field, "id="):
			header = field[len("id="):]
		case has(field, "id*="): // made by Exim itself (msg_id_created)
			header = field[len("id*="):]
		case has(field, "S="):
			size = number(field[len("S="):])
		case has(field, "R=") && null:
			if ref, tail := messageID(field[len("R="):]); ref != nil && len(tail) == 0 {
				parent = ref
			}
		}
	}
	if parent != nil {
		ev := d.begin(mail.KindNotice, parent)
		ev.Child = id
		emit(ev)
	}
	ev := d.begin(mail.KindArrival, id)
	if null {
		ev.NullSender = true
	} else {
		ev.Sender = sender
	}
	ev.MessageID, ev.Size = header, size
	return told
}
