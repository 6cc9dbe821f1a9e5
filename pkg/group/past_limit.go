package group

import (
	"cmp"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// pastLimit is what spans that were summed up said of the limit. A nil one said nothing.
type pastLimit struct {
	list []pastStretch // in order of time
	// refused and onset count refusals by the sessions that may have been served: all of
	// them, and the first after a while without any.
	refused, onset []int64
}

// pastStretch is one stretch of time that was summed up.
type pastStretch struct {
	from int64
	stretch
}

// Of more stretches than the first, the clean ones in a row are put together; of more than
// the second, the oldest are forgotten: five days of retry windows with refusals.
const (
	manyStretches = 64
	mostStretches = 480
)

// add takes a stretch. Two of one time are one.
func (p *pastLimit) add(s pastStretch) {
	i, ok := slices.BinarySearchFunc(p.list, s.from, func(o pastStretch, t int64) int { return cmp.Compare(o.from, t) })
	if !ok {
		p.list = slices.Insert(p.list, i, s)
		if len(p.list) > manyStretches {
			p.thin()
		}
		if n := len(p.list) - mostStretches; n > 0 {
			p.list = slices.Delete(p.list, 0, n)
		}
		return
	}
	old := &p.list[i]
	old.taken, old.refused = old.taken+s.taken, old.refused+s.refused
	old.low, old.likely, old.most = max(old.low, s.low), max(old.likely, s.likely), max(old.most, s.most)
	old.high = max(old.high, s.high) // where it is not the same, the bound that holds for both
}

// thin puts clean stretches in a row together. Of each row two stay, so that what one
// alone shows is not taken for what several do: one has the most sessions of all, the
// other, later one the most of the rest.
func (p *pastLimit) thin() {
	out := p.list[:0]
	for i := 0; i < len(p.list); {
		row := i
		for i < len(p.list) && p.list[i].refused == 0 {
			i++
		}
		if i == row {
			out = append(out, p.list[i])
			i++
			continue
		}
		out = append(out, twoOf(p.list[row:i])...)
	}
	p.list = out
}

// twoOf is a row of clean stretches as two, in order of time.
func twoOf(row []pastStretch) []pastStretch {
	if len(row) <= 2 {
		return row
	}
	top := 0
	for i := range row {
		if row[i].low > row[top].low {
			top = i
		}
	}
	two := [2]pastStretch{{from: row[0].from}, {from: row[1].from}}
	two[0].taken, two[0].low, two[0].likely, two[0].most = row[top].taken, row[top].low, row[top].likely, row[top].most
	for i := range row {
		if s := &row[i]; i != top {
			t := &two[1].stretch
			t.taken, t.low, t.likely, t.most = t.taken+s.taken, max(t.low, s.low), max(t.likely, s.likely), max(t.most, s.most)
		}
	}
	return append(row[:0], two[:]...)
}

func (p *pastLimit) merge(o *pastLimit) {
	for _, s := range o.list {
		p.add(s)
	}
	p.refused = sumLevels(p.refused, o.refused)
	p.onset = sumLevels(p.onset, o.onset)
}

func (p *pastLimit) stretches() []pastStretch {
	if p == nil {
		return nil
	}
	return p.list
}

func (p *pastLimit) refusals() []int64 {
	if p == nil {
		return nil
	}
	return p.refused
}

func (p *pastLimit) onsets() []int64 {
	if p == nil {
		return nil
	}
	return p.onset
}

// foldLimit keeps of the spans that are gone what they say of the limit, in stretches of
// a length. connections are those of all spans that were served.
func (p *sums) foldLimit(s *swept, connections func() []session.Connection, gone func(t int64) bool, length int64) {
	fewest := s.th.Int(rules.CurveFewest)
	if !tells(s.spans, gone, length, fewest) {
		return
	}
	v := serve(&swept{spans: s.spans, levels: s.levels, th: s.th}, connections())
	kept := func(m moment) bool { return !gone(m.at) }
	first := slices.DeleteFunc(v.first(), kept)
	v.taken, v.refused = slices.DeleteFunc(v.taken, kept), slices.DeleteFunc(v.refused, kept)
	l := p.limits()
	i, j := 0, 0
	for i < len(v.taken) || j < len(v.refused) {
		from := nextStretch(v.taken[i:], v.refused[j:], length)
		a, b := before(v.taken, i, from+length), before(v.refused, j, from+length)
		one := v.stretch(v.taken[i:a], v.refused[j:b])
		if one.refused > 0 || one.taken >= fewest {
			l.add(pastStretch{from, one})
		}
		i, j = a, b
	}
	l.refused = sumLevels(l.refused, levels(v.refused, surely))
	l.onset = sumLevels(l.onset, levels(first, surely))
}

// tells says that a stretch of the spans that are gone says something of the limit:
// enough was taken in it, or anything refused.
func tells(spans []session.Span, gone func(t int64) bool, length, fewest int64) bool {
	taken := map[int64]int64{}
	for i := range spans {
		p := &spans[i]
		if shadow(p) || !gone(p.Close) {
			continue
		}
		taken[p.Close/length] += int64(p.Served)
		if p.Refused > 0 || taken[p.Close/length] >= fewest {
			return true
		}
	}
	return false
}

// nextStretch is when the stretch of the first of two series begins.
func nextStretch(a, b []moment, length int64) int64 {
	var t int64
	switch {
	case len(b) == 0 || len(a) > 0 && a[0].at <= b[0].at:
		t = a[0].at
	default:
		t = b[0].at
	}
	return t - t%length
}

// before is the first of moments from i on that is not before a time.
func before(m []moment, i int, t int64) int {
	for i < len(m) && m[i].at < t {
		i++
	}
	return i
}
