package check

import (
	"cmp"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/baseline"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// pair is a destination now and in the baseline; the first pair is the input, which
// has no group. was is nil where there is no baseline or the destination is new.
type pair struct {
	group *report.Group
	now   measured
	was   *measured
	// raw is was as the rules of the baseline saw it, where these rules see it
	// otherwise.
	raw *measured
}

// mixed says that p is no destination, so that no number of it is held to a limit.
func (p *pair) mixed() bool { return p.group != nil && p.group.Mixed }

// measured is what guards read: the counts of the input, and of a destination.
type measured struct {
	baseline.Destination
	in *baseline.Input
}

// pair finds the destinations of the report in the baseline.
func (e *evaluation) pair() {
	input := pair{now: measured{in: &e.now.Input}}
	if e.Baseline != nil {
		input.was = &measured{in: &e.Baseline.Input}
	}
	e.pairs = append(e.pairs, input)
	seen := map[string]bool{}
	for i := range e.report.Groups {
		g := &e.report.Groups[i]
		name := baseline.Name(g.Platform)
		if seen[name] {
			continue
		}
		seen[name] = true
		p := pair{group: g, now: measured{Destination: *e.now.Find(name)}}
		if was := e.Baseline.Find(name); was != nil {
			p.was = &measured{Destination: *was}
			if e.out.Baseline.RulesChanged {
				e.reclassify(&p)
			}
		} else if e.Baseline != nil && g.Counts.Attempts > 0 && !g.Mixed {
			e.out.New = append(e.out.New, Change{g.Platform, g.Counts.Attempts})
		}
		e.pairs = append(e.pairs, p)
	}
	if e.Baseline != nil {
		for _, d := range e.Baseline.Destinations {
			if !seen[d.Name] && d.Attempts > 0 {
				e.out.Gone = append(e.out.Gone, Change{d.Name, d.Attempts})
			}
		}
	}
}

// reclassify counts the replies of the baseline as these rules do, as far as the
// report has them, too.
func (e *evaluation) reclassify(p *pair) {
	class := map[string]string{}
	for _, r := range p.now.Replies {
		class[r.Kind] = r.Class
	}
	raw, refusals := *p.was, map[string]int64{}
	for c, n := range raw.Refusals {
		refusals[c] = n
	}
	moves := map[[2]string]int64{}
	for _, r := range raw.Replies {
		to, ok := class[r.Kind]
		if !ok || to == r.Class {
			continue
		}
		n := min(r.Count, refusals[r.Class])
		refusals[r.Class] -= n
		refusals[to] += n
		p.was.Trouble += n * (troubling(to) - troubling(r.Class))
		moves[[2]string{r.Class, to}] += r.Count
	}
	if len(moves) == 0 {
		return
	}
	p.was.Refusals, p.raw = refusals, &raw
	for m, n := range moves {
		e.out.Moved = append(e.out.Moved, Move{p.group.Platform, m[0], m[1], n})
	}
	slices.SortFunc(e.out.Moved, func(a, b Move) int {
		return cmp.Or(cmp.Compare(a.Destination, b.Destination), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
}

// troubling is 1 for the classes that severity counts (requirement C77).
func troubling(class string) int64 {
	switch c, _ := mail.ParseClass(class); c {
	case mail.ConnectionLimit, mail.RateLimit, mail.Reputation, mail.Listing:
		return 1
	default:
		return 0
	}
}
