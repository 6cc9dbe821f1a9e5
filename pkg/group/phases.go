package group

import (
	"cmp"
	"math"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// phase is a run of attempts: open if (almost) all were served, shut if (almost) all
// met a limit.
type phase struct {
	shut            bool
	spans           []session.Span // a piece of all
	served, refused int64
}

func (r phase) attempts() int64 { return r.served + r.refused }

// phases cuts spans, in order of their end, into runs. They are judged in blocks of
// fewest attempts; one that is neither open nor shut belongs to the run before it.
func phases(spans []session.Span, fewest int64, clean float64) (out []phase) {
	var block phase
	begin, from := 0, 0 // of the last run and of the block
	for i := range spans {
		block.served += int64(spans[i].Served)
		block.refused += int64(spans[i].Refused)
		n := block.served + block.refused
		if n < fewest {
			continue
		}
		share := float64(block.refused) / float64(n)
		block.shut = share >= 1-clean
		last := len(out) - 1
		if last < 0 || out[last].shut != block.shut && (block.shut || share <= clean) {
			begin = from
			block.spans = spans[begin : i+1]
			out = append(out, block)
		} else {
			run := &out[last]
			run.spans, run.served, run.refused = spans[begin:i+1], run.served+block.served, run.refused+block.refused
		}
		block, from = phase{}, i+1
	}
	return out
}

// phases measures how the receiver opens and shuts its door over time. A quota takes
// about the same volume, then nothing until time has passed, whatever the number of
// sessions; no length of a day is assumed (H55, H58). A door that was shut at last and
// stayed so is a receiver that has turned away (H86).
func (c *Cell) phases(whole *swept) {
	a := c.Acc
	if whole.refused() < whole.fewest() {
		return
	}
	w := c.tools()
	w.visits = slices.DeleteFunc(append(w.visits[:0], whole.spans...), func(s session.Span) bool { return shadow(&s) })
	w.visits = append(w.visits, a.past.visits()...)
	spans := w.visits
	slices.SortStableFunc(spans, func(a, b session.Span) int { return cmp.Compare(a.Close, b.Close) })
	fewest, clean := c.th.Int(rules.CurveFewest), c.th.Value(rules.CurveClean)
	runs := phases(spans, fewest, clean)
	set := func(name string, v float64) { c.Facts[name] = rules.Measure{Value: v, Basis: rules.Measured} }
	var volumes Tally
	for i := range runs {
		if i > 0 && runs[i].shut && !runs[i-1].shut {
			volumes.Add(runs[i-1].served, 1)
		}
	}
	set("shut_phases", float64(volumes.Total()))
	if volumes.Total() > 0 {
		set("open_volume", float64(volumes.Median()))
	}
	if len(runs) == 0 || !runs[len(runs)-1].shut || a.Refusals[mail.ConnectionLimit] < a.Refusals[mail.RateLimit] {
		return
	}
	last := runs[len(runs)-1]
	if slices.ContainsFunc(runs[:len(runs)-1], func(r phase) bool { return r.shut && r.attempts() >= last.attempts() }) {
		return // it was shut for as long before, and opened again: the log may end inside a queue run
	}
	set("attempts_late", float64(last.attempts()))
	set("accepted_late", float64(last.served)/float64(last.attempts()))
	late := c.tools().sweepOf(slices.DeleteFunc(last.spans, func(s session.Span) bool { return shadow(&s) }), nil, c.th)
	if calm := late.calm(nil); calm.attempts >= c.th.Int(rules.FlatAttempts) {
		set("refused_late", calm.share())
	}
}

// visits are windows of the past as spans: when so many were served and refused.
func (p *past) visits() (out []session.Span) {
	if p == nil || p.spans == nil {
		return nil
	}
	for w := range p.chart.all() {
		t := (w.Start + p.chart.step/2) * second
		served, refused := max(w.Attempts-w.Limited, 0), w.Limited
		for served > 0 || refused > 0 {
			s := session.Span{Open: t, Close: t, Served: uint16(min(served, math.MaxUint16)), Refused: uint16(min(refused, math.MaxUint16))}
			served, refused = served-int32(s.Served), refused-int32(s.Refused)
			out = append(out, s)
		}
	}
	return out
}
