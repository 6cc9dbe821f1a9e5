package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// becameOf is an outcome in a few words; "delivered on retry after 6m" for one recipient.
func becameOf(o Outcome) string {
	if o.DeliveredOnRetry == 1 && o.DeliveredAtFirst+o.StillQueued+o.Expired+o.Bounced+o.Unknown == 0 {
		if o.MedianS != nil {
			return "delivered on retry after " + rules.Duration(*o.MedianS)
		}
		return "delivered on retry"
	}
	all := outcomes(o)
	all[len(all)-1].what = "with an unknown outcome"
	return byCountOf(all)
}

// counted is a number with its name.
type counted struct {
	n    int64
	what string
}

// atFirst is said of mail that our own side kept from going (a suspension): no receiver
// refused it.
const atFirst = "only held back, delivered at the first try"

func outcomes(o Outcome) []counted {
	delivered := "delivered on retry"
	if o.MedianS != nil && o.DeliveredOnRetry > 0 {
		delivered += " (median " + rules.Duration(*o.MedianS)
		if o.SlowestS != nil && *o.SlowestS != *o.MedianS {
			delivered += ", slowest " + rules.Duration(*o.SlowestS)
		}
		delivered += ")"
	}
	return []counted{
		{o.DeliveredOnRetry, delivered},
		{o.DeliveredAtFirst, atFirst},
		{o.StillQueued, "still queued at end of log"},
		{o.Expired, "expired"},
		{o.Bounced, "bounced"},
		{o.Unknown, "unknown"},
	}
}

func byCountOf(all []counted) string {
	var parts []string
	for _, c := range all {
		if c.n > 0 {
			parts = append(parts, rules.Thousands(c.n)+" "+c.what)
		}
	}
	return strings.Join(parts, ", ")
}

// outcome says what became of the recipients that were put off (C60, C100).
func (t *text) outcome(g *Group) {
	all := outcomes(g.Outcome)
	var sum int64
	for _, c := range all {
		sum += c.n
	}
	if sum == 0 {
		return
	}
	title := "What became of the " + count(sum, "recipient") + " put off"
	t.line("")
	t.hanging("  ", title, "", 1, mark{bold, title})
	width := 0
	for _, c := range all {
		width = max(width, len(rules.Thousands(c.n)))
	}
	cell := func(c counted) string { return fmt.Sprintf("%*s %s", width, rules.Thousands(c.n), c.what) }
	// These are shown only where they happened; the others also say that nothing did.
	all = slices.DeleteFunc(all, func(c counted) bool { return c.n == 0 && (c.what == "bounced" || c.what == atFirst) })
	left := (t.Width - 4) * 3 / 5
	for len(all) > 0 {
		if len(all) > 1 && len(cell(all[0])) < left && len(cell(all[1]))+left <= t.Width-4 {
			t.line(fmt.Sprintf("    %-*s%s", left, cell(all[0]), cell(all[1])))
			all = all[2:]
			continue
		}
		t.hanging(fmt.Sprintf("    %*s ", width, rules.Thousands(all[0].n)), all[0].what, "", 2)
		all = all[1:]
	}
}

// steps prints what to do, in order, and who can do it (X03).
func (t *text) steps(g *Group) {
	if len(g.Steps) == 0 {
		return
	}
	title, who := stepsTitle(g)
	t.line("")
	t.hanging("  ", title+who, "", 1, mark{bold, title})
	for i, s := range g.Steps {
		t.hanging(fmt.Sprintf("   %2d  ", i+1), stepText(g, s), "", 0)
	}
	notes, more := advice(g)
	if t.Detail == DetailAll {
		notes = append(notes, more...)
	}
	for _, n := range notes {
		t.hanging("    *  ", n, "", 3)
	}
}

// audit shows what this log says about the items of the sender audit (H71).
func (t *text) audit(g *Group) {
	if len(g.Audit) == 0 {
		return
	}
	title := "Audit of the sender"
	t.line("")
	if t.Detail != DetailAll {
		t.hanging("  ", title+": "+auditPhrase(g.Audit), "", 4, mark{bold, title})
		return
	}
	t.hanging("  ", title, "", 1, mark{bold, title})
	for _, a := range g.Audit {
		t.hanging("    "+auditSign(a)+" ", a.Text, "", 2)
	}
}

// auditSign marks an item: "!" is seen in this log, "-" looked for and not seen,
// "?" not in these logs.
func auditSign(a AuditItem) string {
	switch a.Status {
	case "seen":
		return "!"
	case "not-seen":
		return "-"
	}
	return "?"
}

// messages lists examples of the messages that were refused, lost ones first.
func (t *text) messages(g *Group) {
	if len(g.Messages) == 0 {
		return
	}
	title := "Messages, for instance"
	t.line("")
	t.hanging("  ", title, "", 1, mark{bold, title})
	const most = 5
	for _, m := range g.Messages[:min(most, len(g.Messages))] {
		t.hanging("    ", messagePhrase(m), "", 3)
	}
	if more := g.MessagesMore + int64(max(len(g.Messages)-most, 0)); more > 0 {
		t.line("    and " + rules.Thousands(more) + " more")
	}
}
