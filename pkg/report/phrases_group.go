package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// causePhrase is "burst, confidence high (0.93)"; what is no cause has no confidence.
func causePhrase(cause string, c float64) string {
	if cause == "none" || cause == "unclear" || cause == "" {
		return cause
	}
	return cause + ", confidence " + confidence(c)
}

// reachPhrase is the recipient domains and the hosts they are delivered to.
func reachPhrase(g *Group) string {
	parts := nonEmpty(listed(g.Domains, 6))
	if len(g.MX) > 0 {
		parts = append(parts, "via "+commonHost(g.MX))
	}
	if g.Kind != "" {
		parts = append(parts, "("+g.Kind+")")
	}
	return strings.Join(parts, " ")
}

// statePhrase is how things stand at the end of the log, "" if there is nothing to say.
func statePhrase(g *Group) string {
	parts := append(nonEmpty(g.State), g.Qualifiers...)
	if g.CleanWindows > 0 && g.State != "stable" {
		parts = append(parts, count(g.CleanWindows, "clean window")+" since the last refusal")
	}
	if s := strings.Join(parts, ", "); s != "stable" {
		return s
	}
	return ""
}

// alertPhrase says that deferrals went on for so long that somebody should know (H83).
func alertPhrase(tr Trouble) string {
	if !tr.Alert {
		return ""
	}
	return "refusals went on for " + rules.Duration(int64(tr.LastingMinutes*60)) + " without a long pause"
}

// actionPhrase names the patterns that make deferrals worth acting on (C66-C69).
func actionPhrase(g *Group) string {
	means := map[string]string{
		"one-mx": "it is one receiver", "repeats": "the same recipients meet it again", "transactional": "transactional mail is late", "discarded": "mail is discarded",
	}
	words := make([]string, len(g.Actionable))
	for i, id := range g.Actionable {
		words[i] = cmp.Or(means[id], id)
	}
	return strings.Join(words, ", ")
}

// mainReply is the index of the reply that matters most: of a connection limit, else
// of what severity counts, else the first; -1 if there is none.
func mainReply(g *Group) int {
	main := slices.IndexFunc(g.Replies, func(r Reply) bool { return r.Class == mail.ConnectionLimit.String() })
	if main < 0 {
		main = slices.IndexFunc(g.Replies, func(r Reply) bool { return counts(r.Class) })
	}
	return min(max(main, 0), len(g.Replies)-1)
}

// counts says whether refusals of that class count for severity (C77).
func counts(class string) bool {
	c, _ := mail.ParseClass(class)
	return c == mail.ConnectionLimit || c == mail.RateLimit || c == mail.Reputation || c == mail.Listing
}

// refusedPhrase is the refusals that count, with their time and sending IPs.
func refusedPhrase(g *Group, oneDay bool) string {
	tr := g.Trouble
	s := fmt.Sprintf("%s of %s (%s)", count(tr.Refusals, "refusal"), count(tr.Messages, "message"), count(tr.Recipients, "recipient"))
	if tr.First != nil && tr.Last != nil {
		s += ", " + clock(*tr.First, *tr.Last, oneDay)
	}
	switch known := len(g.SendingIPs); known {
	case 0:
		s += ", sending IP not in this log"
	case 1:
		s += ", from " + g.SendingIPs[0]
	default:
		s += fmt.Sprintf(", %s sending IPs", rules.Thousands(int64(known)))
	}
	return s
}

// byClassPhrase breaks the failures down by class. Where there are others than those that
// count, it says that it is of all.
func byClassPhrase(g *Group) string {
	s := byCount(g.Refusals, 6)
	if s != "" && len(g.Refusals) > 0 && troubleOf(g.Refusals) != sumOf(g.Refusals) {
		return "all failures: " + s
	}
	return s
}

func sumOf(m map[string]int64) (n int64) {
	for _, v := range m {
		n += v
	}
	return n
}

// countedPhrase names the four counters (X05).
func countedPhrase(c Counts) string {
	s := count(c.Attempts, "attempt")
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
	return s
}

// peakPhrase is the highest number of sessions at once with its bounds.
func peakPhrase(p Peak) string {
	switch {
	case p.Estimate != nil:
		s := rules.Thousands(*p.Estimate) + " at once"
		if p.Low != nil && p.High != nil && *p.Low != *p.High {
			s += fmt.Sprintf(" (estimate, %s to %s)", rules.Thousands(*p.Low), rules.Thousands(*p.High))
		}
		return s
	case p.Why != "":
		return "not known: " + p.Why
	}
	return ""
}

// limitPhrase is the second axis with its bounds and the level that was clean for a while.
func limitPhrase(g *Group) string {
	l := g.Limit
	s := limit(g)
	if s == "-" {
		s = cmp.Or(l.Type, "unknown")
	}
	if l.Low != nil && l.High != nil && *l.Low != *l.High {
		s += fmt.Sprintf(" (between %s and %s sessions)", rules.Thousands(*l.Low), rules.Thousands(*l.High))
	}
	if l.Safe != nil {
		s += "; for a while " + count(*l.Safe, "session") + " met no refusal"
	}
	return s
}

// bandPhrase is the number of sessions that the state allows, an operating target
// (H61), "" if there is none.
func bandPhrase(b *Band) string {
	switch {
	case b == nil:
		return ""
	case b.Text != "":
		return b.Name + ": " + b.Text
	case b.High == nil:
		return fmt.Sprintf("%s: %s sessions or more", b.Name, rules.Thousands(b.Low))
	}
	return fmt.Sprintf("%s: %s-%s sessions (an operating target)", b.Name, rules.Thousands(b.Low), rules.Thousands(*b.High))
}

// pacePhrase says how the own pace changed after the reply (H79).
func pacePhrase(p *Pace) string {
	if p == nil {
		return ""
	}
	verb := "did not slow down"
	before, after := fmt.Sprintf("%.1f", p.Before), fmt.Sprintf("%.1f", p.After)
	switch {
	case before == after:
		return "the same before and after the reply: " + before + " new connections a minute"
	case p.Slowed:
		verb = "slowed down"
	}
	return verb + " after the reply: " + before + " new connections a minute before, " + after + " after"
}

// gapsPhrase sums up the gaps between the attempts of one message (H49).
func gapsPhrase(r RetryGaps) string {
	var total int64
	for _, c := range r.Counts {
		total += c.Count
	}
	if total == 0 {
		return ""
	}
	s := fmt.Sprintf("%s of %s as advised (15m, doubling, at most 4h)", rules.Thousands(r.AsAdvised), rules.Thousands(total))
	if r.MedianS != nil {
		s += ", median " + rules.Duration(*r.MedianS)
	}
	if r.Constant {
		s += ", the same from retry to retry"
	}
	return s
}

// mixedPhrase says what stands under a name that is no destination: how much of it counts,
// and that nothing follows from it.
func mixedPhrase(g *Group) string {
	s := g.Destination + ": many small receivers, for which memory had no room. "
	if g.Trouble.Refusals == 0 {
		return s + "None of them refused for a limit, its reputation or a listing."
	}
	s += fmt.Sprintf("%s of %s count (all failures: %s). Sums say nothing of any one of them, so there is no cause, no level and nothing to cap. Raise --max-memory to tell them apart.",
		count(g.Trouble.Refusals, "refusal"), count(g.Trouble.Messages, "message"), byCount(g.Refusals, 6))
	return s
}
