package reporttest

import (
	"reflect"
	"time"
)

// ours are fields whose values are words of the program, by "Type.Field" or "Field".
var ours = map[string][]string{
	"Severity": {"escalate", "watch"}, "Cause": {"burst", "trust", "queue-pressure"}, "Class": {"connection-limit", "rate-limit", "reputation"},
	"State": {"active", "recovering"}, "Sign": {"+", "-", "?"}, "Role": {"immediate", "underlying"}, "Kind": {"consumer-mailbox", "security-gateway"},
	"Via": {"own-mta"}, "Type": {"dynamic", "fixed"}, "Pool": {"dedicated", "unknown"}, "Outcome": {"delivered", "expired"}, "Owner": {"mta-operator", "sender"},
	"Band.Name": {"start", "test"}, "AuditItem.Status": {"seen", "not-seen", "not-in-logs"}, "Result.Status": {"fail", "warn", "ok", "known"},
	"Finding.Status": {"fail", "warn"}, "FailOn": {"watch"}, "Was": {"watch"}, "Guard": {"limit-rate", "lost"}, "Unit": {"share", "count"},
	"Refusals": {"connection-limit", "reputation"}, "Missing": {"first", "last"},
}

// Fill sets everything in the value that v points to: every pointer and two entries of
// every list and map, so that new fields are tested the day they are there. Every string
// is the next text; with words those of the program's own vocabulary are left as it
// writes them.
func Fill(v any, words bool, text func() string) {
	f := filler{words: words, text: text, used: map[string]int{}}
	f.fill(reflect.ValueOf(v).Elem(), "", "")
}

// Turns returns texts one after the other, again from the first after the last.
func Turns(texts ...string) func() string {
	i := -1
	return func() string {
		i++
		return texts[i%len(texts)]
	}
}

type filler struct {
	words bool
	text  func() string
	used  map[string]int
	count int64
}

func (f *filler) fill(v reflect.Value, owner, field string) {
	f.count++
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.string(owner, field))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8:
		v.SetUint(uint64(f.count % 3))
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(f.count%40 + 1)
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), owner, field)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 5, 20, 9, int(f.count), 0, 0, time.UTC)))
			return
		}
		for i := range v.NumField() {
			f.fill(v.Field(i), v.Type().Name(), v.Type().Field(i).Name)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			f.fill(v.Index(i), owner, field)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key, owner, field)
			f.fill(value, owner, field)
			v.SetMapIndex(key, value)
		}
	default:
		panic("reporttest: cannot fill " + v.Type().String())
	}
}

func (f *filler) string(owner, field string) string {
	if f.words {
		for _, name := range []string{owner + "." + field, field} {
			if list := ours[name]; list != nil {
				f.used[name]++
				return list[(f.used[name]-1)%len(list)]
			}
		}
	}
	return f.text()
}
