package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// WriteJSON writes r as one JSON object and a line end: indented by two spaces, or
// on a single line when compact. Empty lists are [] and empty maps {}, unknown
// values are null, map keys are sorted. Characters outside ASCII are escaped, which
// changes no value and keeps hostile log text harmless on a terminal. The same
// report always gives the same bytes.
func WriteJSON(w io.Writer, r *Report, compact bool) error {
	data, err := MarshalASCII(r, compact)
	if err != nil {
		return fmt.Errorf("cannot write the report as JSON: %w", err)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// MarshalASCII is encoding/json for the machine outputs of this program: nil slices
// are [], nil maps {}, numbers that are not finite null, and everything outside
// printable ASCII is escaped. v is left as it is.
func MarshalASCII(v any, compact bool) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if !compact {
		e.SetIndent("", "  ")
	}
	if v != nil {
		v = rebuild(reflect.ValueOf(v), nil).Interface()
	}
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return escapeASCII(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// rebuild copies v with every nil slice and map made empty, every pointer to a
// number that is not finite made nil and, where str is not nil, every string
// (map keys too) passed through it.
func rebuild(v reflect.Value, str func(string) string) reflect.Value {
	if v.Type() == reflect.TypeFor[time.Time]() {
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

func isNotFinite(v reflect.Value) bool {
	return v.Kind() == reflect.Float64 && (math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0))
}

// escapeASCII writes every character of valid JSON that is not printable ASCII, and the
// second one of "##", by its number (RFC 8259 7). Such characters occur inside strings
// only, where that is the same value; line ends of the indentation stay.
func escapeASCII(data []byte) []byte {
	out := make([]byte, 0, len(data))
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
