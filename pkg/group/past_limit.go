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

// pastStretch is one stretch of time that was summed up, maybe in several parts: what
// some of them said, and the counts of the others, nil if there are none.
type pastStretch struct {
	from int64
	stretch
	counts *counts
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
	old.join(&s.stretch)
	switch {
	case old.counts == nil && s.counts != nil:
		old.counts = s.counts.clone()
	case s.counts != nil:
		old.counts.add(s.counts)
	}
}

// join takes what another part says of how many sessions are served.
func (s *stretch) join(o *stretch) {
	s.taken, s.refused, s.open = s.taken+o.taken, s.refused+o.refused, s.open || o.open
	s.high = max(s.high, o.high) // where it is not the same, the bound that holds for both
	s.low, s.likely, s.most = max(s.low, o.low), max(s.likely, o.likely), max(s.most, o.most)
}

// thin puts clean stretches in a row together. Of each row two stay, so that what one
// alone shows is not taken for what several do: one has the most sessions of all, the
// other, later one the most of the rest.
func (p *pastLimit) thin() {
	out := p.list[:0]
	for i := 0; i < len(p.list); {
		row := i
		for i < len(p.list) && p.list[i].counts == nil && p.list[i].refused == 0 {
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
		if i != top {
			two[1].join(&row[i].stretch)
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

// stretches are what all of it says.
func (p *pastLimit) stretches(th rules.Thresholds) []pastStretch {
	if p == nil {
		return nil
	}
	out := slices.Clone(p.list)
	for i := range out {
		out[i].settle(th)
	}
	return out
}

// settle puts what the counts say in their place.
func (s *pastStretch) settle(th rules.Thresholds) {
	if s.counts != nil {
		said := s.counts.stretch(th)
		s.join(&said)
		s.counts = nil
	}
}

// unsettled is how many stretches keep their counts: those that more may come of.
const unsettled = 4

// settle gives the counts of all but the last ones back.
func (p *pastLimit) settle(th rules.Thresholds) {
	for i, n := len(p.list)-1, 0; i >= 0; i-- {
		if p.list[i].counts == nil {
			continue
		}
		if n++; n > unsettled {
			p.list[i].settle(th)
		}
	}
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

// allHosts stands for no single one of hosts.
const allHosts = -1

// limit is what the spans of a sweep that are gone say of the limit, in stretches of a
// retry window; nil is nothing. That of all hosts is asked for first.
func (f *folding) limit(s *swept, host int) *pastLimit {
	fewest := f.th.Int(rules.CurveFewest)
	if !f.pieces.look(s.spans, &f.line, fewest) {
		return nil
	}
	v := &f.served
	v.measure(s, f.connected(s, host), func(p *session.Span) bool {
		return f.line.gone(p.Close) && f.pieces.at(p.Close/f.length).tells(fewest)
	}, f.pieces.refused, true)
	first := slices.DeleteFunc(v.first(), func(m moment) bool { return !f.line.gone(m.at) || f.fresh.has(m.at) })
	v.refused = slices.DeleteFunc(v.refused, func(m moment) bool { return !f.line.gone(m.at) })
	l := &pastLimit{onset: levels(nil, first, surely)}
	i, j := 0, 0
	for i < len(v.taken) || j < len(v.refused) {
		from := nextStretch(v.taken[i:], v.refused[j:], f.length)
		a, b := before(v.taken, i, from+f.length), before(v.refused, j, from+f.length)
		l.list = append(l.list, f.stretch(from, v.taken[i:a], v.refused[j:b]))
		if c := l.list[len(l.list)-1].counts; c != nil {
			l.refused = sumLevels(l.refused, c.refused)
		}
		i, j = a, b
	}
	return l
}

// stretch is a part of one that is gone.
func (f *folding) stretch(from int64, taken, refused []moment) pastStretch {
	v, one := &f.served, pastStretch{from: from}
	all := total(refused)
	refused = slices.DeleteFunc(refused, func(m moment) bool { return f.fresh.has(m.at) })
	v.count(taken, refused)
	if all == 0 {
		one.stretch = v.counts.stretch(v.th)
		return one
	}
	one.counts = v.counts.clone()
	one.counts.open = all - total(refused)
	return one
}

// fresh is the time around the end of what was read so far. Sessions of then are not all
// known yet: they are told of when their deliveries end. How many were served when one was
// refused is not said.
type fresh struct{ from, to int64 }

func (f *fresh) has(t int64) bool { return f.from < t && t < f.to }

// freshFor is that of an accumulator, when the log is at a time. It may be that of
// another host, whose log is read after this one.
func (a *Acc) freshFor(now int64) fresh {
	return fresh{max(now, a.Last) - shadowTime, now + shadowTime}
}

// connected are the connections on which spans that are near were served.
func (f *folding) connected(s *swept, host int) []session.Connection {
	c := &f.connections
	if host != allHosts {
		return c.of(host)
	}
	c.clear()
	for i := range f.hosts.starts {
		c.begin()
		c.list = f.sweep.AppendConnections(c.list, f.hosts.of(i), f.th.Micros(rules.LimitIdle), blur(s.precise(), f.th), wasServed)
	}
	return c.merged(func(a, b *session.Connection) bool { return a.Open < b.Open })
}

// pieces are retry windows with spans that are gone.
type pieces struct {
	list    []piece // in order
	last    int     // the one that was asked for last
	refused bool    // anything in any of them
}

type piece struct {
	number, taken int64
	refused       bool
}

// tells says that a window says something of the limit: enough was taken in it, or
// anything refused.
func (w *piece) tells(fewest int64) bool { return w.refused || w.taken >= fewest }

// at is the window of a number.
func (w *pieces) at(number int64) *piece {
	if w.last < len(w.list) && w.list[w.last].number == number {
		return &w.list[w.last]
	}
	i, ok := slices.BinarySearchFunc(w.list, number, func(o piece, n int64) int { return cmp.Compare(o.number, n) })
	if !ok {
		w.list = slices.Insert(w.list, i, piece{number: number})
	}
	w.last = i
	return &w.list[i]
}

// look counts what was taken and refused in each window, and says that one of them tells.
func (w *pieces) look(spans []session.Span, l *line, fewest int64) (tells bool) {
	*w = pieces{list: w.list[:0]}
	for i := range spans {
		p := &spans[i]
		if shadow(p) || !l.gone(p.Close) {
			continue
		}
		one := w.at(p.Close / l.length)
		one.taken += int64(p.Served)
		if p.Refused > 0 {
			one.refused, w.refused = true, true
		}
		tells = tells || one.tells(fewest)
	}
	return tells
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
