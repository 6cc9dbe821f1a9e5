package exim

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// piece is one part of a line that Exim has split for syslog: at 870 bytes, and at
// each line break (log.c write_syslog). "[2/5] text" is the second of five;
// "[2\5] text" too, and a line break followed it.
type piece struct {
	n, total int
	broken   bool
	text     []byte
}

// part is a line that is being put together.
type part struct {
	head        syslog.Header // of the first piece, its texts copied
	from        origin
	next, total int
	text        []byte
}

// Bounds; log text is hostile. Many processes may write at once, and Exim's own
// log buffer holds 8192 bytes (macros.h LOG_BUFFER_SIZE).
const (
	maxParts    = 64
	maxPartText = 64 << 10
	maxPieces   = 99
)

// cutPiece reads "[n/m] " at the start of a text.
func cutPiece(b []byte) (p piece, ok bool) {
	if len(b) < 6 || b[0] != '[' {
		return p, false
	}
	var k int
	p.n, k = small(b[1:])
	i := 1 + k
	if k == 0 || b[i] != '/' && b[i] != '\\' {
		return p, false
	}
	p.broken = b[i] == '\\'
	p.total, k = small(b[i+1:])
	i += 1 + k
	if k == 0 || len(b) < i+2 || b[i] != ']' || b[i+1] != ' ' || p.n < 1 || p.total < 2 || p.n > p.total {
		return p, false
	}
	p.text = b[i+2:]
	return p, true
}

// small reads a number of one or two digits that something follows.
func small(b []byte) (v, n int) {
	for n < len(b) && n < 2 && b[n]-'0' <= 9 {
		v = v*10 + int(b[n]-'0')
		n++
	}
	if n == len(b) || v > maxPieces {
		return 0, 0
	}
	return v, n
}

// continues says that a piece of a program that may not be Exim begins as Exim's
// lines do, or goes on with one that did.
func (d *Decoder) continues(p *piece) bool {
	if p.n > 1 {
		return d.find() >= 0
	}
	var h syslog.Header
	if d.clock.Leading(p.text, &h) > 0 {
		return true
	}
	_, text, _ := cutPID(p.text)
	id, _ := messageID(text)
	return id != nil
}

// find returns the open line of the process in d.head, -1 if it has none.
func (d *Decoder) find() int {
	for i, p := range d.parts {
		if p.head.PID == d.head.PID && bytes.Equal(p.head.Process, d.head.Process) && bytes.Equal(p.head.Host, d.head.Host) {
			return i
		}
	}
	return -1
}

// piece takes a part of a line. The line is read when its last part is there, with
// the time of the first. One whose next part is missing tells what it has.
func (d *Decoder) piece(p *piece, from origin, emit func(*mail.Event)) mail.Verdict {
	i := d.find()
	if i >= 0 && (d.parts[i].next != p.n || d.parts[i].total != p.total) {
		d.giveUp(i, emit)
		i = -1
	}
	if i < 0 {
		if p.n != 1 {
			return d.silent(mail.Irrelevant, emit) // its beginning is not in this log
		}
		if len(d.parts) >= maxParts {
			d.giveUp(0, emit)
		}
		h := d.head
		h.Host, h.Instance, h.Process, h.Body = bytes.Clone(h.Host), bytes.Clone(h.Instance), bytes.Clone(h.Process), nil
		d.parts = append(d.parts, &part{head: h, from: from, next: 1, total: p.total})
		i = len(d.parts) - 1
	}
	open := d.parts[i]
	if len(open.text)+len(p.text) < maxPartText {
		open.text = append(open.text, p.text...)
		if p.broken {
			open.text = append(open.text, '\n')
		}
	}
	open.next++
	if p.n < p.total {
		return d.silent(mail.Understood, emit)
	}
	d.parts = append(d.parts[:i], d.parts[i+1:]...)
	return d.finish(open, emit)
}

// giveUp reads an incomplete line and leaves d.head as it was.
func (d *Decoder) giveUp(i int, emit func(*mail.Event)) {
	open := d.parts[i]
	d.parts = append(d.parts[:i], d.parts[i+1:]...)
	head := d.head
	d.finish(open, emit)
	d.head = head
}

func (d *Decoder) finish(p *part, emit func(*mail.Event)) mail.Verdict {
	d.head = p.head
	return d.stamped(p.text, p.from, emit)
}
