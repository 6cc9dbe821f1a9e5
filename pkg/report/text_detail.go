package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// detail explains one destination as far as the options ask for it.
func (t *text) detail(g *Group) {
	switch {
	case t.Detail == DetailNone:
	case SeverityRank(g.Severity) > 1, t.Detail == DetailAll && hasFinding(g):
		t.block(g)
	case g.Trouble.Refusals > 0 && hasFinding(g):
		t.brief(g)
	}
}

// brief is the one line for a destination with too little to judge by (C56, C65).
func (t *text) brief(g *Group) {
	s := g.Destination + ": "
	if g.Cause == "unclear" || g.Cause == "" {
		s += "not enough evidence: "
	} else {
		s += g.Cause + ", "
	}
	s += count(g.Trouble.Refusals, "refusal")
	if became := becameOf(g.Outcome); became != "" {
		s += ", " + became
	}
	s += "."
	if g.Trouble.Refusals == 1 {
		s += " One reply proves nothing."
	}
	level := severityWord(g.Severity)
	t.line("")
	t.hanging(fmt.Sprintf("%-8s  ", level), s, "", 3, mark{green, level}, mark{bold, g.Destination})
}

// block is the full explanation of one destination.
func (t *text) block(g *Group) {
	level := severityWord(g.Severity)
	s := g.Destination + ": " + g.Cause
	if g.Cause != "none" && g.Cause != "unclear" {
		s += ", confidence " + confidence(g.Confidence)
	}
	t.line("")
	code := map[string]string{"escalate": red, "watch": yellow}[g.Severity]
	t.hanging(fmt.Sprintf("%-8s  ", level), s, "", 0, mark{cmp.Or(code, green), level}, mark{bold, g.Destination})
	t.hanging("          ", t.whither(g), "", 2)
	if g.Why != "" {
		t.hanging("          ", g.Why, "", 3)
	}
	if s := strings.Join(append(nonEmpty(g.State), g.Qualifiers...), ", "); s != "" && s != "stable" {
		t.labelled("state", s, "", 2)
	}
	t.replies(g)
	t.counters(g)
	t.shares(g)
	t.limits(g)
	t.causes(g)
	t.outcome(g)
	t.chart(g)
	if t.Detail == DetailAll {
		t.curve(g)
		t.retries(g)
	}
	t.steps(g)
}

// whither is the recipient domains and the hosts they are delivered to.
func (t *text) whither(g *Group) string {
	parts := nonEmpty(listed(g.Domains, 6))
	if len(g.MX) > 0 {
		parts = append(parts, "via "+commonHost(g.MX))
	}
	if g.Kind != "" {
		parts = append(parts, "("+g.Kind+")")
	}
	return strings.Join(parts, " ")
}

// replies shows the reply that matters most, verbatim, and names the others.
func (t *text) replies(g *Group) {
	if len(g.Replies) == 0 {
		return
	}
	main := slices.IndexFunc(g.Replies, func(r Reply) bool { return r.Class == mail.ConnectionLimit.String() })
	if main < 0 {
		main = max(0, slices.IndexFunc(g.Replies, func(r Reply) bool { return counts(r.Class) }))
	}
	r := g.Replies[main]
	t.labelled("reply", cmp.Or(r.Sample, r.Template), r.Where, 4)
	t.labelled("", kindOfReply(r), "", 3)
	shown := 0
	for i, o := range g.Replies {
		if i == main {
			continue
		}
		if shown == 3 && t.Detail != DetailAll {
			t.labelled("", fmt.Sprintf("and %s more", count(int64(len(g.Replies)-1-shown), "kind of reply")), "", 1)
			break
		}
		shown++
		label := ""
		if shown == 1 {
			label = "also"
		}
		t.labelled(label, kindOfReply(o), "", 2)
	}
}

// kindOfReply is how often replies of one template came: "143 x connection-limit: 421 ...".
func kindOfReply(r Reply) string {
	return fmt.Sprintf("%s x %s: %s", rules.Thousands(r.Count), r.Class, cmp.Or(r.Template, r.Sample))
}

// counts says whether refusals of that class count for severity (C77).
func counts(class string) bool {
	c, _ := mail.ParseClass(class)
	return c == mail.ConnectionLimit || c == mail.RateLimit || c == mail.Reputation || c == mail.Listing
}

// counters prints the refusals with their time and sending IPs, and the four
// counters by name (X05).
func (t *text) counters(g *Group) {
	tr := g.Trouble
	s := fmt.Sprintf("%s of %s (%s)", count(tr.Refusals, "refusal"), count(tr.Messages, "message"), count(tr.Recipients, "recipient"))
	if tr.First != nil && tr.Last != nil {
		s += ", " + clock(*tr.First, *tr.Last, t.oneDay)
	}
	switch known := len(g.SendingIPs); known {
	case 0:
		s += ", sending IP not in this log"
	case 1:
		s += ", from " + g.SendingIPs[0]
	default:
		s += fmt.Sprintf(", %s sending IPs", rules.Thousands(int64(known)))
	}
	t.labelled("refused", s, "", 2)
	if by := byCount(g.Refusals, 6); by != "" {
		t.labelled("", by, "", 2)
	}
	c := g.Counts
	s = count(c.Attempts, "attempt")
	if c.Sessions > 0 {
		s += " in " + count(c.Sessions, "session")
	}
	s += fmt.Sprintf(", %s to %s", count(c.Messages, "message"), count(c.Recipients, "recipient"))
	if c.Refused > 0 {
		s += "; " + count(c.Refused, "refusal") + " by an earlier MX"
	}
	if c.Suspensions > 0 {
		s += "; " + count(c.Suspensions, "suspension") + " (no attempt made)"
	}
	t.labelled("counted", s, "", 4)
	if p := g.PeakSessions; p.Estimate != nil {
		s := rules.Thousands(*p.Estimate) + " at once"
		if p.Low != nil && p.High != nil && *p.Low != *p.High {
			s += fmt.Sprintf(" (estimate, %s to %s)", rules.Thousands(*p.Low), rules.Thousands(*p.High))
		}
		t.labelled("sessions", s, "", 2)
	} else if p.Why != "" {
		t.labelled("sessions", "not known: "+p.Why, "", 2)
	}
}
