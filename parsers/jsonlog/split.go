// Package jsonlog reads logs that are JSON. A Splitter turns lines into complete
// elements, whatever the layout of the file is; a Cursor picks the values out of
// one element. Both check all that they pass over, and both are bounded. Shapes tell
// where the values are in an element that is built like one before, without a walk.
//
//	one document a line (NDJSON)          {"a":1}
//	an array, on one line or on many      [{"a":1},
//	                                       {"a":2}]
//	a page: an object around an array     {"items":[{"a":1},{"a":2}],"paging":{..}}
//	objects one after the other           {"a":1}{"a":2}
//	any of these, printed over many lines
//
// encoding/json is not used: it neither continues a document on the next line nor
// goes on after a broken one, and it is many times as slow.
package jsonlog

import (
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// DefaultLimit is how long an element that spans lines may become, in bytes. A
// longer one is left out.
const DefaultLimit = 64 << 20

// keepBuffer is how much of a buffer is kept after a long element.
const keepBuffer = 1 << 20

// Splitter cuts the lines of one file into elements. An element is an object; the
// arrays around it, and the objects around those arrays (pages), are taken off.
//
// No memory is held but the element that is being collected, and that only if it
// spans lines. After a syntax error the next document begins where one can begin:
// at the line of the error, or a later one.
type Splitter struct {
	pages map[string]bool
	limit int

	open []frame
	want want
	buf  []byte // the lines of the element so far
	elem int    // len(open) inside the element, 0 outside
	from int    // where the element begins in the line
	long bool   // the element is too long and not collected
	key  keyed  // what the last key of the element or page says

	// Lines of the open document that no element has ended on were called Understood
	// on trust: part are those of the open element, page those around elements. lost
	// are those that did not deserve it.
	part, page, lost int64
}

// frame is an open container.
type frame struct {
	end byte // what closes it
	// through says that its members are looked at: an array of elements, a page.
	through bool
	// keys says that a key was read, test that the first one was "_test": the
	// object wraps a test case, {"_test":..,"payload":..}.
	keys, test bool
}

// NewSplitter returns a splitter. pages are the keys at the top of a page under
// which its elements stand; such a key counts only if its value is an array. limit
// is how long an element may become that spans lines; 0 means DefaultLimit.
func NewSplitter(limit int, pages ...string) *Splitter {
	s := &Splitter{pages: make(map[string]bool, len(pages)), limit: limit}
	for _, p := range pages {
		s.pages[p] = true
	}
	if limit <= 0 {
		s.limit = DefaultLimit
	}
	return s
}

// Idle says that no document is open.
func (s *Splitter) Idle() bool { return len(s.open) == 0 }

// Line takes the next line and hands each element that ends on it to element,
// which says what it makes of it; NotUnderstood must mean that it did nothing. The
// element is valid until element returns.
//
// The verdict of the line is the best of its elements. A line without the end of an
// element is Understood if it is part of a document, NotUnderstood if it is no JSON,
// and Irrelevant if it is empty or a document without elements. Lines of an element
// that is too long are NotUnderstood. What was part of a document that came to
// nothing is told by Unfinished.
func (s *Splitter) Line(line []byte, element func([]byte) mail.Verdict) mail.Verdict {
	idle, long := s.Idle(), s.long
	asked := -1 // how long the element was that nobody wanted
	if idle {
		line = clean(line)
		if len(line) == 0 {
			return mail.Irrelevant
		}
		// Most logs have one element a line, and whoever reads it sees its end.
		if line[0] == '{' {
			if v := element(line); v != mail.NotUnderstood {
				return v
			}
			asked = len(line)
		}
	}
	best, elements := mail.NotUnderstood, 0
	take := func(e []byte) {
		elements++
		v := mail.NotUnderstood
		if len(e) != asked {
			v = element(e)
		}
		best = max(best, v)
		s.settle(v)
	}
	after, ok := s.scan(line, 0, take)
	if !ok && !idle {
		// The document broke off. The line may be the beginning of another one.
		idle = true
		_, ok = s.scan(line, after, take)
	}
	switch {
	case elements > 0:
		return best
	case !ok || long || s.long:
		return mail.NotUnderstood
	case idle && s.Idle():
		return mail.Irrelevant
	case s.elem > 0:
		s.part++
	case !s.Idle():
		s.page++
	}
	return mail.Understood
}

// Unfinished returns how many lines Line has called Understood because they were part
// of a document, while nothing came of it: those of elements that were NotUnderstood or
// too long, and those after the last element of a document that broke off, or is open.
func (s *Splitter) Unfinished() int64 { return s.lost + s.page + s.part }

// Behind returns, while an element is being handed over, how many lines before this one
// it has: they were called Understood.
func (s *Splitter) Behind() int64 { return s.part }

// settle judges the lines before the end of an element.
func (s *Splitter) settle(v mail.Verdict) {
	if v == mail.NotUnderstood {
		s.lost += s.part
	} else {
		s.page = 0
	}
	s.part = 0
}

// clean removes what may stand before a document: a byte order mark, and the
// record separator of RFC 7464.
func clean(line []byte) []byte {
	for len(line) > 0 {
		switch {
		case line[0] == ' ' || line[0] == '\t' || line[0] == '\r' || line[0] == 0x1e:
			line = line[1:]
		case len(line) >= 3 && line[0] == 0xef && line[1] == 0xbb && line[2] == 0xbf:
			line = line[3:]
		default:
			return line
		}
	}
	return line
}

// scan goes through line[i:]. It returns the index after the last element that
// ended, and false if the text is no JSON; then no document is open.
func (s *Splitter) scan(line []byte, i int, take func([]byte)) (after int, ok bool) {
	after, s.from = i, i
	for {
		if i = space(line, i); i == len(line) {
			s.keep(line)
			return after, true
		}
		if i = s.token(line, i); i < 0 {
			s.reset()
			return after, false
		}
		if s.elem > len(s.open) { // the element has just been closed
			s.elem = 0
			after = i
			if !s.long {
				take(s.collected(line[s.from:i]))
			}
			s.drop()
		}
	}
}

// keep stores what the line has of an open element.
func (s *Splitter) keep(line []byte) {
	if s.elem == 0 || s.long {
		return
	}
	if len(s.buf)+len(line)-s.from+1 > s.limit {
		s.drop()
		s.long = true
		s.settle(mail.NotUnderstood)
		return
	}
	s.buf = append(append(s.buf, line[s.from:]...), '\n')
}

// collected returns the whole element.
func (s *Splitter) collected(last []byte) []byte {
	if len(s.buf) == 0 {
		return last
	}
	s.buf = append(s.buf, last...)
	return s.buf
}

func (s *Splitter) drop() {
	s.long = false
	if s.buf = s.buf[:0]; cap(s.buf) > keepBuffer {
		s.buf = nil
	}
}

func (s *Splitter) reset() {
	s.open, s.want, s.elem = s.open[:0], wantDocument, 0
	s.lost, s.page, s.part = s.Unfinished(), 0, 0
	s.drop()
}
