// Package dsn reads delivery status notifications: bounce mails and delay warnings,
// in files of one message (.eml, Maildir) and of many (mbox).
//
// What counts is the machine-readable part (RFC 3464): each recipient's group is one
// attempt or, where the sending side gave up, one expiry. Notifications without one
// are read in the dialects that are documented: Exim, qmail (QSBMF), sendmail,
// Postfix, OpenSMTPD and DragonFly. Real notifications are often broken mail: a
// boundary that differs from the one declared, header lines that are not folded,
// fields in the wrong part. The reader takes what it finds.
package dsn

import (
	"bytes"
	"slices"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Format is the format of bounce mails.
var Format = parsers.Format{
	Name:     "dsn",
	Title:    "bounce mails and delay warnings (RFC 3464; Exim, qmail, sendmail, Postfix, OpenSMTPD and DragonFly texts): .eml, mbox, Maildir",
	Score:    score,
	New:      func(o parsers.Options) parsers.Decoder { return NewDecoder(o) },
	Yearless: func([][]byte) bool { return false },
	Zoneless: func([][]byte) bool { return false },
}

// maxMessage is how much of a message is kept, in bytes. Reports stand before the
// message that is returned.
const maxMessage = 1 << 20

// Decoder collects the lines of a message and reads it when the next one begins, or
// the file ends: a message's events come with its last line. It implements
// parsers.DocumentDecoder.
type Decoder struct {
	zone *time.Location
	text []byte // the message
	ends []int  // where its lines end in text
	rows [][]byte
	none bool // no line of the message was seen
	gap  bool // the last line was empty

	lines, lost [3]int64 // by mail.Verdict: of the message, and of those that came to nothing
}

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *Decoder {
	zone := o.Location
	if zone == nil {
		zone = time.UTC
	}
	return &Decoder{zone: zone, none: true, gap: true}
}

// Decode implements parsers.Decoder. Understood is a line of a report, Irrelevant
// any other line of a mail, NotUnderstood a line before the first mail.
func (d *Decoder) Decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	line = syslog.Trim(line)
	if d.gap && isMboxFrom(line) {
		d.flush(emit)
		d.none, d.gap = false, false
		return d.count(mail.Irrelevant)
	}
	empty := len(line) == 0
	if d.none {
		if empty {
			return mail.Irrelevant
		}
		if name, _ := field(line); name == nil {
			return mail.NotUnderstood
		}
		d.none = false
	}
	d.gap = empty
	if len(d.text)+len(d.ends)+len(line) <= maxMessage {
		d.text = append(d.text, line...)
		d.ends = append(d.ends, len(d.text))
	}
	if name, _ := field(line); name != nil && isReportField(name) {
		return d.count(mail.Understood)
	}
	return d.count(mail.Irrelevant)
}

// count notes the verdict of a line of the message.
func (d *Decoder) count(v mail.Verdict) mail.Verdict {
	d.lines[v]++
	return v
}

// Close implements parsers.Decoder.
func (d *Decoder) Close(emit func(*mail.Event)) { d.flush(emit) }

// Unfinished implements parsers.DocumentDecoder: all lines of a bounce mail that tells
// of no recipient, and of text that is no mail. Ordinary mail is irrelevant.
func (d *Decoder) Unfinished() (understood, irrelevant int64) {
	return d.lost[mail.Understood], d.lost[mail.Irrelevant]
}

// flush reads the message that was collected.
func (d *Decoder) flush(emit func(*mail.Event)) {
	from := 0
	d.rows = d.rows[:0]
	for _, end := range d.ends {
		d.rows = append(d.rows, d.text[from:end:end])
		from = end
	}
	told := false
	r := read(d.rows, 0)
	r.tell(d.zone, func(ev *mail.Event) {
		told = true
		emit(ev)
	})
	if !told && (!isMail(r.head) || r.unread()) {
		for v, n := range d.lines {
			d.lost[v] += n
		}
	}
	d.text, d.ends, d.none, d.lines = d.text[:0], d.ends[:0], true, [3]int64{}
}

// isMboxFrom says that a line begins a message in an mbox file: "From", a sender, and
// a time, in the form of asctime(3) mostly.
func isMboxFrom(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("From "))
	if !ok {
		return false
	}
	i := bytes.IndexByte(rest, ' ')
	if i < 0 {
		return false
	}
	colons, year := 0, false
	for _, word := range bytes.Fields(rest[i:]) {
		colons += bytes.Count(word, []byte(":"))
		year = year || (len(word) == 4 || len(word) == 10 && word[4] == '-') && word[0]-'0' < 10 && word[3]-'0' < 10
	}
	return year && colons >= 1
}

// score counts all lines of a sample that is mail: one that begins with a header of
// mail. Ordinary mail counts as well, because a mailbox of bounces has some.
func score(sample [][]byte) int {
	lines, fields, known := 0, 0, 0
	header := true
	for _, line := range sample {
		line = syslog.Trim(line)
		if len(line) == 0 {
			header = header && fields == 0
			continue
		}
		lines++
		if !header || lines == 1 && isMboxFrom(line) || fields > 0 && (line[0] == ' ' || line[0] == '\t') {
			continue
		}
		name, _ := field(line)
		if name == nil {
			if fields == 0 {
				return 0
			}
			continue
		}
		fields++
		if isMailField(name) {
			known++
		}
	}
	if known < 3 {
		return 0
	}
	return lines
}

// isMailField says that a name is one of the fields that all mail has some of
// (RFC 5322 3.6).
func isMailField(name []byte) bool {
	return slices.ContainsFunc(mailFields, func(known string) bool { return is(name, known) })
}

var mailFields = []string{
	"return-path", "received", "from", "to", "cc", "date", "subject", "message-id", "mime-version", "content-type", "delivered-to", "sender", "reply-to",
	"x-original-to", "in-reply-to", "references", "auto-submitted", "dkim-signature", "x-failed-recipients",
}

// isMail says that a header is one of mail: it has two of the fields, as many as mail
// must have (RFC 5322 3.6: From and Date).
func isMail(h header) bool {
	n := 0
	for _, known := range mailFields {
		if h.get(known) != nil {
			n++
		}
	}
	return n >= 2
}
