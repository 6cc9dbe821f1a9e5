package rules

import (
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/reply"
)

// The template of a reply's template is itself, for every reply that the rules know.
func TestTemplatesOfExamplesStay(t *testing.T) {
	set, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range set.Rules() {
		for _, example := range append(r.Examples.Match, r.Examples.NoMatch...) {
			once := reply.Template(nil, []byte(example))
			if twice := reply.Template(nil, once); string(twice) != string(once) {
				t.Errorf("%s: %q becomes %q becomes %q", r.ID, example, once, twice)
			}
			n++
		}
	}
	if n < 300 {
		t.Errorf("only %d examples", n)
	}
}
