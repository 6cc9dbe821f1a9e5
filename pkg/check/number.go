package check

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// number is a guarded number. bad of of is what a share is made of, counted so that
// more is worse; of is 0 where the number is no share. low and high bound it.
type number struct {
	known     bool
	value     float64
	low, high float64
	bad, of   int64
}

// number takes the number of a guard from what was measured.
func (e *evaluation) number(g *rules.Guard, m *measured) number {
	exact := func(v float64) number { return number{known: true, value: v, low: v, high: v} }
	switch g.Of.Name {
	case "limit_share":
		return share(m.Limited(), m.Attempts)
	case "peak_sessions":
		n := exact(float64(m.Peak))
		n.known, n.low, n.high = m.Peak > 0, float64(m.PeakLow), float64(m.PeakHigh)
		return n
	case "retry_first":
		n := exact(float64(m.RetryFirstS))
		n.known = m.Retries >= e.few
		return n
	case "expired":
		n := exact(float64(m.Expired))
		n.bad, n.of = m.Expired, max(m.Attempts, m.Expired)
		return n
	case "lasting":
		n := exact(m.LastingMinutes)
		n.known = m.Trouble >= e.few // as the alert: a few replies in an hour are none
		return n
	case "unknown_share":
		return share(m.in.UnknownReplies, m.in.Refusals)
	case "unknown_kinds":
		return exact(float64(m.in.UnknownKinds))
	case "understood_share":
		n := share(max(m.in.Lines-m.in.Understood, 0), m.in.Lines)
		n.value, n.low, n.high = 1-n.value, 1-n.high, 1-n.low
		return n
	}
	return number{}
}

// share is x of n; a reply more than there were attempts is one of theirs.
func share(x, n int64) number {
	if n <= 0 {
		return number{}
	}
	x = min(x, n)
	s := number{known: true, value: float64(x) / float64(n), bad: x, of: n}
	s.low, s.high = wilson(x, n)
	return s
}

// beyond says that a number is beyond the limit for sure: a share more than chance
// explains, an estimate with its lower bound, the rest as it is.
func (e *evaluation) beyond(g *rules.Guard, n number) bool {
	limit := g.MaxLimit
	switch {
	case g.Of.Unit == rules.UnitShare:
		if g.Of.Low {
			limit = 1 - limit
		}
		return n.of > 0 && n.bad >= e.few && float64(n.bad) > limit*float64(n.of) && atLeast(n.bad, n.of, limit) < e.chance
	case g.Of.Name == "retry_first": // queue runs jitter
		return n.value < limit*e.Thresholds.Value(rules.RetryTolerance)
	}
	return n.low > limit
}

// worse says that a number got worse for sure and by more than the guard allows.
func (e *evaluation) worse(g *rules.Guard, was, now number) bool {
	if was.of > 0 && now.of > 0 {
		before, after := float64(was.bad)/float64(was.of), float64(now.bad)/float64(now.of)
		return now.bad >= e.few && after > before*(1+g.MaxWorse) && moreByChance(was.bad, was.of, now.bad, now.of) < e.chance
	}
	if g.Of.Name == "retry_first" { // queue runs jitter
		return now.value < was.value*min(1-g.MaxWorse, e.Thresholds.Value(rules.RetryTolerance))
	}
	return now.low > was.high && now.value > was.value*(1+g.MaxWorse)
}

// note says what a reader would ask about a number that looks bad and did not fail, or
// that failed.
func (e *evaluation) note(g *rules.Guard, now, was number, s Status) string {
	switch {
	case s == Known:
		return "beyond the limit, as in the baseline"
	case s == Reclassified:
		return "the rules changed, not the receiver"
	case s != OK || g.Of.Unit != rules.UnitShare:
		return ""
	}
	looks := g.Limit != "" && (now.value > g.MaxLimit) != g.Of.Low && now.value != g.MaxLimit
	if was.known && g.Within {
		looks = looks || now.value > was.value*(1+g.MaxWorse)
	}
	if !looks {
		return ""
	}
	return fmt.Sprintf("%d of %d: too few to tell, %s to %s is as likely", now.bad, now.of, valueText(g, now.low), valueText(g, now.high))
}

// valueText writes a number of a guard for people. Shares of attempts are refusals per
// 1,000 attempts.
func valueText(g *rules.Guard, v float64) string {
	switch {
	case g.Of.Name == "limit_share":
		return strconv.FormatFloat(v*1000, 'f', 1, 64)
	case g.Of.Unit == rules.UnitShare && g.Of.Low: // 99.98% is not 100%
		return strconv.FormatFloat(math.Floor(v*1e4)/1e2, 'f', -1, 64) + "%"
	case g.Of.Unit == rules.UnitMinutes: // 60.6 minutes are more than 60
		return rules.UnitSeconds.Format(math.Round(v * 60))
	}
	return g.Of.Unit.Format(v)
}

// changeText is "3.1 -> 274.7", or the number alone without a baseline.
func changeText(g *rules.Guard, was *float64, now number) string {
	if was == nil {
		return valueText(g, now.value)
	}
	return valueText(g, *was) + " -> " + valueText(g, now.value)
}

// boundText is the bound that decides: the growth allowed where the number is within
// its limit or has none, else the limit.
func (e *evaluation) boundText(g *rules.Guard, now, was number) string {
	switch {
	case g.Limit == "":
		return "as before"
	case g.Within && was.known && was.value > 0 && e.worse(g, was, now): // 10 % more than nothing is nothing
		return "+" + rules.UnitShare.Format(g.MaxWorse)
	case g.Of.Low:
		return ">=" + valueText(g, g.MaxLimit)
	}
	return strings.TrimSuffix(valueText(g, g.MaxLimit), ".0")
}

// where is the place that shows a number best, "file:line" or empty.
func (e *evaluation) where(g *rules.Guard, p *pair) string {
	if p.group == nil {
		switch g.Of.Name {
		case "unknown_share", "unknown_kinds":
			if len(e.report.Unknown) > 0 {
				return e.report.Unknown[0].Where
			}
		case "understood_share":
			return leastUnderstood(e.report.Input.Files)
		}
		return ""
	}
	fact := map[string]string{"peak_sessions": "peak_sessions", "retry_first": "retry_gap", "expired": "trouble_expired", "lasting": "trouble_lasting"}[g.Of.Name]
	if f, _ := p.group.Facts.Find(fact); f.Where != "" {
		return f.Where
	}
	return limitWhere(p.group)
}

// limitWhere is the first reply that limits, else the first that severity counts.
func limitWhere(g *report.Group) string {
	where := ""
	for i := range g.Replies {
		switch r := &g.Replies[i]; {
		case r.Class == "connection-limit" || r.Class == "rate-limit":
			return r.Where
		case where == "" && troubling(r.Class) > 0:
			where = r.Where
		}
	}
	return where
}

// findingWhere is the first place among what speaks for the cause, else that of the
// reply.
func findingWhere(g *report.Group) string {
	if w := limitWhere(g); w != "" {
		return w
	}
	for _, c := range g.Causes {
		for _, ev := range c.Evidence {
			if ev.Sign == "+" && ev.Where != "" {
				return ev.Where
			}
		}
	}
	return ""
}

// leastUnderstood is the file with the most lines that were not understood.
func leastUnderstood(files []report.File) (path string) {
	most := int64(0)
	for _, f := range files {
		if f.NotUnderstood > most {
			path, most = f.Path, f.NotUnderstood
		}
	}
	return path
}
