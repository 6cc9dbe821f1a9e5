package strictyaml

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

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
