package group

import (
	"cmp"
	"maps"
	"slices"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// Freeze turns accumulators into summaries, in order of platform. It takes them over:
// their details are given back as soon as they are measured. The sending IP
// of a line is the one the line has; else the one IP that all refusals of its
// instance quote; else it is not known (requirement X07).
func Freeze(accs map[Key]*Acc, ctx Context) []Summary {
	all := assemble(accs, ctx)
	out := make([]Summary, len(all.cells))
	all.freeze(ctx, func(f *freezing, i int) { out[i] = *f.freeze(i) })
	slices.SortFunc(out, func(a, b Summary) int { return cmp.Compare(a.Platform, b.Platform) })
	return out
}

// Summaries is Freeze for many platforms: it hands out each summary as soon as it is
// measured, with facts and windows that are its own until visit returns, and empties its
// accumulators when it is done with, so that few are there at a time. There are as many
// goroutines as ctx has workers, and visit is called on all of them.
func Summaries(accs map[Key]*Acc, ctx Context) func(visit func(*Summary)) {
	return func(visit func(*Summary)) {
		assemble(accs, ctx).freeze(ctx, func(f *freezing, i int) {
			s := f.freeze(i)
			visit(s)
			f.windows = s.Windows[:0]
			f.done(&s.All)
			for j := range s.ByIP {
				f.done(&s.ByIP[j])
			}
		})
	}
}

// freezing measures one platform after the other, and uses what it needs again.
type freezing struct {
	*assembly
	ctx       Context
	platforms []string
	across    *wide
	healthy   func(*Acc) float64
	mixed     int64         // attempts
	spare     []rules.Facts // emptied, for the next cells
	windows   []Window      // the same, for the next platform
	gauge     *gauge
}

// platforms are all of them, in about the order in which they came: so what is given back
// lies together.
func (all *assembly) platforms() []string {
	first := map[string]int64{}
	for platform, cells := range all.cells {
		for _, a := range cells {
			if t, ok := first[platform]; !ok || a.First < t {
				first[platform] = a.First
			}
		}
	}
	return slices.SortedFunc(maps.Keys(all.cells), func(a, b string) int {
		return cmp.Or(cmp.Compare(first[a], first[b]), cmp.Compare(a, b))
	})
}

// freeze has workers measure the platforms.
func (all *assembly) freeze(ctx Context, measure func(f *freezing, i int)) {
	across := all.across(ctx)
	first := freezing{assembly: all, ctx: ctx, platforms: all.platforms(), across: &across,
		healthy: all.healthy(), mixed: all.attempts(ctx.Mixed)}
	workers := slices.Repeat([]freezing{first}, max(ctx.Workers, 1))
	for i := range workers {
		workers[i].gauge = &gauge{}
	}
	Each(len(workers), len(first.platforms), func(worker, i int) { measure(&workers[worker], i) })
}

// freeze measures one platform.
func (f *freezing) freeze(i int) *Summary {
	s := f.summary(f.platforms[i])
	s.everywhere("healthy_destinations", f.healthy(s.All.Acc))
	if f.mixed > 0 {
		s.everywhere("mixed_attempts", float64(f.mixed))
	}
	s.across(f.across, f.ctx.Thresholds)
	s.release()
	clear(f.cells[f.platforms[i]])
	return s
}

// done gives back what a cell has.
func (f *freezing) done(c *Cell) {
	*c.Acc = Acc{}
	clear(c.Facts)
	f.spare = append(f.spare, c.Facts)
}

// facts are none yet, in a map that has room for many.
func (f *freezing) facts() rules.Facts {
	n := len(f.spare) - 1
	if n < 0 {
		return make(rules.Facts, mostFacts)
	}
	facts := f.spare[n]
	f.spare = f.spare[:n]
	return facts
}

// mostFacts is about how many are known of a destination.
const mostFacts = 100
