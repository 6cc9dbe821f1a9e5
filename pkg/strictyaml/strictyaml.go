// Package strictyaml reads YAML files that people write by hand: every mistake is
// told, with its file, line and column and the line itself.
package strictyaml

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Bounds on a file. The largest of the built-in rules has 30 kB and 3,300 tokens.
const (
	maxFileBytes = 256 << 10
	maxTokens    = 20_000
	maxDepth     = 12
)

const (
	// maxExcerpt is how many characters of a long line an excerpt shows.
	maxExcerpt = 120
	// maxLine is how many bytes of a line an excerpt looks at.
	maxLine = 4096
)

// Decode decodes one YAML file into a struct and returns every mistake it
// finds, each an *Error: unknown keys (with what may be meant), wrong types,
// duplicate keys. The struct says with yaml tags which keys there are; a key is
// read into strings, numbers, booleans, time.Durations ("15m"), structs, pointers
// to structs, and slices and string-keyed maps of these. Anchors and aliases are
// refused, and so are files that are large or deep beyond reason.
func Decode(file string, src []byte, into any) []error {
	d := &decoder{file: file, src: src, text: newText(func() []byte { return src })}
	if body := d.parse(); body != nil {
		d.value(body, reflect.ValueOf(into).Elem(), "")
	}
	return d.errs
}

type decoder struct {
	file    string
	src     []byte
	text    *text
	errs    []error
	structs map[reflect.Type]shape
}

// shape is what a struct type says of its keys.
type shape struct {
	fields map[string]int
	names  []string
}

func (d *decoder) errorf(at *token.Position, format string, args ...any) {
	p := Pos{File: d.file, Line: 1, Column: 1, src: d.text}
	if at != nil {
		p.Line, p.Column = at.Line, at.Column
	}
	d.errs = append(d.errs, p.Errorf(format, args...))
}

// parse returns the one document of the file, nil if it is empty or wrong.
func (d *decoder) parse() ast.Node {
	if len(d.src) > maxFileBytes {
		d.errorf(nil, "file has %d bytes, at most %d are read", len(d.src), maxFileBytes)
		return nil
	}
	if line, why := costly(d.src); why != "" {
		d.errorf(&token.Position{Line: line, Column: 1}, "%s", why)
		return nil
	}
	tokens := lexer.Tokenize(string(d.src))
	if !d.bounded(tokens) {
		return nil
	}
	f, err := parser.Parse(tokens, 0)
	if err != nil {
		var ye yaml.Error
		if errors.As(err, &ye) && ye.GetToken() != nil {
			d.errorf(ye.GetToken().Position, "%s", ye.GetMessage())
		} else {
			d.errorf(nil, "%v", err)
		}
		return nil
	}
	var body ast.Node
	for _, doc := range f.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType {
			continue
		}
		if body != nil {
			d.errorf(doc.Body.GetToken().Position, "one document a file, this is another")
			return nil
		}
		body = doc.Body
	}
	return body
}

// bounded refuses what makes YAML expensive before it is parsed: the parser's time
// grows with the square of the keys of a mapping.
func (d *decoder) bounded(tokens token.Tokens) bool {
	if len(tokens) > maxTokens {
		d.errorf(tokens[maxTokens].Position, "file has over %d keys, values and signs; split it", maxTokens)
		return false
	}
	depth, inLine, line := 0, 0, 0
	for _, t := range tokens {
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			d.errorf(t.Position, "anchors and aliases are not allowed here")
			return false
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType:
			if t.Position.Line != line {
				line, inLine = t.Position.Line, 0
			}
			inLine++
		}
		if depth > maxDepth || inLine > maxDepth || t.Position.IndentNum > 10*maxDepth {
			d.errorf(t.Position, "nested deeper than %d levels", maxDepth)
			return false
		}
	}
	return true
}

var (
	posType      = reflect.TypeFor[Pos]()
	durationType = reflect.TypeFor[time.Duration]()
)

func (d *decoder) value(n ast.Node, v reflect.Value, what string) {
	if n == nil {
		return
	}
	if n.Type() == ast.NullType {
		d.place(n, v)
		return
	}
	switch {
	case v.Kind() == reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		d.value(n, p.Elem(), what)
		v.Set(p)
	case v.Type() == durationType:
		d.duration(n, v, what)
	case v.Kind() == reflect.Struct:
		d.structure(n, v, what)
	case v.Kind() == reflect.Slice:
		d.list(n, v, what)
	case v.Kind() == reflect.Map:
		d.mapping(n, v, what)
	default:
		d.scalar(n, v, what)
	}
}

// entries are the keys and values of a mapping.
func (d *decoder) entries(n ast.Node, what string) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	d.errorf(n.GetToken().Position, "%swant keys and values, have %s", label(what), have(n))
	return nil, false
}

func (d *decoder) structure(n ast.Node, v reflect.Value, what string) {
	entries, ok := d.entries(n, what)
	if !ok {
		d.place(n, v)
		return
	}
	s, known := d.structs[v.Type()]
	if !known {
		s = shapeOf(v.Type())
		if d.structs == nil {
			d.structs = map[reflect.Type]shape{}
		}
		d.structs[v.Type()] = s
	}
	pos := Pos{File: d.file, src: d.text}
	seen := make([]bool, v.NumField())
	for i, e := range entries {
		at := e.Key.GetToken().Position
		if i == 0 {
			pos.Line, pos.Column = at.Line, at.Column
		}
		key := e.Key.GetToken().Value
		f, ok := s.fields[key]
		if !ok {
			d.errorf(at, "unknown key %q%s", key, DidYouMean(key, s.names))
			continue
		}
		if seen[f] {
			d.errorf(at, "key %q is there twice", key)
			continue
		}
		seen[f] = true
		d.value(e.Value, v.Field(f), key)
	}
	setPos(v, pos)
}

// place gives a struct that has no keys the place of what stands there instead, so
// that what is found to be missing later has one.
func (d *decoder) place(n ast.Node, v reflect.Value) {
	if at := n.GetToken(); v.Kind() == reflect.Struct && at != nil {
		setPos(v, Pos{File: d.file, Line: at.Position.Line, Column: at.Position.Column, src: d.text})
	}
}

func setPos(v reflect.Value, pos Pos) {
	for i := range v.NumField() {
		if v.Field(i).Type() == posType {
			v.Field(i).Set(reflect.ValueOf(pos))
		}
	}
}

func shapeOf(t reflect.Type) shape {
	s := shape{fields: map[string]int{}}
	for i := range t.NumField() {
		f := t.Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if tag == "-" || !f.IsExported() {
			continue
		}
		if tag == "" {
			tag = strings.ToLower(f.Name)
		}
		s.fields[tag] = i
		s.names = append(s.names, tag)
	}
	return s
}

// list also takes a single value for a list of one.
func (d *decoder) list(n ast.Node, v reflect.Value, what string) {
	l, ok := n.(*ast.SequenceNode)
	if !ok {
		if v.Type().Elem().Kind() == reflect.Struct {
			d.errorf(n.GetToken().Position, "%swant a list, have %s", label(what), have(n))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		d.value(n, v.Index(0), what)
		return
	}
	s := reflect.MakeSlice(v.Type(), len(l.Values), len(l.Values))
	for i, item := range l.Values {
		d.value(item, s.Index(i), what)
	}
	v.Set(s)
}

func (d *decoder) mapping(n ast.Node, v reflect.Value, what string) {
	entries, ok := d.entries(n, what)
	if !ok {
		return
	}
	m := reflect.MakeMapWithSize(v.Type(), len(entries))
	for _, e := range entries {
		k := reflect.ValueOf(e.Key.GetToken().Value).Convert(v.Type().Key())
		if m.MapIndex(k).IsValid() {
			d.errorf(e.Key.GetToken().Position, "key %q is there twice", k.String())
			continue
		}
		item := reflect.New(v.Type().Elem()).Elem()
		d.value(e.Value, item, e.Key.GetToken().Value)
		m.SetMapIndex(k, item)
	}
	v.Set(m)
}

func (d *decoder) duration(n ast.Node, v reflect.Value, what string) {
	s, ok := n.(*ast.StringNode)
	if !ok {
		d.errorf(n.GetToken().Position, "%swant a duration such as 15m, have %s", label(what), have(n))
		return
	}
	t, err := time.ParseDuration(s.Value)
	if err != nil || t < 0 {
		d.errorf(n.GetToken().Position, "%swant a duration such as 15m, have %q", label(what), s.Value)
		return
	}
	v.SetInt(int64(t))
}

// scalar reads strings, numbers and booleans. A number where a string is wanted
// is taken as written: codes: [421] is what people write.
func (d *decoder) scalar(n ast.Node, v reflect.Value, what string) {
	wrong := func(want string) {
		d.errorf(n.GetToken().Position, "%swant %s, have %s", label(what), want, have(n))
	}
	switch v.Kind() {
	case reflect.String:
		switch n := n.(type) {
		case *ast.StringNode:
			v.SetString(n.Value)
		case *ast.LiteralNode:
			v.SetString(n.Value.Value)
		case *ast.IntegerNode, *ast.FloatNode:
			v.SetString(n.GetToken().Value)
		default:
			wrong("a text")
		}
	case reflect.Bool:
		b, ok := n.(*ast.BoolNode)
		if !ok {
			wrong("true or false")
			return
		}
		v.SetBool(b.Value)
	default:
		if _, isInt := n.(*ast.IntegerNode); !isInt {
			if _, isFloat := n.(*ast.FloatNode); !isFloat || v.Kind() != reflect.Float64 && v.Kind() != reflect.Float32 {
				wrong("a number")
				return
			}
		}
		if err := yaml.NodeToValue(n, v.Addr().Interface(), yaml.Strict()); err != nil {
			wrong("a number")
		}
	}
}

func label(what string) string {
	if what == "" {
		return ""
	}
	return what + ": "
}

// have describes a node for a message.
func have(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys and values"
	case *ast.SequenceNode:
		return "a list"
	}
	s := n.GetToken().Value
	if len(s) > 40 {
		s = s[:40] + "..."
	}
	return fmt.Sprintf("%q", s)
}
