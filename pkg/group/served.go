package group

import (
	"cmp"
	"math"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// moment is one delivery with the sessions that the receiver served at that time: it
// had taken mail on them and they were still open.
type moment struct {
	at       int64
	served   int
	likely   int // the same as if the times were exact
	attempts int64
}

// served is what deliveries of one sending IP to one scope (a platform or one of its
// hosts) show of how many sessions the receiver serves at once. Whatever it counts,
// it serves at least those that surely were open when it took a delivery, and it had
// no place for more than those that may have been open when it refused one.
//
//	sessions served   ------1----2-------2----1----
//	                             | taken      |
//	                             | at 2: the limit is 2 or more
//	                                     | refused: no more than 2
type served struct {
	taken   []moment // in order of time, surely served
	refused []moment // may have been served
	work    work     // only known for whole-second stamps, which need it
	past    *pastLimit
	// whole says that no line tells how long its connection took to come up: a session
	// that waits for a place looks like one that has it (Exim's DT=).
	whole bool
	// shut says that the door was shut after refusals: see takenSoon.
	shut bool
	th   rules.Thresholds

	open   session.Open
	counts counts // memory that is used again
}

func (c *Cell) hosts() []string { return c.Acc.hosts() }

// blur is the error of times.
func blur(precise bool, th rules.Thresholds) int64 {
	if precise {
		return th.Micros(rules.LimitBlur)
	}
	return th.Micros(rules.LimitBlurCoarse)
}

// connections are those of the deliveries to some hosts that are wanted. They are there
// until the next call.
func (c *Cell) connections(precise bool, want func(*session.Span) bool, hosts ...string) []session.Connection {
	w := c.tools()
	w.connections = w.connections[:0]
	for _, mx := range hosts {
		w.connections = w.sweep.AppendConnections(w.connections, c.Acc.spansOf(mx), c.th.Micros(rules.LimitIdle), blur(precise, c.th), want)
	}
	return w.connections
}

// wasServed says that the receiver took a delivery in.
func wasServed(s *session.Span) bool { return s.Served > 0 }

// serve measures the sessions served over sorted spans, whose connections are given; end is
// that of the log. What it returns is there until the next call.
func (w *gauge) serve(s *swept, connections []session.Connection, end int64) *served {
	v := &w.served
	v.measure(s, connections, func(*session.Span) bool { return true }, true, s.past != nil && s.past.cached > 0)
	if n := len(v.refused); n > 0 && v.refused[n-1].at > end-mostInFlight {
		known := end - inFlight(s)
		v.refused = slices.DeleteFunc(v.refused, func(m moment) bool { return m.at > known })
	}
	v.shut = s.past == nil && len(v.taken) > 0 && v.takenSoon(s) == 0
	return v
}

// last is the last time that the log tells of.
func (c *Cell) last() int64 { return max(c.end, c.Acc.Last) }

// mostInFlight bounds what is reckoned with at the end of a log.
const mostInFlight = 60 * second

// inFlight is how long before the end of the log deliveries may be under way that it does
// not tell of any more, as nine of ten are: how many sessions were served when one was
// refused is not known then.
func inFlight(s *swept) int64 {
	var lengths []int64
	for i := range s.spans {
		if p := &s.spans[i]; p.Served > 0 {
			lengths = append(lengths, p.Close-p.Open)
		}
	}
	if len(lengths) == 0 {
		return 0
	}
	slices.Sort(lengths)
	return min(lengths[(len(lengths)*9-1)/10], mostInFlight)
}

// measure is serve for those deliveries that are wanted, and for refusals if they are.
// cached says that connections may have stayed open even if none of these shows it.
func (v *served) measure(s *swept, connections []session.Connection, want func(*session.Span) bool, refusals, cached bool) {
	v.th, v.past, v.whole = s.th, nil, true
	if s.past != nil {
		v.past, v.whole = s.past.limit, !s.past.setup
	}
	v.taken, v.refused = slices.Grow(v.taken[:0], len(s.spans)), v.refused[:0]
	v.work.clear(len(s.spans))
	idle, blur, coarse := s.th.Micros(rules.LimitIdle), blur(s.precise(), s.th), !s.precise()
	if !cached && !slices.ContainsFunc(connections, func(c session.Connection) bool { return c.Reused }) {
		idle = 0
	}
	v.open.Count(connections, blur, idle)
	for i := range s.spans {
		p := &s.spans[i]
		v.whole = v.whole && p.Setup == 0
		if shadow(p) {
			continue
		}
		if p.Served > 0 && want(p) {
			v.taken = append(v.taken, moment{at: p.Close, attempts: int64(p.Served)})
		}
		if p.Served > 0 && coarse {
			v.work.add(p)
		}
		if p.Refused > 0 && refusals {
			v.refused = append(v.refused, moment{at: p.Close, served: v.open.Maybe(p.Open-blur, p.Close+blur), attempts: int64(p.Refused)})
		}
	}
	v.work.sort()
	inOrder(v.taken)
	inOrder(v.refused)
	for i := range v.taken { // in order, which is quickest
		m := &v.taken[i]
		m.served, m.likely = max(v.open.Sure(m.at-blur), 1), v.open.Exact(m.at)
	}
}

// inOrder puts moments in order of time; those of one time stay as they were.
func inOrder(list []moment) {
	moves := 0
	for i := 1; i < len(list); i++ {
		m, j := list[i], i
		if m.at >= list[i-1].at { // as most are
			continue
		}
		for ; j > 0 && m.at < list[j-1].at; j-- {
			list[j] = list[j-1]
		}
		list[j] = m
		if moves += i - j; moves > farMoves*(i+farMoves) {
			slices.SortStableFunc(list, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
			return
		}
	}
}

// farMoves is how far moments move on average that are nearly in order.
const farMoves = 24

// stretch is what one piece of time says of the limit: it is low or more, and high or
// less where there were enough refusals. likely is low if the times were exact, most what
// was surely served at least now and then.
type stretch struct {
	taken, refused          int64
	low, high, likely, most int
	open                    bool // of too many refusals nobody knows at how many sessions
}

// capped says that there were enough refusals, and that they came while the receiver was
// serving sessions of ours, no fewer than it takes: the shape of a limit.
func (s *stretch) capped(fewest int64) bool { return s.refused >= fewest && s.high >= max(s.low, 1) }

// clean says that nothing was refused and enough taken.
func (s *stretch) clean(fewest int64) bool { return s.refused == 0 && s.taken >= fewest }

// stretches measures piece by piece, each of length microseconds or, where few were
// refused in it, as long as it takes until enough were.
func (v *served) stretches(length int64) (out []stretch) {
	past := v.past.stretches(v.th)
	fewest := v.th.Int(rules.CurveFewest)
	i, j := 0, 0 // begin of what is not measured yet
	a, b := 0, 0 // its end
	for a < len(v.taken) || b < len(v.refused) {
		next := int64(math.MaxInt64)
		if a < len(v.taken) {
			next = v.taken[a].at
		}
		if b < len(v.refused) {
			next = min(next, v.refused[b].at)
		}
		end := next - next%length + length
		for a < len(v.taken) && v.taken[a].at < end {
			a++
		}
		for b < len(v.refused) && v.refused[b].at < end {
			b++
		}
		if n := total(v.refused[j:b]); n > 0 && n < fewest {
			continue
		}
		for ; len(past) > 0 && past[0].from < end; past = past[1:] {
			out = append(out, past[0].stretch)
		}
		out = append(out, v.stretch(v.taken[i:a], v.refused[j:b]))
		i, j = a, b
	}
	for i := range past {
		out = append(out, past[i].stretch)
	}
	return out
}

func (v *served) stretch(taken, refused []moment) stretch {
	v.count(taken, refused)
	return v.counts.stretch(v.th)
}

// count counts deliveries and refusals by the sessions served.
func (v *served) count(taken, refused []moment) {
	c := &v.counts
	c.surely = levels(c.surely[:0], taken, surely)
	c.likely = levels(c.likely[:0], taken, func(m *moment) int { return m.likely })
	c.refused = levels(c.refused[:0], refused, surely)
	c.steady, c.open = v.work.steady(taken), 0
}

// onset is how many sessions were served, at least, when refusals began after a while
// without any; 0 where that was seen too rarely. A receiver that shuts its door after an
// excess refuses at fewer from then on.
func (v *served) onset() int {
	first := sumLevels(levels(nil, v.first(), surely), v.past.onsets())
	n := sumOf(first)
	switch {
	case n >= v.th.Int(rules.CurveFewest):
		return lowest(first, int64(v.th.Value(rules.CurveClean)*float64(n)))
	case v.shut && n >= v.th.Int(rules.LimitMoves):
		return len(first) - 1 // few, but no other refusal tells more
	}
	return 0
}

// first are the refusals after a while without any, one for each time.
func (v *served) first() (out []moment) {
	quiet := v.th.Micros(rules.Penalty)
	for i, m := range v.refused {
		if i == 0 || m.at-v.refused[i-1].at >= quiet {
			m.attempts = 1
			out = append(out, m)
		}
	}
	return out
}

// refusedAt counts refusals by the sessions that may have been served.
func (v *served) refusedAt() []int64 {
	return sumLevels(levels(nil, v.refused, surely), v.past.refusals())
}

func surely(m *moment) int { return m.served }

// unserved is the share of refusals at which no session can have been served.
func (v *served) unserved() float64 {
	at := v.refusedAt()
	if len(at) == 0 {
		return 0
	}
	return float64(at[0]) / float64(max(sumOf(at), 1))
}
