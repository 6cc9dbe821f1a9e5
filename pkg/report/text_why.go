package report

import (
	"fmt"
	"slices"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// limits shows the second axis with both hypotheses (C108).
func (t *text) limits(g *Group) {
	l := g.Limit
	if unknown := l.Type == "" || l.Type == "unknown"; unknown && (t.Detail != DetailAll && !speaks(l.Hypotheses) || len(l.Hypotheses) == 0) {
		return // nothing to say that the table does not
	}
	s := limit(g)
	if s == "-" {
		s = l.Type
	}
	if l.Low != nil && l.High != nil && *l.Low != *l.High {
		s += fmt.Sprintf(" (between %s and %s sessions)", rules.Thousands(*l.Low), rules.Thousands(*l.High))
	}
	if l.Safe != nil {
		s += fmt.Sprintf("; clean at %s", count(*l.Safe, "session"))
	}
	t.labelled("limit", s, "", 2)
	for _, h := range l.Hypotheses {
		for i, e := range h.Evidence {
			if i == 2 && t.Detail != DetailAll {
				break
			}
			t.hanging("            "+sign(e)+" ", h.Type+": "+e.Text, e.Where, 2)
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
	missing := slices.Clone(g.Missing)
	for _, c := range g.Causes {
		for _, e := range c.Evidence {
			if e.Sign == "?" && !slices.Contains(missing, e.Text) {
				missing = append(missing, e.Text)
			}
		}
	}
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
		title, extra, most := "Why "+c.Cause, "", len(c.Evidence)
		switch {
		case c.Role == ruledOut:
			title, most = "Not "+c.Cause, 2
		case i > 0:
			title, most = "Also "+c.Cause, 3
			extra = ", confidence " + confidence(c.Confidence)
		}
		if c.Role != "" && c.Role != ruledOut && len(g.Causes) > 1 {
			extra = " (" + c.Role + ")" + extra
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
			t.hanging("    "+sign(e)+" ", e.Text, e.Where, 3)
		}
		if i == 0 && !open {
			notKnown()
		}
	}
}

// sign is + or -; anything else has no bearing and is shown as such.
func sign(e Evidence) string {
	if e.Sign == "+" || e.Sign == "-" {
		return e.Sign
	}
	return "?"
}
