package report

import (
	"cmp"
	"fmt"

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

// manyInOne says what a row stands for that is no destination, and what is in it.
func (t *text) manyInOne(g *Group) {
	if t.Detail == DetailNone {
		return
	}
	t.line("")
	t.hanging("          ", mixedPhrase(g), "", 0, mark{bold, g.Destination})
}

// block is the full explanation of one destination.
func (t *text) block(g *Group) {
	level := severityWord(g.Severity)
	s := g.Destination + ": " + causePhrase(g.Cause, g.Confidence)
	t.line("")
	code := map[string]string{"escalate": red, "watch": yellow}[g.Severity]
	t.hanging(fmt.Sprintf("%-8s  ", level), s, "", 0, mark{cmp.Or(code, green), level}, mark{bold, g.Destination})
	t.hanging("          ", reachPhrase(g), "", 2)
	if g.Why != "" {
		t.hanging("          ", g.Why, "", 3)
	}
	t.fact("problem", problemPhrase(g))
	t.fact("state", statePhrase(g))
	t.fact("alert", alertPhrase(g.Trouble))
	t.fact("why act", actionPhrase(g))
	t.fact("fix by", ownerPhrase(g))
	t.replies(g)
	t.counters(g)
	t.shares(g)
	t.limits(g)
	t.fact("band", bandPhrase(g.Band))
	t.fact("retries", gapsPhrase(g.RetryGaps))
	t.fact("pace", pacePhrase(g.Pace))
	t.causes(g)
	t.notes(g)
	t.outcome(g)
	t.chart(g)
	if t.Detail == DetailAll {
		t.curve(g)
		t.retries(g)
		t.messages(g)
	}
	t.steps(g)
	t.audit(g)
}

// fact is one labelled line, left out where there is nothing to say.
func (t *text) fact(label, s string) {
	if s != "" {
		t.labelled(label, s, "", 3)
	}
}

// replies shows the reply that matters most, verbatim, and names the others.
func (t *text) replies(g *Group) {
	if len(g.Replies) == 0 {
		return
	}
	main := mainReply(g)
	r := g.Replies[main]
	t.labelled("reply", cmp.Or(r.Sample, r.Template), r.Where, 4)
	s := rules.Thousands(r.Count) + " x " + r.Class + r.Throttling()
	if r.Rule != "" {
		s += ", rule " + r.Rule
	}
	t.labelled("", s, "", 2)
	shown := 0
	for i, o := range g.Replies {
		if i == main {
			continue
		}
		if shown == 3 && t.Detail != DetailAll {
			t.labelled("", "and "+count(int64(len(g.Replies)-1-shown), "more kind")+" of reply", "", 1)
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

// counters prints the refusals with their time and sending IPs, and the four
// counters by name (X05).
func (t *text) counters(g *Group) {
	t.labelled("refused", refusedPhrase(g, t.oneDay), "", 2)
	t.fact("", byClassPhrase(g))
	t.labelled("counted", countedPhrase(g.Counts), "", 4)
	t.fact("sessions", peakPhrase(g.PeakSessions))
}
