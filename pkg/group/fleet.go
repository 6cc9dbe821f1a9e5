package group

import (
	"maps"
	"math"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// knowledge sets what is known of a receiver and a pool without measuring.
func (ctx Context) knowledge(f rules.Facts, platform string, esp bool) {
	custom := rules.Measure{Value: 1, Basis: rules.Seed}
	if ctx.Kind != nil && ctx.Kind(platform) != mail.CustomMX {
		custom.Value = 0
	}
	f["custom_mx"] = custom
	// Somebody else may share the sending IP: declared, or an ESP's and not declared.
	pool := rules.Measure{Basis: rules.Seed}
	if ctx.Pool == PoolShared || esp && ctx.Pool != PoolDedicated {
		pool.Value = 1
	}
	f["pool_possible"] = pool
}

// spread compares the sending IPs of a platform early and late in the log: more of
// them, each with less, while refusals go on, look like snowshoe sending (H66).
func (s *Summary) spread() {
	a := s.All.Acc
	third := (a.Last - a.First) / 3
	if third <= 0 {
		return
	}
	var early, late struct{ ips, volume int64 }
	var trouble side
	for i := range s.ByIP {
		var first, last int64
		for _, b := range s.ByIP[i].times {
			switch t := b.from * second; {
			case t < a.First+third:
				first += int64(b.First)
			case t >= a.Last-third:
				last += int64(b.First)
				trouble.attempts += int64(b.Attempts)
				trouble.refused += int64(b.Trouble)
			}
		}
		if s.ByIP[i].IP == "" {
			continue
		}
		if first > 0 {
			early.ips++
			early.volume += first
		}
		if last > 0 {
			late.ips++
			late.volume += last
		}
	}
	if early.ips == 0 || late.ips == 0 {
		return
	}
	set := func(name string, v float64) { s.All.Facts[name] = rules.Measure{Value: v, Basis: rules.Measured} }
	set("ips_early", float64(early.ips))
	set("ips_late", float64(late.ips))
	set("ip_growth", float64(late.ips)/float64(early.ips))
	set("ip_volume_change", float64(late.volume)/float64(late.ips)/(float64(early.volume)/float64(early.ips)))
	if trouble.attempts > 0 {
		set("late_trouble_share", trouble.share())
	}
}

// sources are the first times at which each sending host, instance and IP was seen.
type sources map[string]int64

func (s sources) see(name string, t int64) {
	if old, ok := s[name]; t > 0 && (!ok || t < old) {
		s[name] = t
	}
}

// names are what the mail of one accumulator came from.
func (k Key) names(ip string) []string {
	out := []string{"host " + k.Host}
	if k.Instance != "" {
		out = append(out, "instance "+k.Instance+" of host "+k.Host)
	}
	if ip != "" {
		out = append(out, "sending IP "+ip)
	}
	return out
}

// newSource says whether a host, instance or sending IP that the log did not show for
// long appeared shortly before the trouble (C82). used are those of the platform.
func (s *Summary) newSource(used []string, seen sources, begin int64) {
	c := &s.All
	trouble := c.Acc.FirstTrouble.Time
	unseen, recent := c.th.Micros(rules.SourceUnseen), c.th.Micros(rules.SourceRecent)
	if trouble == 0 || trouble-begin < unseen {
		return // nobody knows what was there before
	}
	m := yesNo(false)
	var latest int64
	for _, name := range slices.Compact(slices.Sorted(slices.Values(used))) {
		if t := seen[name]; t-begin >= unseen && t <= trouble && trouble-t < recent && t >= latest {
			latest = t
			m.Value, m.Text = 1, name+", first seen "+rules.Duration((trouble-t)/second)+" before the first refusal"
		}
	}
	c.Facts["new_source"] = m
}

// wide is what all destinations together show.
type wide struct{ destinations, affected, moves int }

// across compares destinations: how many are affected, and whether refusals wander.
func (all *assembly) across(ctx Context) wide {
	th, told := ctx.Thresholds, 0
	var affected []steps
	for platform, cells := range all.cells {
		if platform == ctx.Mixed && ctx.Mixed != "" {
			continue // no destination
		}
		told++
		var refusals int64
		for _, a := range cells {
			refusals += a.TroubleRefusals
		}
		if refusals < th.Int(rules.EnoughRefusals) {
			continue
		}
		affected = append(affected, func(visit func(from int64, b *Bucket)) {
			for _, a := range cells {
				a.steps(visit)
			}
		})
	}
	return wide{told, len(affected), moves(affected, th)}
}

// across sets the facts about all destinations and all sending IPs.
func (s *Summary) across(w *wide, th rules.Thresholds) {
	set := func(name string, n int) { s.All.Facts[name] = rules.Measure{Value: float64(n), Basis: rules.Measured} }
	set("destinations", w.destinations)
	set("affected_destinations", w.affected)
	set("destination_moves", w.moves)
	var ips []steps
	for j := range s.ByIP {
		if s.ByIP[j].IP != "" {
			ips = append(ips, s.ByIP[j].steps)
		}
	}
	set("ip_moves", moves(ips, th))
}

// steps tell what happened in each piece of time, which begins at a Unix time, in no
// order.
type steps func(visit func(from int64, b *Bucket))

func (a *Acc) steps(visit func(from int64, b *Bucket)) {
	for b := range a.Buckets.all() {
		visit(int64(b.K)*BucketSeconds, &b.Bucket)
	}
	if a.past == nil {
		return
	}
	for w := range a.past.chart.all() {
		visit(w.Start, &w.Bucket)
	}
}

func (c *Cell) steps(visit func(from int64, b *Bucket)) {
	for _, p := range c.times {
		visit(p.from, &p.Bucket)
	}
}

// moves counts how often the refusals leave some of the series for others while
// those go on sending: parts of the time of trouble in which the refused ones are
// none of those before (C36).
func moves(series []steps, th rules.Thresholds) (n int) {
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	for _, each := range series {
		each(func(from int64, b *Bucket) {
			if k := from / BucketSeconds; b.Trouble > 0 {
				first, last = min(first, k), max(last, k)
			}
		})
	}
	parts := th.Int(rules.MovesParts)
	if len(series) < 2 || last-first < parts {
		return 0
	}
	fewest, much, little := th.Int(rules.CurveFewest), th.Value(rules.FlatShare), th.Value(rules.CurveClean)
	at := make([][]side, parts)
	for p := range at {
		at[p] = make([]side, len(series))
	}
	for i, each := range series {
		each(func(from int64, b *Bucket) {
			if k := from / BucketSeconds; k >= first && k <= last {
				at[(k-first)*parts/(last-first+1)][i].add(side{int64(b.Attempts), int64(b.Trouble)})
			}
		})
	}
	refused := map[int]bool{}
	for _, part := range at {
		now, left := map[int]bool{}, len(refused) > 0
		for i, s := range part {
			if s.attempts >= fewest && s.share() >= much {
				now[i] = true
			}
			left = left && (!refused[i] || s.attempts >= fewest && s.share() <= little)
		}
		if len(now) == 0 {
			continue
		}
		if left {
			n++
		}
		refused = maps.Clone(now)
	}
	return n
}
