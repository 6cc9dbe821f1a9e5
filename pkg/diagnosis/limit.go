package diagnosis

import (
	"strconv"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// limit shows the second axis. Both hypotheses are always listed (C108).
func limit(c *group.Cell, th rules.Thresholds) report.Limit {
	l := report.Limit{
		Type: "unknown", Scope: string(group.ScopeUnknown), ScopeEvidence: []report.Evidence{},
		Hypotheses: []report.Hypothesis{{Type: "fixed", Evidence: []report.Evidence{}}, {Type: "dynamic", Evidence: []report.Evidence{}}},
	}
	if c == nil {
		return l
	}
	of := &c.Limit
	if of.Type != "" {
		l.Type = of.Type
	}
	if of.Known() {
		l.Sessions, l.Low = number(of.Sessions), number(of.Low)
	}
	if of.High > 0 {
		l.High = number(of.High)
	}
	if of.Safe > 0 {
		l.Safe = number(of.Safe)
	}
	if of.MX != "" {
		l.MX = &of.MX
	}
	if of.Scope != "" {
		l.Scope = string(of.Scope)
	}
	l.ScopeEvidence = scopeEvidence(c)
	var room [8]report.Evidence // more than a hypothesis has
	w := witness{facts: c.Facts, th: th, out: room[:0]}
	l.Hypotheses[0].Evidence = w.fixed(of)
	l.Hypotheses[1].Evidence = w.dynamic(of)
	return l
}

// witness collects evidence about the limit.
type witness struct {
	facts rules.Facts
	th    rules.Thresholds
	out   []report.Evidence
}

func (w *witness) say(sign, fact, source, text string) {
	w.out = append(w.out, evidence(rules.Evidence{Sign: sign, Fact: fact, Source: source, Text: text}, w.facts))
}

// sign is + where a fact is at least a value, - where it is less, ? where it is unknown.
func (w *witness) sign(fact string, least float64) string {
	m, ok := w.facts[fact]
	switch {
	case !ok:
		return "?"
	case m.Value >= least:
		return "+"
	}
	return "-"
}

func (w *witness) value(fact string) string {
	d, _ := rules.Lookup(fact)
	return d.Unit.Format(w.facts[fact].Value)
}

// fewSpeakOf says how few of the refusals that severity counts speak of something.
func (w *witness) fewSpeakOf(fact, what string) string {
	switch w.facts[fact].Value {
	case 0:
		return "no reply speaks of " + what
	case 1:
		return "only 1 of " + w.value("trouble_refusals") + " refusals speaks of " + what
	}
	return "only " + w.value(fact) + " of " + w.value("trouble_refusals") + " refusals speak of " + what
}

// fixed says what speaks for a number that the receiver set (C26, C33).
func (w *witness) fixed(l *group.Limit) []report.Evidence {
	switch unserved, ok := w.facts["refused_unserved"]; {
	case l.Known() && l.High > 0:
		w.say("+", "limit_low", "C26", bounds(l))
	case ok && unserved.Value > w.th.Value(rules.CurveClean):
		w.say("-", "refused_unserved", "C26", w.value("refused_unserved")+" of the refusals came while the receiver served no session of ours")
	default:
		w.say("?", "limit_low", "C26", "no number of sessions from which refusals always begin")
	}
	if l.Agree > 0 {
		w.say("+", "limit_agree", "C26", strconv.Itoa(l.Agree)+" of "+strconv.Itoa(l.Stretches)+" stretches of time with refusals agree with it")
	}
	if near := int(w.th.Int(rules.CurveBlur)); l.Safe > 0 && l.High > l.Safe && l.High-l.Safe <= near && len(l.Moves) == 0 {
		w.say("+", "limit_low", "H28", "for a while "+plural(l.Safe, "session")+" met no refusal, more did: the level before is near the safe cap")
	}
	if len(l.Moves) > 0 {
		w.say("-", "limit_low", "C24", "one number does not explain all refusals")
	}
	if w.sign("reputation_share", w.th.Value(rules.ReputationShare)) == "+" {
		w.say("-", "reputation_refusals", "C33", w.value("reputation_refusals")+" replies speak of reputation")
	} else if w.facts["listing_refusals"].Value < 1 {
		w.say("+", "reputation_refusals", "C33", w.fewSpeakOf("reputation_refusals", "reputation")+" (what it is, no log tells)")
	}
	return w.take()
}

// dynamic says what speaks for a number that the receiver moves, and what may move it:
// reputation, burst volume, previous errors, or others in the pool (C24, C25).
func (w *witness) dynamic(l *group.Limit) []report.Evidence {
	for _, by := range l.Moves {
		switch by {
		case group.MovesTime:
			w.say("+", "limit_low", "C24", "the number moved: about "+strconv.Itoa(l.From)+" sessions before, about "+strconv.Itoa(l.To)+" after")
		case group.MovesMX:
			w.say("+", "limit_low", "C36", "the number differs from one receiving host to another")
		case group.MovesIP:
			w.say("+", "limit_low", "C36", "the number differs from one sending IP to another")
		}
	}
	if l.Type == "fixed" {
		w.say("-", "limit_agree", "C24", "the number stays the same throughout")
	} else if len(l.Moves) == 0 {
		w.say("?", "limit_low", "C24", "a receiver may lower the limit; one log cannot rule it out")
	}
	reputation, says := w.sign("reputation_share", w.th.Value(rules.ReputationShare)), w.value("reputation_refusals")+" replies speak of it"
	if reputation != "+" {
		says = w.fewSpeakOf("reputation_refusals", "it")
	}
	w.say(reputation, "reputation_share", "C25", "reputation: "+says)
	if sign := w.sign("offered_sessions", w.th.Value(rules.BurstOffered)); sign == "?" {
		w.say(sign, "offered_sessions", "C25", "burst volume: arrival times are not in these logs")
	} else {
		w.say(sign, "offered_sessions", "C25", "burst volume: the busiest "+w.th["spike"].String()+" bring work for "+w.value("offered_sessions")+" sessions")
	}
	w.errors()
	switch m, ok := w.facts["pool_shared"]; {
	case !ok:
		w.say("?", "pool_shared", "C25", "shared noise: whether others use the sending IP is not in these logs")
	case m.Value == 1:
		w.say("+", "pool_shared", "C25", "shared noise: others use the sending IP, too")
	default:
		w.say("-", "pool_shared", "C25", "no shared noise: nobody else uses the sending IP")
	}
	return w.take()
}

// errors compares what few sessions meet shortly after an excess with what they meet else.
func (w *witness) errors() {
	low, okLow := w.facts["refused_low"]
	calm, okCalm := w.facts["refused_calm"]
	if !okLow || !okCalm {
		w.say("?", "refused_low", "C25", "previous errors: too few attempts at few sessions")
		return
	}
	sign := "-"
	if low.Value-calm.Value >= w.th.Value(rules.CurveClean) {
		sign = "+"
	}
	w.say(sign, "refused_low", "C25", "previous errors: at few sessions "+w.value("refused_low")+" meet the limit, "+w.value("refused_calm")+" where there was no excess just before")
}

func (w *witness) take() []report.Evidence {
	out := append([]report.Evidence(nil), w.out...) // no longer than need be
	w.out = w.out[:0]
	return out
}

// bounds says where refusals begin, as far as the stamps allow.
func bounds(l *group.Limit) string {
	at := ""
	if l.MX != "" {
		at = " at " + l.MX
	}
	if l.Low == l.High {
		return "refusals begin when the receiver serves " + plural(l.Low, "session") + " of ours" + at
	}
	return "refusals begin when the receiver serves " + strconv.Itoa(l.Low) + " to " + plural(l.High, "session") + " of ours" + at
}

func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// scopeEvidence says whom the limit counts, and how that is known (C13).
func scopeEvidence(c *group.Cell) []report.Evidence {
	e := rules.Evidence{Sign: "?", Fact: "limit_low", Source: "C13", Text: "neither the replies nor the numbers tell whom the limit counts"}
	switch l := &c.Limit; {
	case l.Shown && l.Scope == group.ScopeRange:
		e.Sign, e.Text = "+", "refusals begin at the sum of the sessions of several sending IPs of one network ("+plural(l.Sessions, "session")+"), not at those of each"
	case l.Shown && l.Scope == group.ScopeDomain:
		e.Sign, e.Text = "+", "refusals begin at the sum of the sessions of several sending IPs of different networks ("+plural(l.Sessions, "session")+"), not at those of each"
	case l.Shown:
		e.Sign, e.Text = "+", "refusals begin at the sessions of each sending IP, whatever those of the others"
	case l.Scope == group.ScopeIP:
		e.Sign, e.Text = "+", "the replies speak of the sending IP"
	case l.Scope == group.ScopeDomain:
		e.Sign, e.Text = "+", "the replies speak of a domain or mailbox"
	case l.Scope == group.ScopeReceiver:
		e.Sign, e.Text = "+", "the replies speak of the receiver as a whole"
	}
	return []report.Evidence{evidence(e, c.Facts)}
}
