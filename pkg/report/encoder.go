package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// MarshalASCII is encoding/json for the machine outputs of this program: nil slices
// are [], nil maps {}, numbers that are not finite null, and everything outside
// printable ASCII is escaped. v is left as it is.
func MarshalASCII(v any, compact bool) ([]byte, error) { return newEncoder(compact, "").encode(v) }

// encoder is MarshalASCII for many values, in the same memory.
type encoder struct {
	raw  bytes.Buffer
	json *json.Encoder
	rebuilder
	layout
	facts []factJSON
}

// newEncoder returns one that writes a prefix before each line but the first.
func newEncoder(compact bool, prefix string) *encoder {
	e := &encoder{layout: layout{compact: compact, margin: []byte("\n" + prefix), depth: len(prefix) + 1}, facts: []factJSON{}}
	e.json = json.NewEncoder(&e.raw)
	e.json.SetEscapeHTML(false)
	return e
}

// encode returns bytes that are there until the next call.
func (e *encoder) encode(v any) ([]byte, error) {
	e.raw.Reset()
	if v != nil {
		v = e.rebuild(reflect.ValueOf(v)).Interface()
	}
	if err := e.json.Encode(v); err != nil {
		return nil, err
	}
	e.out = e.out[:0]
	e.lay(bytes.TrimSuffix(e.raw.Bytes(), []byte("\n")))
	return e.out, nil
}

// group is encode for a group. Facts are most of what a report says: encoded as plain
// values they are not read once more, as encoding/json does with what MarshalJSON returns.
func (e *encoder) group(g *Group) ([]byte, error) {
	shell := *g
	shell.Facts = nil
	e.raw.Reset()
	if err := e.json.Encode(e.rebuild(reflect.ValueOf(&shell)).Interface()); err != nil {
		return nil, err
	}
	all := e.raw.Len() - 1 // without its line end
	e.facts = g.Facts.plain(e.facts[:0])
	if err := e.json.Encode(e.facts); err != nil {
		return nil, err
	}
	// Quotes inside texts are escaped, so that the key is found and nothing like it; Facts
	// is the first one of that name in a Group.
	const key = `"facts":`
	data, facts := e.raw.Bytes()[:all], e.raw.Bytes()[all+1:e.raw.Len()-1]
	at := bytes.Index(data, []byte(key+"[]"))
	if at < 0 {
		return nil, errors.New("a group has no facts")
	}
	at += len(key)
	e.out = e.out[:0]
	e.lay(data[:at])
	e.lay(facts)
	e.lay(data[at+len("[]"):])
	return e.out, nil
}

// layout turns the compact JSON of encoding/json into what is written, in one pass: each
// level is indented by two blanks, and every character that is not printable ASCII, and
// the second one of "##", is written by its number (RFC 8259 7). Such characters occur
// inside strings only, where that is the same value. json.Indent would check its input
// again, which takes several times as long as to write it.
type layout struct {
	compact bool
	margin  []byte // a line end and the blanks of the deepest line so far
	depth   int    // of the margin that the line at hand has
	out     []byte
}

// lay lays out whole values, keys and signs.
func (l *layout) lay(data []byte) {
	for i := 0; i < len(data); {
		c := data[i]
		if c == '"' {
			i = l.text(data, i)
			continue
		}
		if !isSign[c] || l.compact { // a number, true, false or null
			from := i
			i++
			for i < len(data) && !isSign[data[i]] {
				i++
			}
			l.out = append(l.out, data[from:i]...)
			continue
		}
		i++
		switch c {
		case '{', '[':
			l.out = append(l.out, c)
			if data[i] == '}' || data[i] == ']' { // {} and [] stay together
				l.out = append(l.out, data[i])
				i++
				continue
			}
			l.depth += 2
			l.line()
		case '}', ']':
			l.depth -= 2
			l.line()
			l.out = append(l.out, c)
		case ',':
			l.out = append(l.out, c)
			l.line()
		case ':':
			l.out = append(l.out, c, ' ')
		}
	}
}

// isSign are the bytes at which a number ends, asIs those that a text has as they are.
var isSign, asIs = tables()

func tables() (sign, as [256]bool) {
	for _, c := range []byte(`{}[],:"`) {
		sign[c] = true
	}
	for c := range as {
		as[c] = isPrintable(byte(c)) && !strings.ContainsRune(`"\#`, rune(c))
	}
	return sign, as
}

// line begins a line.
func (l *layout) line() {
	for len(l.margin) < l.depth {
		l.margin = append(l.margin, ' ')
	}
	l.out = append(l.out, l.margin[:l.depth]...)
}

// text writes the string that begins at data[i] and returns where it ends.
func (l *layout) text(data []byte, i int) int {
	from := i
	for i++; ; {
		for asIs[data[i]] {
			i++
		}
		switch c := data[i]; {
		case c == '"':
			i++
			l.out = append(l.out, data[from:i]...)
			return i
		case c == '\\':
			i += 2
			continue
		// "##" would be a command to some CI systems (see Visible).
		case c == '#' && data[i-1] != '#':
			i++
			continue
		}
		l.out = append(l.out, data[from:i]...)
		r, n := utf8.DecodeRune(data[i:])
		l.escape(r)
		i += n
		from = i
	}
}

func (l *layout) escape(r rune) {
	if r > 0xffff {
		hi, lo := utf16.EncodeRune(r)
		l.out = fmt.Appendf(l.out, `\u%04x\u%04x`, hi, lo)
		return
	}
	l.out = fmt.Appendf(l.out, `\u%04x`, r)
}
