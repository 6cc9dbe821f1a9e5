package declared

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// decoder is what the decoders of all kinds have in common: the fields of a line,
// and how they become an event.
type decoder struct {
	format *format
	times  *reader
	row    [numFields][]byte
	event  mail.Event
	reply  []byte
}

// decoder starts a decoder for one file.
func (f *format) decoder(o parsers.Options) parsers.Decoder {
	common := decoder{format: f, times: f.times.reader(o.Year, o.Location)}
	switch {
	case f.csv != nil:
		d := &tableDecoder{decoder: common}
		d.begin()
		return d
	case f.json != nil:
		d := &documentDecoder{decoder: common}
		d.begin()
		return d
	}
	return &lineDecoder{common}
}

// Close implements parsers.Decoder.
func (d *decoder) Close(func(*mail.Event)) {}

// Overran implements syslog.Rewinder.
func (d *decoder) Overran(anchor time.Time) bool { return d.times.clock.Overran(anchor) }

var _ syslog.Rewinder = (*decoder)(nil)

// passes says that a line is to be ignored.
func (d *decoder) passes(line []byte) bool {
	return len(bytes.TrimSpace(line)) == 0 || matches(d.format.ignore, line)
}

func matches(res []*regexp.Regexp, line []byte) bool {
	for _, re := range res {
		if re.Match(line) {
			return true
		}
	}
	return false
}

func (d *decoder) clear() { d.row = [numFields][]byte{} }

func (d *decoder) set(field int, value []byte) {
	if value = bytes.TrimSpace(value); len(value) > 0 && !bytes.Equal(value, []byte("-")) {
		d.row[field] = value
	}
}

// lineDecoder reads lines by expressions; the first that fits counts.
type lineDecoder struct{ decoder }

// Decode implements parsers.Decoder.
func (d *lineDecoder) Decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	line = syslog.Trim(line)
	if d.passes(line) {
		return mail.Irrelevant
	}
	for _, c := range d.format.regexps {
		m := c.re.FindSubmatchIndex(line)
		if m == nil {
			continue
		}
		d.clear()
		for i, field := range c.fields {
			if field >= 0 && m[2*i] >= 0 {
				d.set(field, line[m[2*i]:m[2*i+1]])
				if field == fieldSender && m[2*i] == m[2*i+1] {
					d.row[field] = []byte{} // "from=<>"
				}
			}
		}
		return d.tell(emit)
	}
	return mail.NotUnderstood
}

// tell emits the row as events: one for each recipient. Irrelevant is a row that
// tells of no attempt.
func (d *decoder) tell(emit func(*mail.Event)) mail.Verdict {
	ev := &d.event
	*ev = mail.Event{ESP: d.format.esp}
	ev.Time, ev.Precise = d.times.read(d.row[fieldTime])
	ev.Host, ev.Instance = d.row[fieldHost], d.row[fieldInstance]
	if !d.outcome(ev) {
		if ev.Time != 0 {
			*ev = mail.Event{Time: ev.Time, Precise: ev.Precise, Host: ev.Host, Instance: ev.Instance}
			emit(ev)
		}
		return mail.Irrelevant
	}
	ev.MessageID = d.row[fieldMessageID]
	if ev.QueueID = d.row[fieldQueueID]; ev.QueueID == nil {
		ev.QueueID = ev.MessageID
	}
	if sender := d.row[fieldSender]; sender != nil {
		ev.Sender = bare(sender)
		ev.NullSender = len(ev.Sender) == 0
	}
	ev.MX, ev.MXIP, ev.SendingIP = d.row[fieldMX], d.row[fieldMXIP], d.row[fieldSendingIP]
	ev.Stage = stageOf(d.row[fieldStage])
	ev.DSN = d.row[fieldEnhanced]
	if seconds, err := strconv.ParseFloat(string(d.row[fieldDelay]), 64); err == nil && seconds >= 0 && seconds < 1e9 {
		ev.Delay = int64(seconds * 1e6)
	}
	rcpts := d.row[fieldRecipient]
	if bytes.Count(rcpts, []byte("@")) < 2 {
		ev.Recipient = bare(rcpts)
		emit(ev)
		return mail.Understood
	}
	for _, one := range bytes.FieldsFunc(rcpts, func(c rune) bool { return c == ',' || c == ';' || c == ' ' }) {
		each := *ev
		each.Recipient = bare(one)
		emit(&each)
	}
	return mail.Understood
}

// outcome fills in what became of the attempt and what the receiver said. It returns
// false for a row without an attempt.
func (d *decoder) outcome(ev *mail.Event) bool {
	d.words(ev)
	if word := d.row[fieldOutcome]; word != nil {
		name := strings.ToLower(string(word))
		o, ok := d.format.outcomes[name]
		if !ok {
			o = outcomes[name]
		}
		ev.Outcome = o
	} else if code := codeOf(ev.Reply); code != 0 {
		ev.Outcome = [...]mail.Outcome{2: mail.Delivered, 4: mail.Deferred, 5: mail.Bounced}[code]
	}
	switch ev.Outcome {
	case mail.OutcomeUnknown:
		return false
	case mail.Expired:
		ev.Kind = mail.KindExpiry
	case mail.Refused:
		ev.Kind = mail.KindRefusal
	default:
		ev.Kind = mail.KindAttempt
	}
	return true
}

// words puts the reply together: "421 4.7.0 text", of one field or of three.
func (d *decoder) words(ev *mail.Event) {
	reply, text, code, enhanced := d.row[fieldReply], d.row[fieldText], d.row[fieldCode], d.row[fieldEnhanced]
	if reply == nil && code != nil {
		reply = text
	}
	if ev.Text = text; text == nil {
		ev.Text = reply
	}
	if ev.Reply = reply; codeOf(code) == 0 || codeOf(reply) != 0 {
		return
	}
	d.reply = append(d.reply[:0], code...)
	if len(enhanced) > 0 && !bytes.HasPrefix(reply, enhanced) {
		d.reply = append(append(d.reply, ' '), enhanced...)
	}
	if len(reply) > 0 {
		d.reply = append(append(d.reply, ' '), reply...)
	}
	ev.Reply = d.reply
}

// codeOf returns the first digit of a reply code at the start of a text: 2, 4 or 5,
// else 0.
func codeOf(b []byte) int {
	if len(b) < 3 || b[1]-'0' > 9 || b[2]-'0' > 9 || len(b) > 3 && b[3]-'0' <= 9 {
		return 0
	}
	switch b[0] {
	case '2', '4', '5':
		return int(b[0] - '0')
	}
	return 0
}

// bare returns an address without brackets.
func bare(b []byte) []byte {
	b = bytes.TrimSpace(b)
	if n := len(b); n >= 2 && b[0] == '<' && b[n-1] == '>' {
		return b[1 : n-1]
	}
	return b
}
