package scan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
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

// mostNamed is how many sending IPs a note names.
const mostNamed = 5

// absent says which of the sending IPs that were asked for these logs do not have, and
// which they have: a typing error is not to look like health.
func (c *chain) absent() []string {
	if len(c.cfg.IPs) == 0 {
		return nil
	}
	known := group.SendingIPs(c.accs)
	var missing []string
	for _, ip := range c.cfg.IPs {
		if !slices.Contains(known, ip.String()) {
			missing = append(missing, ip.String())
		}
	}
	if len(missing) == 0 {
		return nil
	}
	said := "no line and no reply names one"
	if n := len(known); n > 0 {
		said = "they name " + strings.Join(known[:min(n, mostNamed)], ", ")
		if n > mostNamed {
			said += fmt.Sprintf(" and %d more", n-mostNamed)
		}
	}
	return []string{fmt.Sprintf("no attempt in these logs is known to be from %s (--ip); of sending IPs %s", strings.Join(missing, ", "), said)}
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
