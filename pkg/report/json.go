package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// WriteJSON writes r as one JSON object and a line end: indented by two spaces, or
// on a single line when compact. Empty lists are [] and empty maps {}, unknown
// values are null, map keys are sorted. Characters outside ASCII are escaped, which
// changes no value and keeps hostile log text harmless on a terminal. The same
// report always gives the same bytes.
//
// A report may have thousands of groups: each is written before the next one is made.
func WriteJSON(w io.Writer, r *Report, compact bool) error {
	shell := *r
	shell.Groups = nil
	data, err := MarshalASCII(&shell, compact)
	if err != nil {
		return fmt.Errorf("cannot write the report as JSON: %w", err)
	}
	// Quotes inside texts are escaped, so that the key is found and nothing like it.
	key, between, end := "\n  \"groups\": [", ",\n    ", "\n  "
	if compact {
		key, between, end = ",\"groups\":[", ",", ""
	}
	before, after, ok := bytes.Cut(data, []byte(key))
	if !ok {
		return errors.New("cannot write the report as JSON: it has no groups")
	}
	b := bufio.NewWriter(w)
	write := func(parts ...string) {
		for _, p := range parts {
			_, _ = b.WriteString(p) // Flush tells
		}
	}
	write(string(before), key)
	e := newEncoder(compact, "    ")
	for i := range r.Groups {
		group, err := e.encode(&r.Groups[i])
		if err != nil {
			return fmt.Errorf("cannot write the report as JSON: %w", err)
		}
		if i == 0 {
			write(strings.TrimPrefix(between, ","))
		} else {
			write(between)
		}
		_, _ = b.Write(group)
	}
	if len(r.Groups) > 0 {
		write(end)
	}
	write(string(after), "\n")
	return b.Flush()
}

// MarshalASCII is encoding/json for the machine outputs of this program: nil slices
// are [], nil maps {}, numbers that are not finite null, and everything outside
// printable ASCII is escaped. v is left as it is.
func MarshalASCII(v any, compact bool) ([]byte, error) { return newEncoder(compact, "").encode(v) }

// encoder is MarshalASCII for many values, in the same memory.
type encoder struct {
	raw   bytes.Buffer
	json  *json.Encoder
	ascii []byte
}

// newEncoder returns one that writes a prefix before each line but the first.
func newEncoder(compact bool, prefix string) *encoder {
	var e encoder
	e.json = json.NewEncoder(&e.raw)
	e.json.SetEscapeHTML(false)
	if !compact {
		e.json.SetIndent(prefix, "  ")
	}
	return &e
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
	e.ascii = escapeASCII(e.ascii[:0], bytes.TrimSuffix(e.raw.Bytes(), []byte("\n")))
	return e.ascii, nil
}

// rebuild copies v with every nil slice and map made empty, every pointer to a
// number that is not finite made nil and, where str is not nil, every string
// (map keys too) passed through it.
func rebuild(v reflect.Value, str func(string) string) reflect.Value {
	if v.Type() == reflect.TypeFor[time.Time]() || str == nil && v.Kind() == reflect.Slice && !v.IsNil() && settled(v.Type().Elem()) {
		return v
	}
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		out.Set(v)
		if str != nil {
			out.SetString(str(v.String()))
		}
	case reflect.Pointer:
		if v.IsNil() || isNotFinite(v.Elem()) {
			return out
		}
		p := reflect.New(v.Type().Elem())
		p.Elem().Set(rebuild(v.Elem(), str))
		return p
	case reflect.Struct:
		for i := range v.NumField() {
			out.Field(i).Set(rebuild(v.Field(i), str))
		}
	case reflect.Slice:
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(rebuild(v.Index(i), str))
		}
	case reflect.Map:
		out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for it := v.MapRange(); it.Next(); {
			out.SetMapIndex(rebuild(it.Key(), str), rebuild(it.Value(), str))
		}
	default:
		return v
	}
	return out
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

// escapeASCII writes every character of valid JSON that is not printable ASCII, and the
// second one of "##", by its number (RFC 8259 7). Such characters occur inside strings
// only, where that is the same value; line ends of the indentation stay. It appends to out.
func escapeASCII(out, data []byte) []byte {
	for i := 0; i < len(data); {
		c := data[i]
		// "##" would be a command to some CI systems (see Visible).
		if isPrintable(c) && !(c == '#' && i > 0 && data[i-1] == '#') || c == '\n' {
			out = append(out, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(data[i:])
		i += n
		if r > 0xffff {
			hi, lo := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
			continue
		}
		out = fmt.Appendf(out, `\u%04x`, r)
	}
	return out
}
