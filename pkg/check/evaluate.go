package check

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/baseline"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// Options are what a check needs beside the report.
type Options struct {
	Guards     []rules.Guard
	Thresholds rules.Thresholds
	// Causes say what a cause means.
	Causes *rules.Causes
	// FailOn is never, normal, watch or escalate.
	FailOn string
	// Baseline is what to hold the report against, nil for the limits alone. File is
	// its name.
	Baseline *baseline.Baseline
	File     string
}

// Evaluate holds a report against its guards.
func Evaluate(r *report.Report, o Options) *Check {
	few := o.Thresholds.Int(rules.EnoughRefusals)
	e := &evaluation{Options: o, report: r, few: few, now: baseline.Of(r, few, o.Baseline),
		out: &Check{Schema: Schema, Rules: r.Rules, FailOn: o.FailOn, Input: r.Input}}
	if o.Baseline != nil {
		e.out.Baseline = &Baseline{File: o.File, Rules: o.Baseline.Rules, Last: o.Baseline.Last, RulesChanged: o.Baseline.Rules != r.Rules}
	}
	e.pair()
	e.chance = o.Thresholds.Value(rules.CheckChance) / float64(max(e.comparisons(), 1))
	for i := range e.pairs {
		p := &e.pairs[i]
		for n := range e.Guards {
			if g := &e.Guards[n]; g.Of.Input == (p.group == nil) && !p.mixed() {
				e.guard(g, p)
			}
		}
		if p.group != nil {
			e.finding(p)
		}
	}
	e.count()
	return e.out
}

// evaluation is one Evaluate under way.
type evaluation struct {
	Options
	report *report.Report
	now    *baseline.Baseline
	// few is how many refusals are no accident.
	few   int64
	pairs []pair
	// chance is the probability below which one comparison is no accident.
	chance float64
	out    *Check
}

// comparisons is how many shares are compared in this run.
func (e *evaluation) comparisons() (n int) {
	for i := range e.pairs {
		p := &e.pairs[i]
		for k := range e.Guards {
			g := &e.Guards[k]
			if g.Of.Input != (p.group == nil) || p.mixed() {
				continue
			}
			if v := e.number(g, &p.now); v.of > 0 && v.bad >= e.few {
				n++
			}
		}
		if p.was != nil && p.now.Trouble >= e.few {
			n++ // the finding
		}
	}
	return n
}

// guard adds the result of one guard, if it binds.
func (e *evaluation) guard(g *rules.Guard, p *pair) {
	now := e.number(g, &p.now)
	bound := e.binds(g, &p.now)
	oldPeak := !bound && g.Of.Name == "peak_sessions" && e.oldPeak(p)
	if !now.known || !bound && !oldPeak || g.Limit == "" && p.was == nil {
		return
	}
	r := Result{Guard: g.ID, Meaning: g.Meaning, Severity: g.Severity, Unit: string(g.Of.Unit), Now: &now.value,
		Where: e.where(g, p), Help: g.Help, Source: g.Source}
	if p.group != nil {
		r.Destination = &p.group.Platform
	}
	if g.Limit != "" {
		r.Limit = &g.MaxLimit
	}
	if now.low != now.high {
		r.Low, r.High = &now.low, &now.high
	}
	var was number
	if p.was != nil {
		if was = e.number(g, p.was); was.known {
			r.Was, r.Worse = &was.value, &g.MaxWorse
		}
	}
	r.Status = OK
	switch {
	case oldPeak:
		r.Status, r.Note = Fail, fmt.Sprintf("the receiver limited at %d; the old peak is back", p.was.LimitedAt)
	case e.fails(g, now, p.was):
		r.Status = Fail
	case p.raw != nil && e.fails(g, now, p.raw):
		r.Status = Reclassified
	case g.Limit != "" && e.beyond(g, now):
		r.Status = Known
	}
	// What older rules did not take for a limit has no duration and no retries there.
	if r.Status == Fail && p.raw != nil && p.was.Trouble > p.raw.Trouble && (g.Of.Name == "lasting" || !was.known) {
		r.Status = Reclassified
	}
	if r.Status == Fail && !e.counts(g.Severity) {
		r.Status = Warn
	}
	r.Change, r.Bound = changeText(g, r.Was, now), e.boundText(g, now, was)
	if r.Note == "" {
		r.Note = e.note(g, now, was, r.Status)
	}
	e.out.Results = append(e.out.Results, r)
}

// fails says that a number is beyond its limit and was not in the baseline, or worse
// than it was.
func (e *evaluation) fails(g *rules.Guard, now number, then *measured) bool {
	beyond := g.Limit != "" && e.beyond(g, now)
	if then == nil {
		return beyond
	}
	was := e.number(g, then)
	worse := was.known && e.worse(g, was, now)
	known := was.known && g.Limit != "" && e.binds(g, then) && e.beyond(g, was)
	return beyond && (!known || worse) || g.Within && worse
}

// counts says that a severity is at the level of --fail-on or above.
func (e *evaluation) counts(severity string) bool {
	least := report.SeverityRank(e.FailOn)
	return least > 0 && report.SeverityRank(severity) >= least
}

// binds says that a guard holds for what was measured.
func (e *evaluation) binds(g *rules.Guard, m *measured) bool {
	switch g.Binds {
	case rules.BindsLimited:
		return m.Limited() >= e.few
	case rules.BindsTroubled:
		return m.Trouble > 0
	}
	return true
}

// oldPeak says that so many sessions are open again as when the receiver limited,
// after a time of fewer (requirement H96).
func (e *evaluation) oldPeak(p *pair) bool {
	return p.was != nil && p.was.LimitedAt > 0 && p.now.Peak >= p.was.LimitedAt && p.now.PeakLow > p.was.PeakHigh
}

// finding adds what the report says of a destination.
func (e *evaluation) finding(p *pair) {
	g := p.group
	if g.Cause == "none" {
		return
	}
	f := Finding{Destination: g.Platform, Severity: g.Severity, Cause: g.Cause, Confidence: g.Confidence, Text: g.Why, Where: findingWhere(g), Help: e.meaning(g.Cause)}
	worse := true
	if p.was != nil {
		f.Was = &p.was.Severity
		worse = report.SeverityRank(g.Severity) > report.SeverityRank(p.was.Severity) && e.grew(p.was, &p.now)
	}
	switch {
	case worse && e.counts(g.Severity):
		f.Status = Fail
	case worse:
		f.Status = Warn
	case p.raw != nil && e.grew(p.raw, &p.now):
		f.Status = Reclassified
	default:
		f.Status = Known
	}
	e.out.Findings = append(e.out.Findings, f)
}

// meaning is what a cause means, in a sentence.
func (e *evaluation) meaning(cause string) string {
	if e.Causes != nil {
		for i := range e.Causes.Causes {
			if c := &e.Causes.Causes[i]; c.ID == cause {
				return c.Meaning
			}
		}
	}
	return "there are such refusals, but too little evidence to say why"
}

// grew says that more of the attempts are refused than chance explains, or more mail
// is lost.
func (e *evaluation) grew(was, now *measured) bool {
	return now.Expired > was.Expired || now.Trouble >= e.few && moreByChance(was.Trouble, max(was.Attempts, was.Trouble), now.Trouble, max(now.Attempts, now.Trouble)) < e.chance
}

// count sums up and puts the worst first.
func (e *evaluation) count() {
	one := func(s Status) {
		switch s {
		case Fail:
			e.out.Failed++
		case Warn:
			e.out.Warned++
		default:
			e.out.Passed++
		}
	}
	for i := range e.out.Results {
		one(e.out.Results[i].Status)
	}
	for i := range e.out.Findings {
		one(e.out.Findings[i].Status)
	}
	order := []Status{Fail, Warn, Reclassified, Known, OK}
	slices.SortStableFunc(e.out.Results, func(a, b Result) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Status), slices.Index(order, b.Status)),
			cmp.Compare(boolInt(a.Destination == nil), boolInt(b.Destination == nil)))
	})
	byName := func(a, b Change) int { return cmp.Compare(a.Destination, b.Destination) }
	slices.SortFunc(e.out.New, byName)
	slices.SortFunc(e.out.Gone, byName)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
