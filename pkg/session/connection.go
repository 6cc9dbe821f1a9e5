package session

import (
	"cmp"
	"slices"
)

// Connection is the time one SMTP connection was open, as far as the log shows: from
// its first delivery to its last one, idle times between them included. Microseconds.
type Connection struct {
	// Open is when it began to come up, Ready when it was up, Close when its last
	// delivery ended, none of them before the one named before it. It stayed open for a
	// while after that: to say QUIT, or in a cache.
	Open, Ready, Close int64
	// Reused says that it had more than one delivery.
	Reused bool
}

// Connections joins the deliveries of each connection to one receiving host by their
// number on it (conn_use=): the n-th is followed by the next one with n+1 that begins
// within idle after it; blur is the error of times. Which of several it follows may be wrong, how many connections
// are open is not. Only deliveries that want returns true for are looked at; one whose
// forerunner is not among them begins a connection. Formats that know a reused
// connection but not how often have 2 for each further delivery.
func Connections(spans []Span, idle, blur int64, want func(*Span) bool) []Connection {
	return new(Sweep).AppendConnections(nil, spans, idle, blur, want)
}

// AppendConnections appends the connections to a list. Those of sorted spans are in order
// of their opening.
func (w *Sweep) AppendConnections(list []Connection, spans []Span, idle, blur int64, want func(*Span) bool) []Connection {
	order, reused := slices.Grow(w.order[:0], len(spans)), false
	for i := range spans {
		if s := &spans[i]; want(s) {
			order = append(order, s)
			reused = reused || s.Use > 1
		}
	}
	list = slices.Grow(list, len(order))
	if reused {
		list = w.reuse(list, order, idle, blur)
	} else {
		for _, s := range order {
			list = append(list, Connection{Open: s.Open, Ready: s.ready(), Close: s.Close})
		}
	}
	clear(order)
	w.order = order
	return list
}

// reuse is AppendConnections for deliveries of which some were not the first ones.
func (w *Sweep) reuse(list []Connection, order []*Span, idle, blur int64) []Connection {
	byTime := func(a, b *Span) int {
		return cmp.Or(cmp.Compare(a.Open, b.Open), cmp.Compare(a.Close, b.Close), cmp.Compare(a.Use, b.Use))
	}
	if !Nearly(order, func(a, b **Span) bool { return (*a).Open < (*b).Open || (*a).Open == (*b).Open && byTime(*a, *b) < 0 }) {
		slices.SortFunc(order, byTime)
	}
	idles, uses := w.idles.clear(), usesOf(order)
	for _, s := range order {
		at := idles.forerunner(s, s.Open+blur, s.Open-idle-blur)
		if at < 0 {
			at = len(list)
			list = append(list, Connection{Open: s.Open, Ready: s.ready(), Close: s.Close})
		} else {
			c := &list[at]
			c.Close, c.Reused = max(c.Close, s.Close), true
		}
		if uses.follow(s.Use) {
			idles.of(s.Use, s.Host).add(end{s.Close, at}, s.Open-idle-blur)
		}
	}
	w.idles = idles
	return list
}

// uses are the numbers that deliveries have on their connections, a bit for each; the
// last stands for all above it, too.
type uses uint64

func usesOf(deliveries []*Span) (u uses) {
	for _, s := range deliveries {
		u |= 1 << min(s.Use, 63)
	}
	return u
}

// follow says that a delivery may follow one with a number.
func (u uses) follow(use uint16) bool {
	next := u >> min(use+1, 63)
	if use == 2 {
		next |= u >> 2
	}
	return next&1 > 0
}

// ready is when the connection was up.
func (s *Span) ready() int64 { return min(s.Open+int64(s.Setup)*1000, s.Close) }

// Open counts connections that are open at a time: surely so, as if times were exact, and
// possibly so. It is quickest where the times it is asked for are nearly in order.
type Open struct {
	connections []Connection
	blur, idle  int64
	exact, sure between
	opened      times // when connections opened; only known once asked for
	closed      times // when they closed, for maybe
}

// between are times at which something began, and at which it ended.
type between struct{ from, to times }

// NewOpen counts connections with times that are wrong by up to blur. One may have
// stayed open for idle after its last delivery.
func NewOpen(connections []Connection, blur, idle int64) *Open {
	o := &Open{}
	o.Count(connections, blur, idle)
	return o
}

// Count begins anew with other connections.
func (o *Open) Count(connections []Connection, blur, idle int64) {
	o.connections, o.blur, o.idle = connections, blur, idle
	o.opened = times{list: o.opened.list[:0]}
	o.exact.reset(len(connections))
	o.sure.reset(len(connections))
	// The lowest bit of a time says that its connection was not surely open at any, so
	// that one order does for both.
	for i := range connections {
		c := &connections[i]
		never := int64(0)
		if c.Close-c.Ready < 2*blur {
			never = 1
		}
		o.exact.add(c.Ready<<1|never, c.Close<<1|never)
	}
	SortTimes(o.exact.from.list)
	SortTimes(o.exact.to.list)
	o.sure.from.list = surely(o.sure.from.list, o.exact.from.list, blur)
	o.sure.to.list = surely(o.sure.to.list, o.exact.to.list, -blur)
	o.closed = times{list: o.exact.to.list}
}

// surely appends those of times that are not marked, later by blur, and takes the marks away.
func surely(list, marked []int64, blur int64) []int64 {
	for i, t := range marked {
		if t&1 == 0 {
			list = append(list, t>>1+blur)
		}
		marked[i] = t >> 1
	}
	return list
}

// Sure is how many were surely open at a time.
func (o *Open) Sure(t int64) int { return o.sure.at(t) }

// Exact is how many were open at a time if times are exact.
func (o *Open) Exact(t int64) int { return o.exact.at(t) }

// Maybe is how many may have been open at some moment of a stretch, at most.
func (o *Open) Maybe(from, to int64) int {
	if len(o.opened.list) < len(o.connections) {
		for i := range o.connections {
			o.opened.list = append(o.opened.list, o.connections[i].Open)
		}
		SortTimes(o.opened.list)
	}
	return o.opened.upTo(to+o.blur) - o.closed.upTo(from-1-o.blur-o.idle)
}

func (b *between) reset(n int) {
	b.from = times{list: slices.Grow(b.from.list[:0], n)}
	b.to = times{list: slices.Grow(b.to.list[:0], n)}
}

func (b *between) add(from, to int64) {
	b.from.list, b.to.list = append(b.from.list, from), append(b.to.list, to)
}

// at is how many have begun by a time and not ended before it.
func (b *between) at(t int64) int { return b.from.upTo(t) - b.to.upTo(t-1) }

// times are in order. Looking for one begins where the last one was found.
type times struct {
	list []int64
	at   int
}

// near is how far is looked step by step.
const near = 32

// upTo is how many are not after t.
func (s *times) upTo(t int64) int {
	for range near {
		switch {
		case s.at < len(s.list) && s.list[s.at] <= t:
			s.at++
		case s.at > 0 && s.list[s.at-1] > t:
			s.at--
		default:
			return s.at
		}
	}
	s.at, _ = slices.BinarySearch(s.list, t+1)
	return s.at
}
