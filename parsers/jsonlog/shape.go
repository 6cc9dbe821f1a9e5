package jsonlog

import "bytes"

// Bounds on what Shapes remembers. Log text is hostile, and no export comes near them.
const (
	maxShapes      = 256
	maxShapeValues = 256      // of one document
	maxShapeBytes  = 32 << 10 // of one document
	maxPartBytes   = 1 << 20  // of all of them
)

// Shapes remembers how documents were built. Most documents of a log are built like
// one before: the same names in the same order. Such a document is known by comparing
// what lies between its values, a few long stretches, and of its values only the ends
// are looked for.
//
// Documents have the same shape if they are equal but for numbers and for texts that
// are not empty. True, false, null, empty texts, white space, and how names are written
// are part of the shape. A document whose shape is known is valid.
//
// T is what a reader finds out from a shape alone. The zero value is ready for use.
//
//	if known := s.Find(c); known != nil {
//		text = s.Value(c, known.place)
//	} else {
//		... // walk through the document
//		if known := s.Learn(c); known != nil {
//			... // note which of the values text was
//		}
//	}
type Shapes[T any] struct {
	first  *part[T]
	n      int     // shapes
	size   int     // bytes of all leads
	values []value // of the document at hand
}

// value is a text, without its quotes, or a number of a document.
type value struct {
	from, to int
	escaped  bool // it has a backslash
}

// part is what all documents have between two values, and what kind of value follows.
// The parts are a tree: documents that are built alike up to a value share those parts.
type part[T any] struct {
	lead  string
	kind  byte     // of the value: " for a text that is not empty, 0 for a number, } for none, the end
	next  *part[T] // what follows the value
	other *part[T] // what may stand here instead
	known T        // at the end
}

// Find returns what is known of the shape of a cursor's document, nil if the shape is new
// or the document is not valid.
func (s *Shapes[T]) Find(c *Cursor) *T {
	doc, at := c.doc, 0
	s.values = s.values[:0]
	for p := s.first; p != nil; {
		// No two parts that may stand at one place fit the same document.
		from := at + len(p.lead)
		if from > len(doc) || string(doc[at:from]) != p.lead {
			p = p.other
			continue
		}
		end, escaped := from, false
		switch p.kind {
		case '"':
			end, escaped = stringEnd(doc, from-1)
			end--
		case '0':
			if from < len(doc) {
				end = numberEnd(doc, from)
			}
		default:
			if from == len(doc) {
				return &p.known
			}
		}
		if end <= from { // another value stands here, or none
			p = p.other
			continue
		}
		s.values = append(s.values, value{from, end, escaped})
		at, p = end, p.next
	}
	return nil
}

// Learn remembers the shape of a cursor's document, which was valid, and returns what is
// known of it, for the caller to fill in. It returns nil if it does not: the document has
// an escape or is too large, or there are too many shapes already.
func (s *Shapes[T]) Learn(c *Cursor) *T {
	doc := c.doc
	if s.n >= maxShapes || len(doc) > maxShapeBytes || s.size+len(doc) > maxPartBytes || bytes.IndexByte(doc, '\\') >= 0 {
		return nil
	}
	s.n++
	s.values = s.values[:0]
	place := &s.first
	at := 0
	for i := 0; i < len(doc); {
		var from, to int
		kind := doc[i]
		switch {
		case kind == '"':
			from = i + 1
			i, _ = stringEnd(doc, i)
			to = i - 1
			if after := space(doc, max(i, 0)); to == from || after < len(doc) && doc[after] == ':' {
				continue // an empty text, or a name
			}
		case kind == '-' || kind-'0' < 10:
			kind, from = '0', i
			i = numberEnd(doc, i)
			to = i
		default:
			i++
			continue
		}
		if to <= from || len(s.values) == maxShapeValues {
			return nil
		}
		place = &s.part(place, doc[at:from], kind).next
		s.values = append(s.values, value{from: from, to: to})
		at = to
	}
	return &s.part(place, doc[at:], '}').known
}

// part returns the part that stands at a place, a new one if there is none.
func (s *Shapes[T]) part(place **part[T], lead []byte, kind byte) *part[T] {
	for *place != nil {
		if p := *place; p.lead == string(lead) && p.kind == kind {
			return p
		}
		place = &(*place).other
	}
	*place = &part[T]{lead: string(lead), kind: kind}
	s.size += len(lead)
	return *place
}

// Value is a value of the document that was found last, as Cursor.Text returns it, and
// valid as long. They are numbered from 0 in their order.
func (s *Shapes[T]) Value(c *Cursor, i int) []byte {
	v := &s.values[i]
	return c.text(c.doc[v.from:v.to], v.escaped)
}

// Place says which value of the document that was learned last a text is, which Cursor.Text
// returned; false if it is none: a truth value.
func (s *Shapes[T]) Place(c *Cursor, text []byte) (i int, ok bool) {
	for i, v := range s.values {
		if len(text) > 0 && &c.doc[v.from] == &text[0] {
			return i, true
		}
	}
	return 0, false
}
