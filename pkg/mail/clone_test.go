package mail

import (
	"bytes"
	"reflect"
	"testing"
)

// Every text of an event is copied, those that are added later too.
func TestClone(t *testing.T) {
	ev := &Event{Kind: KindRefusal, Outcome: Refused, Time: 42}
	v := reflect.ValueOf(ev).Elem()
	texts := 0
	for i := range v.NumField() {
		if b, ok := v.Field(i).Interface().([]byte); ok && b == nil {
			v.Field(i).SetBytes([]byte(v.Type().Field(i).Name))
			texts++
		}
	}
	c := ev.Clone()
	if !reflect.DeepEqual(c, ev) {
		t.Fatalf("got %+v, want %+v", c, ev)
	}
	for i := range v.NumField() {
		if b, ok := v.Field(i).Interface().([]byte); ok {
			clear(b)
			name := v.Type().Field(i).Name
			if got := reflect.ValueOf(c).Elem().Field(i).Bytes(); !bytes.Equal(got, []byte(name)) {
				t.Errorf("%s: the copy shares its memory", name)
			}
		}
	}
	if texts < 10 {
		t.Errorf("only %d texts were tested", texts)
	}
	if c := (&Event{}).Clone(); !reflect.DeepEqual(c, &Event{}) {
		t.Errorf("an empty event became %+v", c)
	}
}
