package strictyaml

import "reflect"

// Place names the file of every Pos below a pointer to what Decode once filled, where
// it was kept without it. read returns the content of the file; it is called when a
// message shows a line.
func Place(filled any, file string, read func() []byte) {
	p := placer{file: file, places: map[reflect.Type]bool{}}
	if read != nil {
		p.text = newText(read)
	}
	p.value(reflect.ValueOf(filled).Elem())
}

type placer struct {
	file string
	text *text
	// places says of types whether there can be a Pos in them.
	places map[reflect.Type]bool
}

func (p *placer) value(v reflect.Value) {
	if v.Type() == posType {
		at := v.Addr().Interface().(*Pos)
		at.File, at.src = p.file, p.text
		return
	}
	if !p.in(v.Type()) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			p.value(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			p.value(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				p.value(f)
			}
		}
	}
}

// in says that there can be a Pos in a type.
func (p *placer) in(t reflect.Type) bool {
	if is, known := p.places[t]; known {
		return is
	}
	p.places[t] = true // where a type has itself in it, that is looked at
	is := t == posType
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		is = p.in(t.Elem())
	case reflect.Struct:
		for f := range t.Fields() {
			is = p.in(f.Type) || is
		}
	}
	p.places[t] = is
	return is
}
