package wrap

import (
	"bytes"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/csvrow"
	"github.com/seed-07ce53fa/diagnose/parsers/jsonlog"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Decoder reads one file of wrapped lines. It implements
// parsers.DocumentDecoder and syslog.Rewinder. A wrapper that spans lines (pieces of a long line, an entry of
// journalctl -o export) gives its events on its last line; the lines before are
// Irrelevant.
type Decoder struct {
	reader
	kind     kind
	format   parsers.Format
	opts     parsers.Options
	tagged   bool    // the format reads a program before the text
	newlines bool    // Docker: bodies end with a line end, so that one without is a piece
	sample   *Sample // filled in instead of decoding

	inner  parsers.Decoder // nil before the first line
	header parsers.HeaderDecoder
	split  *jsonlog.Splitter
	block  block
	pieces [3]piece
	csv    csvrow.Reader
	heads  []field // of the table; nil before its first line
	first  []byte  // that line
	open   int64   // lines of a row that goes on
	line   []byte  // a line that was put together
	rec    record  // the record under way
	head   syslog.Header

	emit    func(*mail.Event) // of the call under way
	take    func([]byte) mail.Verdict
	through func(*mail.Event)
	telling func(*mail.Event)
	own     bool // the line inside has a stamp without year or zone
	seen    int
	best    mail.Verdict

	given, lost [3]int64 // by mail.Verdict: all lines, and those before the last of a record that was not understood
}

// pages are the keys under which an answer of a log service has its records: "aws logs
// filter-log-events", a subscription of CloudWatch, Graylog, Azure.
var pages = []string{"events", "logEvents", "messages", "records", "results", "data"}

// maxRecord is how long a JSON object may be that spans lines.
const maxRecord = 4 << 20

func (d *Decoder) begin(o parsers.Options) {
	if o.Location == nil {
		o.Location = time.UTC
	}
	d.opts = o
	d.stamps = newStamps(o.Year, o.Location)
	d.split = jsonlog.NewSplitter(maxRecord, pages...)
	d.take, d.through, d.telling = d.element, d.place, d.tell
}

// Decode implements parsers.Decoder. A line that has no wrapper goes to the format
// inside as it is.
func (d *Decoder) Decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	v := d.decode(line, emit)
	d.given[v]++
	return v
}

func (d *Decoder) decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	switch d.kind {
	case objects:
		return d.objectLine(line, emit)
	case export:
		return d.exportLine(line, emit)
	case cri:
		return d.criLine(line, emit)
	case labelled:
		return d.labelLine(line, emit)
	case rows:
		return d.rowLine(line, emit)
	default:
		return d.tableLine(line, emit)
	}
}

// Close implements parsers.Decoder.
func (d *Decoder) Close(emit func(*mail.Event)) {
	d.flush(emit)
	if d.inner != nil {
		d.inner.Close(emit)
	}
}

// Unfinished implements parsers.DocumentDecoder. A line that the format inside takes back
// is one line of this file, as it is in all wrappers but printed JSON and exports.
func (d *Decoder) Unfinished() (understood, irrelevant int64) {
	understood, irrelevant = parsers.Unfinished(d.inner)
	understood += d.split.Unfinished() + d.lost[mail.Understood]
	irrelevant += d.lost[mail.Irrelevant]
	return min(understood, d.given[mail.Understood]), min(irrelevant, d.given[mail.Irrelevant])
}

// Overran implements syslog.Rewinder.
func (d *Decoder) Overran(anchor time.Time) bool {
	w, ok := d.inner.(syslog.Rewinder)
	return ok && w.Overran(anchor)
}

// flush decodes what waits for more lines.
func (d *Decoder) flush(emit func(*mail.Event)) {
	if d.kind == export {
		if d.block.rank[body] == 0 { // cut before its message
			d.lost[mail.Irrelevant] += d.block.rows
			d.block.rows = 0
		}
		d.entry(emit)
	}
	d.lost[mail.Irrelevant] += d.open // of a row that never ended
	d.open = 0
	for i := range d.pieces {
		if p := &d.pieces[i]; len(p.text) > 0 {
			d.rec = p.record
			d.rec.body = p.text
			d.deliver(&d.rec, emit)
			p.text = p.text[:0]
		}
	}
}

var sse = []byte("data: ") // journalctl -o json-sse

// objectLine takes a line of JSON objects.
func (d *Decoder) objectLine(line []byte, emit func(*mail.Event)) mail.Verdict {
	d.emit, d.seen, d.best = emit, 0, mail.NotUnderstood
	v := d.split.Line(bytes.TrimPrefix(line, sse), d.take)
	if d.seen > 0 {
		return d.best
	}
	if v == mail.NotUnderstood {
		return d.plain(line, emit)
	}
	return v
}

// element takes one JSON object.
func (d *Decoder) element(text []byte) mail.Verdict {
	r := &d.rec
	if !d.object(text, r) || r.page && r.rank[body] == 0 {
		return mail.NotUnderstood
	}
	d.seen++
	v := mail.Irrelevant
	if !r.piece || d.whole(r) {
		v = d.deliver(r, d.emit)
	}
	if v == mail.NotUnderstood {
		d.lost[mail.Understood] += d.split.Behind()
	}
	d.best = max(d.best, v)
	return mail.Understood
}

// criLine takes a line of a container runtime.
func (d *Decoder) criLine(line []byte, emit func(*mail.Event)) mail.Verdict {
	l, ok := readCRI(line)
	if !ok {
		return d.plain(line, emit)
	}
	r := &d.rec
	*r = record{body: l.text, stream: l.stream, prompt: true}
	r.time, r.precise, r.exact, _ = d.stamps.read(l.stamp)
	if !d.join(r, l.partial) {
		return mail.Irrelevant
	}
	return d.deliver(r, emit)
}

// tableLine takes a row whose last column is the message. It is only for rows that
// the format does not understand as they are. Another column may be a time.
func (d *Decoder) tableLine(line []byte, emit func(*mail.Event)) mail.Verdict {
	i := bytes.LastIndexByte(line, '\t')
	if i < 0 {
		return d.plain(line, emit)
	}
	r := &d.rec
	d.row(r, line[:i], line[i+1:])
	if d.sample == nil {
		d.start(r, r.body)
		d.emit = emit
		if v := d.inner.Decode(line, d.telling); v != mail.NotUnderstood {
			return v
		}
	}
	return d.deliver(r, emit)
}

// tell leaves out events that only tell a time: if the line is not understood as it
// is, its last column tells it again.
func (d *Decoder) tell(ev *mail.Event) {
	if ev.Kind != mail.KindNone {
		d.emit(ev)
	}
}

// row reads the columns of a table.
func (d *Decoder) row(r *record, columns, last []byte) {
	*r = record{body: bytes.Trim(last, "\"")}
	for more := true; more; {
		var column []byte
		column, columns, more = bytes.Cut(columns, []byte("\t"))
		if t, precise, exact, ok := d.stamps.read(bytes.Trim(column, "\"")); ok {
			r.time, r.precise, r.exact = t, precise, exact
			break
		}
	}
}

// piece is the beginning of a line that was written in several.
type piece struct {
	text   []byte
	record record
}

const (
	// maxPieces bounds a line that was written in pieces.
	maxPieces = 1 << 20
	// dockerPiece is the size of all pieces but the last
	// (moby/moby:daemon/logger/copier.go).
	dockerPiece = 16 << 10
)

// whole joins the records of a Docker json-file. A record without a line end is a
// piece, unless some shipper took all line ends away.
func (d *Decoder) whole(r *record) bool {
	text, ended := bytes.CutSuffix(r.body, []byte("\n"))
	d.newlines = d.newlines || ended
	if d.sample != nil {
		d.sample.newlines = d.newlines
	}
	r.body = text
	return d.join(r, !ended && (d.newlines || len(text) >= dockerPiece))
}

// join puts the pieces of a line together, per stream. It returns false if more
// are to come.
func (d *Decoder) join(r *record, partial bool) bool {
	p := &d.pieces[0]
	switch string(r.stream) {
	case "out", "stdout":
		p = &d.pieces[1]
	case "err", "stderr":
		p = &d.pieces[2]
	}
	if !partial && len(p.text) == 0 {
		return true
	}
	if len(p.text)+len(r.body) <= maxPieces {
		p.text = append(p.text, r.body...)
	}
	if partial {
		p.record = *r
		p.record.body, p.record.stream, p.record.bodies = nil, nil, nil
		p.record.host, p.record.tag = nil, nil // slices of this line; Docker and CRI have none
		return false
	}
	r.body = p.text
	p.text = p.text[:0]
	return true
}
