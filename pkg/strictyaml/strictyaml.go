// Package strictyaml reads YAML files that people write by hand: every mistake is
// told, with its file, line and column and the line itself.
package strictyaml

import (
	"errors"
	"reflect"
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
