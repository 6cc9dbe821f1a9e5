// Package esp is what the exports of email service providers have in common: how
// their elements are read, how they write times, addresses and replies, and how
// events that stand in an export twice are told.
//
// A format describes itself as an Export and reads one element at a time:
//
//	var export = esp.Export{Name: "x", Title: "X (webhooks)", Pages: []string{"items"}, Read: read}
//
//	func read(r *esp.Reading) mail.Verdict {
//		var recipient []byte
//		for r.Object(); r.Next(); {
//			switch string(r.Key()) {
//			case "recipient":
//				recipient = r.Text()
//			}
//		}
//		if !r.Done() {
//			return mail.NotUnderstood
//		}
//		e := r.Event()
//		...
//		return r.Tell(e)
//	}
package esp

import (
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/jsonlog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Export describes the export of one provider.
type Export struct {
	// Name and Title are those of parsers.Format.
	Name, Title string
	// Pages are the keys under which a page has its elements.
	Pages []string
	// Own says that the reader may run the software himself: events are not
	// marked as an ESP's.
	Own bool
	// Read reads one element. It must return NotUnderstood, and do nothing else,
	// for one that is not valid (Reading.Done) or not of this format.
	Read func(*Reading) mail.Verdict
	// Start, if Read is nil, starts a Read for one file that remembers something of
	// the elements before.
	Start func() func(*Reading) mail.Verdict
	// Other, if not nil, starts a reader for lines that are no JSON. It is asked
	// first where a document may begin, and says whether the line was its own.
	Other func() func(r *Reading, line []byte) (v mail.Verdict, mine bool)
}

// Format returns the log format of the export.
func (x Export) Format() parsers.Format {
	return parsers.Format{
		Name: x.Name, Title: x.Title,
		Score:    x.score,
		New:      func(o parsers.Options) parsers.Decoder { return x.NewDecoder(o) },
		Yearless: func([][]byte) bool { return false },
		Zoneless: func(sample [][]byte) bool {
			d := x.NewDecoder(parsers.Options{})
			for _, line := range sample {
				d.Decode(line, func(*mail.Event) {})
			}
			return d.reading.zoneless
		},
	}
}

// NewDecoder returns a decoder for one file.
func (x Export) NewDecoder(o parsers.Options) *Decoder {
	d := &Decoder{export: x, split: jsonlog.NewSplitter(0, x.Pages...)}
	if d.reading.zone = o.Location; o.Location == nil {
		d.reading.zone = time.UTC
	}
	d.reading.esp, d.reading.name = !x.Own, []byte(x.Name)
	d.element = d.read // bound once: a method value is an allocation
	if x.Start != nil {
		d.export.Read = x.Start()
	}
	if x.Other != nil {
		d.other = x.Other()
	}
	return d
}

// Decoder reads the lines of one file. It implements parsers.DocumentDecoder.
// The events it emits are valid until emit returns.
type Decoder struct {
	export  Export
	split   *jsonlog.Splitter
	reading Reading
	element func([]byte) mail.Verdict
	other   func(*Reading, []byte) (mail.Verdict, bool)
	sure    int // elements that only this format has
}

// Decode implements parsers.Decoder. A line is Understood if an event is on it, or
// if it is part of a document that spans lines; Irrelevant if its elements are of
// the provider but tell nothing of a delivery.
func (d *Decoder) Decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	d.reading.emit = emit
	if d.other != nil && d.split.Idle() {
		d.reading.begin(nil)
		if v, mine := d.other(&d.reading, line); mine {
			d.note(v)
			return v
		}
	}
	return d.split.Line(line, d.element)
}

func (d *Decoder) read(element []byte) mail.Verdict {
	d.reading.begin(element)
	v := d.export.Read(&d.reading)
	d.note(v)
	return v
}

func (d *Decoder) note(v mail.Verdict) {
	if d.reading.Sure && v != mail.NotUnderstood {
		d.sure++
	}
}

// Close implements parsers.Decoder. A document that is not complete tells nothing.
func (d *Decoder) Close(func(*mail.Event)) {}

// Unfinished implements parsers.DocumentDecoder.
func (d *Decoder) Unfinished() (understood, irrelevant int64) { return d.split.Unfinished(), 0 }

// score counts the lines that elements of this format stand on, those of pages
// around them included.
func (x Export) score(sample [][]byte) (n int) {
	d := x.NewDecoder(parsers.Options{})
	pending := 0 // lines of a document whose format is not known yet
	for _, line := range sample {
		before := d.sure
		v := d.Decode(line, func(*mail.Event) {})
		switch {
		case d.sure > before:
			n += pending + 1
			pending = 0
		case v == mail.Understood:
			pending++
		case v == mail.NotUnderstood:
			pending = 0
		}
	}
	if n > 0 {
		n += pending // the sample ends inside a document
	}
	return n
}
