package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// kindOfReply is how often replies of one template came: "143 x connection-limit: 421 ...".
func kindOfReply(r Reply) string {
	return fmt.Sprintf("%s x %s: %s", rules.Thousands(r.Count), r.Class, cmp.Or(r.Template, r.Sample))
}

// unknowns are all things that these logs cannot tell about g, each once.
func unknowns(g *Group) []string {
	all := slices.Clone(g.Missing)
	for _, c := range g.Causes {
		for _, e := range c.Evidence {
			if e.Sign == "?" && !slices.Contains(all, e.Text) {
				all = append(all, e.Text)
			}
		}
	}
	return all
}

// silent says that nothing that was measured speaks for or against a cause that does not
// hold: there is nothing to say of it.
func silent(c *Cause) bool {
	return c.Role == ruledOut && !slices.ContainsFunc(c.Evidence, func(e Evidence) bool { return sign(e) != "?" })
}

// causeTitle heads the i-th cause of g, as a title and what comes after it.
func causeTitle(g *Group, i int) (title, extra string) {
	c := g.Causes[i]
	title = "Why " + c.Cause
	switch {
	case c.Role == ruledOut:
		return "Not " + c.Cause, ""
	case i > 0:
		title, extra = "Also "+c.Cause, ", confidence "+confidence(c.Confidence)
	}
	if c.Role != "" && len(g.Causes) > 1 {
		extra = " (" + c.Role + ")" + extra
	}
	return title, extra
}

// stepsTitle heads the steps by who can take them (X03).
func stepsTitle(g *Group) (title, who string) {
	if g.Via == "esp" {
		return "You cannot change this queue; ask your ESP, in this order", ""
	}
	return "Do, in this order", " (you run this MTA)"
}

// stepText is a step with its owner, where it is not whoever reads this.
func stepText(g *Group, s Step) string {
	if s.Owner == "" || g.Via != "esp" && s.Owner == "mta-operator" {
		return s.Text
	}
	return s.Text + " [" + s.Owner + "]"
}

// ownerPhrase says who can change what the receiver sees (C107), "" if unknown.
func ownerPhrase(g *Group) string {
	s := g.Owner
	switch g.Owner {
	case "":
		return ""
	case "mta-operator":
		s = "whoever runs this MTA"
	case "esp":
		s = "your ESP"
	case "esp-and-sender":
		s = "your ESP together with the sender"
	}
	if g.Pool != "" && g.Pool != "unknown" {
		s += "; " + g.Pool + " pool"
	}
	return s
}

// advice is what belongs beside the steps: how long the mail at hand needs and the
// notes for a short report, then the other notes.
func advice(g *Group) (brief, more []string) {
	if g.Drain != nil {
		brief = append(brief, g.Drain.Text)
	}
	for _, n := range g.Advice {
		if n.Brief {
			brief = append(brief, n.Text)
		} else {
			more = append(more, n.Text)
		}
	}
	return brief, more
}

// problemPhrase is the problem at hand and the one beneath it (H18), "" where there
// is no other than the cause.
func problemPhrase(g *Group) string {
	now, beneath := deref(g.Immediate), deref(g.Underlying)
	switch {
	case beneath != "" && now != "":
		return now + ", and beneath it " + beneath
	case now == g.Cause:
		return ""
	}
	return now + beneath
}

// auditPhrase names the items of the sender audit by what this log shows of them.
func auditPhrase(items []AuditItem) string {
	var parts []string
	for _, status := range [][2]string{{"seen", "seen: "}, {"not-seen", "not seen: "}, {"not-in-logs", "not in these logs: "}} {
		var ids []string
		for _, a := range items {
			if a.Status == status[0] {
				ids = append(ids, a.ID)
			}
		}
		if len(ids) > 0 {
			parts = append(parts, status[1]+strings.Join(ids, ", "))
		}
	}
	return strings.Join(parts, "; ")
}

// messagePhrase is one message in a line: its ids, when it was refused and its end.
func messagePhrase(m Message) string {
	id := cmp.Or(deref(m.MessageID), deref(m.QueueID), "no id in these logs")
	parts := nonEmpty(id, deref(m.Recipient))
	switch {
	case m.Refused != nil:
		parts = append(parts, "refused "+instant(*m.Refused))
	case m.Attempts == 0:
		parts = append(parts, "held back, never tried")
	}
	s := cmp.Or(m.Outcome, "unknown")
	if m.Ended != nil {
		s += " " + instant(*m.Ended)
	}
	return strings.Join(append(parts, s), ", ")
}
