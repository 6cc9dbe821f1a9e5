package strictyaml

import "reflect"

// Placer names files in what Decode once filled, where it was kept without them. Its
// zero value is ready.
type Placer struct {
	// places are the fields of a struct in which there can be a Pos, and for another
	// type a list that is not empty if there can be one in it.
	places map[reflect.Type][]int
}

// Place names the file of every Pos below a pointer. read returns the content of the
// file; it is called when a message needs it. Where read is nil messages show no lines.
func (p *Placer) Place(filled any, file string, read func() []byte) {
	if p.places == nil {
		p.places = map[reflect.Type][]int{}
	}
	at := Pos{File: file}
	if read != nil {
		at.src = newText(read)
	}
	p.value(reflect.ValueOf(filled).Elem(), &at)
}

func (p *Placer) value(v reflect.Value, in *Pos) {
	if v.Type() == posType {
		at := v.Addr().Interface().(*Pos)
		at.File, at.src = in.File, in.src
		return
	}
	places := p.in(v.Type())
	switch v.Kind() {
	case reflect.Struct:
		for _, i := range places {
			p.value(v.Field(i), in)
		}
	case reflect.Pointer:
		if len(places) > 0 && !v.IsNil() {
			p.value(v.Elem(), in)
		}
	case reflect.Slice:
		for i := 0; i < v.Len() && len(places) > 0; i++ {
			p.value(v.Index(i), in)
		}
	default: // no Pos is in it
	}
}

// in finds the places of a type.
func (p *Placer) in(t reflect.Type) []int {
	list, known := p.places[t]
	if known {
		return list
	}
	p.places[t] = []int{0} // for a type that has itself in it
	if t == posType {
		return p.places[t]
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		list = p.in(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && len(p.in(f.Type)) > 0 {
				list = append(list, i)
			}
		}
	default: // no Pos is in it
	}
	p.places[t] = list
	return list
}
