package report

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// Facts are numbers inside and names outside.
func TestFacts(t *testing.T) {
	list := Facts{
		{ID: factID("accepted"), Value: 9, Basis: rules.Measured},
		{ID: factID("offered_sessions"), Value: 2.5, Basis: rules.Assumed, Where: "a<b&c.log:7"},
		{ID: factID("pool_shared"), Value: 1, Basis: rules.Seed},
	}
	data, err := MarshalASCII(list, true)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"fact":"accepted","value":9,"unit":"count","basis":"measured","where":""},` +
		`{"fact":"offered_sessions","value":2.5,"unit":"ratio","basis":"assumed","where":"a<b&c.log:7"},` +
		`{"fact":"pool_shared","value":1,"unit":"yes-no","basis":"seed","where":""}]`
	if string(data) != want {
		t.Errorf("got  %s\nwant %s", data, want)
	}
	var back Facts
	if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(back, list) {
		t.Errorf("read back: %v, %v", back, err)
	}
	for _, bad := range []string{`[{"fact":"no_such_fact","basis":"seed"}]`, `[{"fact":"accepted","basis":"guessed"}]`, `{}`} {
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("%s is read without an error", bad)
		}
	}
	for _, f := range list {
		if got, ok := list.Find(f.ID.Definition().Name); !ok || got != f {
			t.Errorf("find %s: %v, %v", f.ID.Definition().Name, got, ok)
		}
	}
	for _, name := range []string{"attempts", "no_such_fact"} {
		if _, ok := list.Find(name); ok {
			t.Errorf("%s is found", name)
		}
	}
	if data, err := MarshalASCII(Facts(nil), true); err != nil || string(data) != "[]" {
		t.Errorf("none: %s, %v", data, err)
	}
}
