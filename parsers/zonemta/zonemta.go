// Package zonemta reads what ZoneMTA logs of the mail it sends (lib/sender.js): the
// lines of its console log, behind any prefix, and the JSON of its GELF log.
//
//	info Sender/default/4133[6] id=SID QID.SEQ DEFERRED[network] from=s to=r src=192.0.2.10 mx=mx.example.net[203.0.113.2] id=<msgid> (421 ...)
//
// Before 2018 the line begins with QID.SEQ; "message-id=" takes the place of the
// second "id=" in newer versions. QID.SEQ is one message for one recipient.
//
// A refusal at the greeting names only the domain (mx=example.net): the host is on
// the CONNECTED line before it. A failure that names only the domain and has no
// CONNECTING line before it was taken from the cache of failing hosts
// (getConnectionWithCache): no connection was made. So the decoder remembers what
// the lines of a delivery said, for a bounded number of them.
package zonemta

import (
	"bytes"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/jsonlog"
	"github.com/seed-07ce53fa/diagnose/parsers/peer"
	"github.com/seed-07ce53fa/diagnose/parsers/recent"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Format is the log format of ZoneMTA.
var Format = parsers.Format{
	Name:     "zonemta",
	Title:    "ZoneMTA sender (console log in any wrapper, GELF JSON)",
	Score:    score,
	New:      func(o parsers.Options) parsers.Decoder { return NewDecoder(o) },
	Yearless: syslog.Yearless,
	Zoneless: zoneless,
}

// Decoder reads the lines of one file. It implements parsers.Decoder and
// syslog.Rewinder.
type Decoder struct {
	clock    *syslog.Clock
	head     syslog.Header
	cursor   jsonlog.Cursor
	split    *jsonlog.Splitter
	gelf     gelf
	event    mail.Event
	id       []byte
	tries    *recent.Table[try]
	connects bool // the log has the lines about connections
}

// try is what the lines of one delivery have told since its last result.
type try struct {
	mx, ip, src []byte
	reused      uint32     // deliveries before this one on the same connection
	failure     []byte     // why the connection broke before it was ready
	stage       mail.Stage // where
	tried       bool       // there was a CONNECTING line
}

// maxTries bounds how many deliveries are remembered.
const maxTries = 1 << 14

// NewDecoder returns a decoder for one file.
func NewDecoder(o parsers.Options) *Decoder {
	return &Decoder{clock: syslog.NewClock(o.Year, o.Location), split: jsonlog.NewSplitter(0), tries: recent.New[try](maxTries, nil)}
}

// Close implements parsers.Decoder. No line waits for another one.
func (d *Decoder) Close(func(*mail.Event)) {}

// Unfinished implements parsers.DocumentDecoder.
func (d *Decoder) Unfinished() (understood, irrelevant int64) { return d.split.Unfinished(), 0 }

// Overran implements syslog.Rewinder.
func (d *Decoder) Overran(anchor time.Time) bool { return d.clock.Overran(anchor) }

// found is what was made of a message.
type found uint8

const (
	foreign found = iota // not ZoneMTA's
	aside                // its, but no part of a delivery
	chained              // part of one, but no event
	told                 // events were emitted
)

// Decode implements parsers.Decoder. Understood is a line about a delivery; Irrelevant
// any other line of ZoneMTA or of a system log.
func (d *Decoder) Decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	if !d.split.Idle() || isObject(line) {
		d.head = syslog.Header{}
		return d.split.Line(line, func(doc []byte) mail.Verdict { return d.object(doc, emit) })
	}
	d.parse(line)
	return d.verdict(d.message(d.head.Body, emit), emit)
}

// DecodeHeader implements parsers.HeaderDecoder.
func (d *Decoder) DecodeHeader(h *syslog.Header, emit func(*mail.Event)) mail.Verdict {
	d.head = *h
	return d.verdict(d.message(h.Body, emit), emit)
}

// isObject says that a line begins with a JSON object or an array of them.
func isObject(line []byte) bool {
	line = bytes.TrimLeft(syslog.Trim(line), " \t")
	return len(line) > 0 && (line[0] == '{' || line[0] == '[')
}

// parse reads the prefix. A bare time stamp is one, too.
func (d *Decoder) parse(line []byte) {
	h := &d.head
	*h = syslog.Header{}
	line = syslog.Trim(line)
	rest := line
	if n := d.clock.Stamp(line, h); n > 0 {
		rest = bytes.TrimLeft(line[n:], " \t")
	} else if stamp, text, ok := bytes.Cut(line, []byte(": ")); ok && len(stamp) < 40 { // pm2 --time
		if micro, precise, exact, ok := d.clock.Time(stamp); ok {
			h.Time, h.Precise, h.Zoneless = micro, precise, !exact
			rest = text
		}
	}
	if i, _ := sender(rest); i >= 0 && bytes.Count(rest[:i], []byte(" ")) <= 1 && bytes.IndexByte(rest[:i], ':') < 0 {
		h.Body = rest // nothing but the level before it
		return
	}
	*h = syslog.Header{}
	syslog.Parse(line, d.clock, h)
	if inner, _, ok := syslog.Repeated(h.Body); ok {
		h.Body = inner // one delivery at most, see Repeated
	}
}

func (d *Decoder) verdict(f found, emit func(*mail.Event)) mail.Verdict {
	if f == told {
		return mail.Understood
	}
	if d.head.Time != 0 {
		emit(d.begin())
	}
	h := &d.head
	switch {
	case f == chained:
		return mail.Understood
	case f == aside, h.Process != nil, h.Yearless, len(h.Body) == 0, h.Body[0] == '#':
		return mail.Irrelevant
	}
	return mail.NotUnderstood
}

// sender finds "Sender/ZONE/PID[N] " and returns where it begins and what follows it;
// -1 if it is not there.
func sender(b []byte) (at int, rest []byte) {
	at = bytes.Index(b[:min(len(b), 256)], []byte("Sender/"))
	if at < 0 {
		return -1, nil
	}
	end := bytes.IndexByte(b[at:], ' ')
	if end < 0 {
		return at, nil
	}
	return at, b[at+end+1:]
}

// message reads the text after the prefix.
func (d *Decoder) message(b []byte, emit func(*mail.Event)) found {
	var slot, zone []byte
	at, rest := sender(b)
	if at >= 0 {
		slot = b[at : len(b)-len(rest)]
		zone, _, _ = bytes.Cut(slot[len("Sender/"):], []byte("/"))
		b = rest
	} else if !bytes.HasPrefix(b, []byte("id=")) {
		return foreign
	}
	b = bytes.TrimLeft(b, " ")
	if bytes.HasPrefix(b, []byte("id=")) { // the session
		_, b, _ = bytes.Cut(b, []byte(" "))
	}
	id, b := deliveryID(b)
	if id == nil {
		if at < 0 {
			return foreign
		}
		return aside
	}
	action, b, _ := bytes.Cut(b, []byte(" "))
	f := d.action(id, action, b, zone, slot, emit)
	if f == aside && at < 0 {
		return foreign
	}
	return f
}

// deliveryID cuts "QID.SEQ " from the front of b: hexadecimal digits, a dot, three or
// more digits or letters.
func deliveryID(b []byte) (id, rest []byte) {
	n := 0
	for n < len(b) && (b[n]-'0' <= 9 || b[n]-'a' < 6) {
		n++
	}
	if n < 10 || n > 32 || n == len(b) || b[n] != '.' {
		return nil, b
	}
	end := n + 1
	for end < len(b) && (b[end]-'0' <= 9 || b[end]|0x20-'a' < 26) {
		end++
	}
	if end-n < 4 || end == len(b) || b[end] != ' ' {
		return nil, b
	}
	return b[:end], b[end+1:]
}

// begin clears the event and fills in the prefix.
func (d *Decoder) begin() *mail.Event {
	d.event = d.head.Event()
	return &d.event
}

// at begins an event of a delivery. A slot, "Sender/default/4133[6]", sends one message
// at a time: it stands for the process.
func (d *Decoder) at(id, zone, slot []byte) *mail.Event {
	ev := d.begin()
	ev.QueueID = id
	if len(zone) > 0 {
		ev.Instance = zone
	}
	if len(slot) > 0 {
		ev.PID = peer.Session(slot)
	}
	return ev
}

// score counts the lines that only ZoneMTA writes.
func score(sample [][]byte) (n int) {
	d := NewDecoder(parsers.Options{})
	none := func(*mail.Event) {}
	for _, line := range sample {
		found := 0
		if !d.split.Idle() || isObject(line) {
			d.split.Line(line, func(doc []byte) mail.Verdict {
				v := d.gelf.read(&d.cursor, doc)
				if v == mail.Understood {
					found = 1
				}
				return v
			})
		} else if d.parse(line); d.message(d.head.Body, none) >= chained {
			found = 1
		}
		n += found
	}
	return n
}

// zoneless says that a time stamp of the sample lacks a zone.
func zoneless(sample [][]byte) bool {
	d := NewDecoder(parsers.Options{})
	for _, line := range sample {
		if d.parse(line); d.head.Zoneless {
			return true
		}
	}
	return false
}
