// Package reply reads SMTP replies: the code, the enhanced status code and the
// text under whatever an MTA wrapped around them, and the normalised form under
// which replies that say the same are one.
//
// RFC 5321 4.2 (reply), RFC 3463 (enhanced status code), smtp_proto.c and
// smtp_chat.c of Postfix and transports/smtp.c of Exim (wrapping).
package reply

import (
	"strconv"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Enhanced is an enhanced status code, "4.7.652" (RFC 3463). The zero value is
// "none".
type Enhanced struct {
	Class, Subject, Detail uint16
}

// IsZero says that there is no enhanced status code.
func (e Enhanced) IsZero() bool { return e == Enhanced{} }

// String returns the dotted form, "" for none.
func (e Enhanced) String() string {
	if e.IsZero() {
		return ""
	}
	return string(e.append(nil))
}

func (e Enhanced) append(b []byte) []byte {
	b = appendSmall(b, e.Class)
	b = append(b, '.')
	b = appendSmall(b, e.Subject)
	b = append(b, '.')
	return appendSmall(b, e.Detail)
}

// appendSmall appends a number of one digit without further ado.
func appendSmall(b []byte, n uint16) []byte {
	if n < 10 {
		return append(b, byte('0'+n))
	}
	return strconv.AppendUint(b, uint64(n), 10)
}

// Reply is what one SMTP reply says.
type Reply struct {
	// Code is the three-digit reply code, 0 if the text has none. Codes beyond
	// RFC 5321 (Mailgun 605, MessageLabs 460) are kept.
	Code int
	// Enhanced is read from the text. Its class may differ from the code's
	// ("451 5.7.500"); both are kept as said.
	Enhanced Enhanced
	// Text is the words without codes, continuation markers and wrapping. It
	// points into the input unless the reply has several lines.
	Text []byte
	// Stage is the command the wrapping names ("in reply to MAIL FROM command",
	// "refused to talk to me", "after RCPT TO"), else mail.StageUnknown.
	Stage mail.Stage
	// Nested says that the reply was quoted inside another one, which is what an
	// ESP's last word looks like: "554 4.4.7 Message expired <451 4.7.651 ...>".
	Nested bool
}

// Temporary says that the reply is a 4xx, whatever its words are (requirement
// H08, C11): by the code, or by the enhanced status code where there is none.
func (r Reply) Temporary() bool { return r.class() == 4 }

// Permanent says that the reply is a 5xx. A rate limit may be one: it is no
// verdict on the mailbox.
func (r Reply) Permanent() bool { return r.class() == 5 }

func (r Reply) class() int {
	if r.Code != 0 {
		return r.Code / 100
	}
	return int(r.Enhanced.Class)
}

// Parse reads a reply as a log carries it: with or without the MTA's wrapping,
// on one line or with its lines joined by spaces, line feeds or a literal \n. Of
// replies quoted inside replies the last remote one counts.
//
// It never fails: what is no reply has Code 0 and all of its text in Text.
func Parse(raw []byte) Reply {
	b := unwrap(raw)
	var segs segments
	segs.start(b.text)
	r := Reply{Code: segs.code, Stage: b.stage, Nested: b.nested}
	first := segs.next()
	r.Text = first
	for more := segs.next(); more != nil; more = segs.next() {
		if len(r.Text) == len(first) {
			r.Text = append(make([]byte, 0, len(b.text)), first...)
		}
		if len(r.Text) > 0 {
			r.Text = append(r.Text, ' ')
		}
		r.Text = append(r.Text, more...)
	}
	r.Enhanced = segs.enhanced
	if r.Enhanced.IsZero() {
		r.Enhanced = findEnhanced(r.Text)
	}
	return r
}
