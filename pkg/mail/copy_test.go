package mail

import (
	"bytes"
	"reflect"
	"testing"
)

// Every text of an event is copied, those that are added later too.
func TestCopyTo(t *testing.T) {
	ev := &Event{Kind: KindRefusal, Outcome: Refused, Time: 42}
	v := reflect.ValueOf(ev).Elem()
	texts := 0
	for i := range v.NumField() {
		if b, ok := v.Field(i).Interface().([]byte); ok && b == nil {
			v.Field(i).SetBytes([]byte(v.Type().Field(i).Name))
			texts++
		}
	}
	if texts < 10 {
		t.Errorf("only %d texts are tested", texts)
	}
	var c Event
	memory := ev.CopyTo(&c, nil)
	if !reflect.DeepEqual(&c, ev) {
		t.Fatalf("got %+v, want %+v", &c, ev)
	}
	for i := range v.NumField() {
		if b, ok := v.Field(i).Interface().([]byte); ok {
			clear(b)
			name := v.Type().Field(i).Name
			if got := reflect.ValueOf(c).Field(i).Bytes(); !bytes.Equal(got, []byte(name)) {
				t.Errorf("%s: the copy shares its memory", name)
			}
		}
	}
	small := &Event{Text: []byte("x")}
	if n := testing.AllocsPerRun(10, func() { memory = small.CopyTo(&c, memory) }); n != 0 {
		t.Errorf("%v allocations although the memory is large enough", n)
	}
	if !reflect.DeepEqual(&c, small) {
		t.Errorf("got %+v, want %+v", &c, small)
	}
	if (&Event{}).CopyTo(&c, nil); !reflect.DeepEqual(c, Event{}) {
		t.Errorf("an empty event became %+v", c)
	}
}
