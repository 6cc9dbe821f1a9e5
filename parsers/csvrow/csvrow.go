// Package csvrow puts the lines of a CSV file together to records and cuts them
// into cells (RFC 4180), one line at a time.
//
// It is lenient where logs are: a quote inside a bare cell is text, and so is one
// inside a quoted cell that no separator follows.
package csvrow

import "bytes"

// State is what a line was to its record.
type State uint8

const (
	// Complete is the last line of a record; its cells are there.
	Complete State = iota
	// Continues is a line that ends inside a quoted cell.
	Continues
	// Broken is a line with which a record became longer than any is; its cells are
	// those that were read so far.
	Broken
)

const (
	maxRecord = 1 << 20 // bytes of a record of several lines
	maxLines  = 1000
)

// Reader reads records. The zero value reads comma-separated ones. It is for one
// goroutine.
type Reader struct {
	// Comma is the separator; 0 means a comma.
	Comma byte

	cells [][]byte
	buf   []byte // the open record
	lines int    // lines in buf; 0 if none is open
	plain []byte // cells without their doubled quotes
}

// Open says that a record goes on.
func (r *Reader) Open() bool { return r.lines > 0 }

// Add takes the next line, without its line end. The cells are valid until the
// next call and may point into line. The lines of a cell are joined with \n.
func (r *Reader) Add(line []byte) ([][]byte, State) {
	if r.lines == 0 {
		if !r.inside(line, false) {
			return r.split(line), Complete
		}
		r.buf = append(r.buf[:0], line...)
		r.lines = 1
		return nil, Continues
	}
	inside := r.inside(line, true)
	r.buf = append(append(r.buf, '\n'), line...)
	r.lines++
	if !inside {
		return r.Rest(), Complete
	}
	if len(r.buf) > maxRecord || r.lines > maxLines {
		return r.Rest(), Broken
	}
	return nil, Continues
}

// Rest gives up the open record and returns its cells so far, nil if none is open.
func (r *Reader) Rest() [][]byte {
	if r.lines == 0 {
		return nil
	}
	r.lines = 0
	return r.split(r.buf)
}

func (r *Reader) comma() byte {
	if r.Comma == 0 {
		return ','
	}
	return r.Comma
}

// inside says whether the end of a line lies in a quoted cell; quoted, whether its
// beginning does.
func (r *Reader) inside(line []byte, quoted bool) bool {
	comma := r.comma()
	for i := 0; ; {
		if !quoted {
			if i < len(line) && line[i] == '"' {
				quoted = true
				i++
				continue
			}
			n := bytes.IndexByte(line[min(i, len(line)):], comma)
			if n < 0 {
				return false
			}
			i += n + 1
			continue
		}
		n := bytes.IndexByte(line[i:], '"')
		if n < 0 {
			return true
		}
		i += n + 1
		switch {
		case i == len(line) || line[i] == '\r' && i+1 == len(line):
			return false
		case line[i] == '"':
			i++
		case line[i] == comma:
			quoted = false
			i++
		}
	}
}

// split cuts a whole record into cells.
func (r *Reader) split(b []byte) [][]byte {
	b = bytes.TrimSuffix(b, []byte("\r"))
	r.cells, r.plain = r.cells[:0], r.plain[:0]
	comma := r.comma()
	for {
		var cell []byte
		if len(b) > 0 && b[0] == '"' {
			cell, b = r.quoted(b[1:], comma)
		} else if n := bytes.IndexByte(b, comma); n >= 0 {
			cell, b = b[:n], b[n:]
		} else {
			cell, b = b, nil
		}
		r.cells = append(r.cells, cell)
		if len(b) == 0 {
			return r.cells
		}
		b = b[1:] // the separator
		if len(b) == 0 {
			r.cells = append(r.cells, b)
			return r.cells
		}
	}
}

// quoted cuts a cell after its first quote. rest begins with a separator or is
// empty.
func (r *Reader) quoted(b []byte, comma byte) (cell, rest []byte) {
	from := len(r.plain)
	copied := false
	start := 0
	for i := 0; ; {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 { // never closed
			i = len(b)
			return r.cell(from, copied, b[start:i]), nil
		}
		i += n
		next := i + 1
		switch {
		case next == len(b):
			return r.cell(from, copied, b[start:i]), nil
		case b[next] == comma:
			return r.cell(from, copied, b[start:i]), b[next:]
		case b[next] == '"':
			r.plain = append(r.plain, b[start:next]...)
			copied = true
			i = next + 1
			start = i
		default:
			i = next
		}
	}
}

func (r *Reader) cell(from int, copied bool, rest []byte) []byte {
	if !copied {
		return rest
	}
	r.plain = append(r.plain, rest...)
	return r.plain[from:len(r.plain):len(r.plain)]
}
