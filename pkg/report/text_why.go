package report

import "slices"

// limits shows the second axis with both hypotheses (C108).
func (t *text) limits(g *Group) {
	l := g.Limit
	if unknown := l.Type == "" || l.Type == "unknown"; unknown && (t.Detail != DetailAll && !speaks(l.Hypotheses) || len(l.Hypotheses) == 0) {
		return // nothing to say that the table does not
	}
	t.labelled("limit", limitPhrase(g), "", 2)
	for _, h := range l.Hypotheses {
		for i, e := range h.Evidence {
			if i == 2 && t.Detail != DetailAll {
				break
			}
			t.evidence("            ", h.Type+": "+e.Text, e, 2)
		}
	}
}

// speaks says that there is a measured condition for or against a hypothesis.
func speaks(list []Hypothesis) bool {
	return slices.ContainsFunc(list, func(h Hypothesis) bool {
		return slices.ContainsFunc(h.Evidence, func(e Evidence) bool { return sign(e) != "?" })
	})
}

// ruledOut is the role of a cause that was weighed and found not to hold.
const ruledOut = "ruled-out"

// causes prints the ranked explanations with what speaks for (+) and against (-)
// them, and what these logs cannot tell (?).
func (t *text) causes(g *Group) {
	missing := unknowns(g)
	notKnown := func() {
		for _, m := range missing {
			t.hanging("    ? ", m, "", 2)
		}
	}
	// No cause holds: then what is not known comes first.
	open := len(g.Causes) == 0 || g.Causes[0].Role == ruledOut
	if open && len(missing) > 0 {
		title := "Why " + g.Cause
		t.line("")
		t.hanging("  ", title, "", 1, mark{bold, title})
		notKnown()
	}
	for i, c := range g.Causes {
		if silent(&c) {
			continue
		}
		title, extra := causeTitle(g, i)
		most := len(c.Evidence)
		switch {
		case c.Role == ruledOut:
			most = 2
		case i > 0:
			most = 3
		}
		t.line("")
		t.hanging("  ", title+extra, "", 1, mark{bold, title})
		shown := 0
		for _, e := range c.Evidence {
			if e.Sign == "?" {
				continue
			}
			if shown == most && t.Detail != DetailAll {
				t.line("      more with --detail all")
				break
			}
			shown++
			t.evidence("    ", e.Text, e, 3)
		}
		if i == 0 && !open {
			notKnown()
		}
	}
}

// evidence prints one condition behind its sign.
func (t *text) evidence(indent, s string, e Evidence, most int) {
	code := map[string]string{"+": green, "-": red}[sign(e)]
	t.hanging(indent+sign(e)+" ", s, e.Where, most, mark{code, sign(e)})
}

// sign is + or -; anything else has no bearing and is shown as such.
func sign(e Evidence) string {
	if e.Sign == "+" || e.Sign == "-" {
		return e.Sign
	}
	return "?"
}

// notes print what is no cause of its own but changes what to do.
func (t *text) notes(g *Group) {
	for _, n := range g.Notes {
		t.line("")
		t.hanging("  ", "Note "+n.ID+": "+n.Text, "", 3, mark{bold, "Note " + n.ID})
		for i, e := range n.Evidence {
			if i == 3 && t.Detail != DetailAll {
				t.line("      more with --detail all")
				break
			}
			t.evidence("    ", e.Text, e, 3)
		}
	}
}
