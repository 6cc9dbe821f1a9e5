package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"time"
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
	layout
}

// newEncoder returns one that writes a prefix before each line but the first.
func newEncoder(compact bool, prefix string) *encoder {
	e := &encoder{layout: layout{compact: compact, margin: []byte("\n" + prefix), depth: len(prefix) + 1}}
	e.json = json.NewEncoder(&e.raw)
	e.json.SetEscapeHTML(false)
	return e
}

// encode returns bytes that are there until the next call.
func (e *encoder) encode(v any) ([]byte, error) {
	e.raw.Reset()
	if v != nil {
		v = rebuild(reflect.ValueOf(v), nil).Interface()
	}
	if err := e.json.Encode(v); err != nil {
		return nil, err
	}
	return e.lay(bytes.TrimSuffix(e.raw.Bytes(), []byte("\n"))), nil
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

// lay returns bytes that are there until the next call.
func (l *layout) lay(data []byte) []byte {
	l.out = l.out[:0]
	for i := 0; i < len(data); {
		c := data[i]
		if c == '"' {
			i = l.text(data, i)
			continue
		}
		i++
		switch {
		case l.compact:
			l.out = append(l.out, c)
		case c == '{', c == '[':
			l.out = append(l.out, c)
			if data[i] == '}' || data[i] == ']' { // {} and [] stay together
				l.out = append(l.out, data[i])
				i++
				continue
			}
			l.depth += 2
			l.line()
		case c == '}', c == ']':
			l.depth -= 2
			l.line()
			l.out = append(l.out, c)
		case c == ',':
			l.out = append(l.out, c)
			l.line()
		case c == ':':
			l.out = append(l.out, c, ' ')
		default:
			l.out = append(l.out, c)
		}
	}
	return l.out
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
	for i++; data[i] != '"'; {
		c := data[i]
		switch {
		case c == '\\':
			i += 2
			continue
		// "##" would be a command to some CI systems (see Visible).
		case isPrintable(c) && (c != '#' || data[i-1] != '#'):
			i++
			continue
		}
		l.out = append(l.out, data[from:i]...)
		r, n := utf8.DecodeRune(data[i:])
		l.escape(r)
		i += n
		from = i
	}
	i++
	l.out = append(l.out, data[from:i]...)
	return i
}

func (l *layout) escape(r rune) {
	if r > 0xffff {
		hi, lo := utf16.EncodeRune(r)
		l.out = fmt.Appendf(l.out, `\u%04x\u%04x`, hi, lo)
		return
	}
	l.out = fmt.Appendf(l.out, `\u%04x`, r)
}

// rebuild copies v with every nil slice and map made empty, every pointer to a
// number that is not finite made nil and, where str is not nil, every string
// (map keys too) passed through it.
func rebuild(v reflect.Value, str func(string) string) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	settle(out, str)
	return out
}

// settle is rebuild for a copy of a value: what the copy points to is still the original's.
func settle(v reflect.Value, str func(string) string) {
	switch v.Kind() {
	case reflect.String:
		if str != nil {
			v.SetString(str(v.String()))
		}
	case reflect.Pointer:
		switch {
		case v.IsNil():
		case isNotFinite(v.Elem()):
			v.SetZero()
		default:
			p := reflect.New(v.Type().Elem())
			p.Elem().Set(v.Elem())
			settle(p.Elem(), str)
			v.Set(p)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			settle(v.Field(i), str)
		}
	case reflect.Slice:
		if str == nil && !v.IsNil() && settled(v.Type().Elem()) {
			return
		}
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(list, v)
		for i := range v.Len() {
			settle(list.Index(i), str)
		}
		v.Set(list)
	case reflect.Map:
		m := reflect.MakeMapWithSize(v.Type(), v.Len())
		for it := v.MapRange(); it.Next(); {
			m.SetMapIndex(rebuild(it.Key(), str), rebuild(it.Value(), str))
		}
		v.Set(m)
	default: // one value
	}
}

// settled says that no value of a type has anything that JSON would show as null.
func settled(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface:
		return false
	case reflect.Struct:
		for i := range t.NumField() {
			if t != reflect.TypeFor[time.Time]() && !settled(t.Field(i).Type) {
				return false
			}
		}
	default: // one value
	}
	return true
}

func isNotFinite(v reflect.Value) bool {
	return v.Kind() == reflect.Float64 && (math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0))
}
