package rules

import (
	"math"
	"testing"
)

// Each fact has a number, in order of names, and back.
func TestFactNumbers(t *testing.T) {
	if n := len(Vocabulary()); n > math.MaxUint8 {
		t.Fatalf("%d facts, more than a FactID tells apart", n)
	}
	last, n := "", 0
	for id, name := range FactIDs {
		d := id.Definition()
		if back, ok := FactNamed(d.Name); !ok || back != id || d.Name <= last || d.Name != name {
			t.Errorf("%d is %q after %q, and that is %d, %v", id, d.Name, last, back, ok)
		}
		last = d.Name
		n++
	}
	if n != len(Vocabulary()) {
		t.Errorf("%d numbers for %d facts", n, len(Vocabulary()))
	}
	if d := FactID(math.MaxUint8).Definition(); d != (Definition{}) {
		t.Errorf("no fact is %v", d)
	}
	if _, ok := FactNamed("no_such_fact"); ok {
		t.Error("no_such_fact has a number")
	}
}
