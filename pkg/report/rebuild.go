package report

import (
	"math"
	"reflect"
	"time"
)

// rebuild copies v with every nil slice and map made empty, every pointer to a
// number that is not finite made nil and, where str is not nil, every string
// (map keys too) passed through it.
func rebuild(v reflect.Value, str func(string) string) reflect.Value {
	return (&rebuilder{str: str}).rebuild(v)
}

// rebuilder is rebuild for many values. What is as it should be is not copied: a report
// has hundreds of thousands of values in lists.
type rebuilder struct {
	str func(string) string
	// open are the types of list items: which of their fields may have to be changed, for
	// a type that is no struct one that stands for all of it.
	open map[reflect.Type][]int
}

var timeType = reflect.TypeFor[time.Time]()

func (r *rebuilder) rebuild(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	r.settle(out)
	return out
}

// settle is rebuild for a copy of a value: what the copy points to is still the original's.
func (r *rebuilder) settle(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if r.str != nil {
			v.SetString(r.str(v.String()))
		}
	case reflect.Pointer:
		switch {
		case v.IsNil():
		case isNotFinite(v.Elem()):
			v.SetZero()
		case r.str == nil && isPlain(v.Type().Elem()):
		default:
			v.Set(r.rebuild(v.Elem()).Addr())
		}
	case reflect.Struct:
		if v.Type() == timeType {
			return
		}
		for i := range v.NumField() {
			r.settle(v.Field(i))
		}
	case reflect.Slice:
		r.list(v)
	case reflect.Map:
		if r.str == nil && !v.IsNil() && len(r.fields(v.Type().Elem())) == 0 {
			return
		}
		m := reflect.MakeMapWithSize(v.Type(), v.Len())
		for it := v.MapRange(); it.Next(); {
			m.SetMapIndex(r.rebuild(it.Key()), r.rebuild(it.Value()))
		}
		v.Set(m)
	default: // one value
	}
}

// list settles a list in a copy.
func (r *rebuilder) list(v reflect.Value) {
	open := r.fields(v.Type().Elem())
	if !v.IsNil() && len(open) == 0 {
		return
	}
	list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	reflect.Copy(list, v)
	v.Set(list)
	for i := range list.Len() {
		item := list.Index(i)
		if item.Kind() != reflect.Struct {
			r.settle(item)
			continue
		}
		for _, f := range open {
			r.settle(item.Field(f))
		}
	}
}

// fields are those of a type that may have to be changed.
func (r *rebuilder) fields(t reflect.Type) []int {
	open, known := r.open[t]
	if known {
		return open
	}
	switch t.Kind() {
	case reflect.Struct:
		for i := 0; i < t.NumField() && t != timeType; i++ {
			if len(r.fields(t.Field(i).Type)) > 0 {
				open = append(open, i)
			}
		}
	case reflect.Pointer:
		if r.str != nil || !isPlain(t.Elem()) {
			open = []int{0}
		}
	case reflect.Slice, reflect.Map, reflect.Interface:
		open = []int{0}
	case reflect.String:
		if r.str != nil {
			open = []int{0}
		}
	default: // one value
	}
	if r.open == nil {
		r.open = map[reflect.Type][]int{}
	}
	r.open[t] = open
	return open
}

// isPlain says that a value of a type is as it should be for JSON.
func isPlain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.String, reflect.Bool:
		return true
	default:
		return t == timeType
	}
}

func isNotFinite(v reflect.Value) bool {
	return v.Kind() == reflect.Float64 && (math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0))
}
