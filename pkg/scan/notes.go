package scan

import (
	"fmt"

	"github.com/seed-07ce53fa/diagnose/pkg/source"
)

// notes are remarks on inputs, each with the inputs it is true of, so that a
// hundred rotated files do not say the same thing a hundred times.
type notes struct {
	texts []string
	of    map[string][]source.Input
}

func (n *notes) add(in source.Input, text string) {
	if n.of == nil {
		n.of = map[string][]source.Input{}
	}
	if n.of[text] == nil {
		n.texts = append(n.texts, text)
	}
	n.of[text] = append(n.of[text], in)
}

// lines returns one line per remark, in the order in which they were first made.
func (n *notes) lines() []string {
	var out []string
	for _, t := range n.texts {
		in := n.of[t]
		switch len(in) {
		case 1:
			out = append(out, fmt.Sprintf("%s: %s", in[0], t))
		default:
			out = append(out, fmt.Sprintf("%s and %d more: %s", in[0], len(in)-1, t))
		}
	}
	return out
}
