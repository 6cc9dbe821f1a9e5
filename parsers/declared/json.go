package declared

import (
	"strconv"
	"strings"

	"github.com/seed-07ce53fa/diagnose/parsers/jsonlog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// tree says which values of a document are fields: "a.b.0" is the first element of
// the list b in the object a.
type tree struct {
	fields []int
	keys   map[string]*tree
}

func (t *tree) child(key string) *tree {
	if t.keys == nil {
		t.keys = map[string]*tree{}
	}
	if t.keys[key] == nil {
		t.keys[key] = &tree{}
	}
	return t.keys[key]
}

// document checks the description of JSON documents.
func (f *format) document(p *jsonPart) (errs []error) {
	f.json, f.pages = &tree{}, p.Pages
	for field, path := range p.Fields.list() {
		if path == "" {
			continue
		}
		f.has[field] = true
		at := f.json
		for _, key := range strings.Split(strings.TrimPrefix(strings.TrimPrefix(path, "$"), "."), ".") {
			if key == "" {
				errs = append(errs, p.Fields.At.Key(fieldNames[field]).Errorf("%s: want a path such as event.to.0, have %q", fieldNames[field], path))
				break
			}
			at = at.child(key)
		}
		at.fields = append(at.fields, field)
	}
	if len(f.json.keys) == 0 && len(errs) == 0 {
		errs = append(errs, p.At.Errorf("json: no fields"))
	}
	return errs
}

// documentDecoder reads JSON documents, in any of the layouts of package jsonlog.
type documentDecoder struct {
	decoder
	split  *jsonlog.Splitter
	cursor jsonlog.Cursor
	lists  [numFields][]byte
	emit   func(*mail.Event)
	take   func([]byte) mail.Verdict
}

func (d *documentDecoder) begin() {
	d.split = jsonlog.NewSplitter(0, d.format.pages...)
	d.take = d.element
}

// Decode implements parsers.Decoder.
func (d *documentDecoder) Decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	if d.split.Idle() && d.passes(line) {
		return mail.Irrelevant
	}
	d.emit = emit
	return d.split.Line(line, d.take)
}

// Unfinished implements parsers.DocumentDecoder.
func (d *documentDecoder) Unfinished() (understood, irrelevant int64) { return d.split.Unfinished(), 0 }

func (d *documentDecoder) element(doc []byte) mail.Verdict {
	d.clear()
	d.cursor.Reset(doc)
	d.walk(d.format.json)
	if !d.cursor.Done() {
		return mail.NotUnderstood
	}
	return d.tell(d.emit)
}

// walk takes the value that the cursor is at.
func (d *documentDecoder) walk(t *tree) {
	c := &d.cursor
	switch {
	case len(t.fields) > 0 && c.Kind() == '[':
		d.list(t)
	case c.Kind() == '{':
		for c.Object(); c.Next(); {
			if child := t.keys[string(c.Key())]; child != nil {
				d.walk(child)
			}
		}
	case c.Kind() == '[':
		i := 0
		for c.Array(); c.Next(); i++ {
			if child := t.keys[strconv.Itoa(i)]; child != nil {
				d.walk(child)
			}
		}
	case len(t.fields) > 0:
		text := c.Text()
		for _, f := range t.fields {
			d.set(f, text)
		}
	}
}

// list joins the texts of a list with commas: several recipients.
func (d *documentDecoder) list(t *tree) {
	c := &d.cursor
	buf := &d.lists[t.fields[0]]
	*buf = (*buf)[:0]
	for c.Array(); c.Next(); {
		if text := c.Text(); len(text) > 0 {
			if len(*buf) > 0 {
				*buf = append(*buf, ',')
			}
			*buf = append(*buf, text...)
		}
	}
	for _, f := range t.fields {
		d.set(f, *buf)
	}
}
