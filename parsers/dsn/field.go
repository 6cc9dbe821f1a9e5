package dsn

import (
	"bytes"
	"slices"
)

// field cuts "Name: value". name is nil if the line is none (RFC 5322 2.2).
func field(line []byte) (name, value []byte) {
	n := 0
	for n < len(line) && n < 128 && line[n] > ' ' && line[n] < 0x7f && line[n] != ':' {
		n++
	}
	if n == 0 || n == len(line) || line[n] != ':' {
		return nil, nil
	}
	if n+1 < len(line) && line[n+1] == '/' { // "https://"
		return nil, nil
	}
	return line[:n], bytes.TrimSpace(line[n+1:])
}

// is compares a field name with one in lower case.
func is(name []byte, known string) bool {
	if len(name) != len(known) {
		return false
	}
	for i := range known {
		if c := name[i]; c != known[i] && (c-'A' > 25 || c|0x20 != known[i]) {
			return false
		}
	}
	return true
}

// pair is a field of a header, unfolded.
type pair struct{ name, value []byte }

type header []pair

// get returns the first value of a field.
func (h header) get(name string) []byte {
	for _, p := range h {
		if is(p.name, name) {
			return p.value
		}
	}
	return nil
}

// maxHeader is how many lines a header may have.
const maxHeader = 5000

// readHeader reads fields up to the first empty line and returns them with the
// lines after it. A line that is no field, and not folded, belongs to the field
// before it: some servers break lines anywhere.
func readHeader(lines [][]byte) (h header, rest [][]byte) {
	for i, line := range lines {
		if i == maxHeader {
			return h, lines[i:]
		}
		if len(bytes.TrimSpace(line)) == 0 {
			return h, lines[i+1:]
		}
		name, value := field(line)
		if folded := line[0] == ' ' || line[0] == '\t'; folded || name == nil {
			if n := len(h); n > 0 {
				h[n-1].value = join(h[n-1].value, line)
			}
			continue
		}
		h = append(h, pair{name, slices.Clip(value)})
	}
	return h, nil
}

// maxText bounds the value of a field and a reason, in bytes.
const maxText = 8 << 10

// join adds a line to a text whose capacity is its own.
func join(text, line []byte) []byte {
	line = bytes.TrimSpace(line)
	if len(line) == 0 || len(text)+len(line) > maxText {
		return text
	}
	if len(text) == 0 {
		return slices.Clip(line)
	}
	return append(append(text, ' '), line...)
}

// isReportField says that a name is a field of RFC 3464, or one that tells the
// recipients of a bounce.
func isReportField(name []byte) bool {
	switch len(name) {
	case 6:
		return is(name, "action") || is(name, "status")
	case 10:
		return is(name, "remote-mta")
	case 12:
		return is(name, "arrival-date")
	case 13:
		return is(name, "reporting-mta")
	case 15:
		return is(name, "diagnostic-code") || is(name, "final-recipient")
	case 16:
		return is(name, "will-retry-until")
	case 17:
		return is(name, "last-attempt-date")
	case 18:
		return is(name, "original-recipient")
	case 19:
		return is(name, "x-failed-recipients")
	}
	return false
}

// parameter returns a parameter of a Content-Type field, without quotes.
func parameter(value []byte, name string) []byte {
	for {
		i := bytes.IndexByte(value, ';')
		if i < 0 {
			return nil
		}
		value = bytes.TrimLeft(value[i+1:], " \t")
		n := bytes.IndexByte(value, '=')
		if n < 0 || !is(bytes.TrimSpace(value[:n]), name) {
			continue
		}
		v := bytes.TrimLeft(value[n+1:], " \t")
		if len(v) > 0 && v[0] == '"' {
			if end := bytes.IndexByte(v[1:], '"'); end >= 0 {
				return v[1 : 1+end]
			}
			return v[1:]
		}
		if end := bytes.IndexAny(v, "; \t"); end >= 0 {
			v = v[:end]
		}
		return v
	}
}
