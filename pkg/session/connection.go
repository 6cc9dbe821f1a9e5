package session

import (
	"cmp"
	"slices"
)

// Connection is the time one SMTP connection was open, as far as the log shows: from
// its first delivery to its last one, idle times between them included. Microseconds.
type Connection struct {
	// Open is when it began to come up, Ready when it was up, Close when its last
	// delivery ended. It stayed open for a while after that: to say QUIT, or in a cache.
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
	order, fresh := make([]int, 0, len(spans)), 0
	for i := range spans {
		if want(&spans[i]) {
			order = append(order, i)
			if spans[i].Use < 2 {
				fresh++
			}
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(spans[a].Open, spans[b].Open), cmp.Compare(spans[a].Close, spans[b].Close), cmp.Compare(spans[a].Use, spans[b].Use))
	})
	out := make([]Connection, 0, fresh)
	idles := waiting{}
	for _, i := range order {
		s := &spans[i]
		at := idles.forerunner(s, s.Open+blur, s.Open-idle-blur)
		if at < 0 {
			at = len(out)
			out = append(out, Connection{Open: s.Open, Ready: s.ready(), Close: s.Close})
		} else {
			c := &out[at]
			c.Close, c.Reused = max(c.Close, s.Close), true
		}
		idles.of(s.Use, s.Host).add(end{s.Close, at}, s.Open-idle-blur)
	}
	return out
}

// ready is when the connection was up.
func (s *Span) ready() int64 { return min(s.Open+int64(s.Setup)*1000, s.Close) }

// Open counts connections that are open at a time: surely so, and possibly so.
type Open struct {
	connections        []Connection
	blur, idle         int64
	sureFrom, sureTo   []int64
	maybeFrom, maybeTo []int64 // once they are asked for
}

// NewOpen counts connections with times that are wrong by up to blur. One may have
// stayed open for idle after its last delivery.
func NewOpen(connections []Connection, blur, idle int64) *Open {
	n := len(connections)
	o := &Open{connections: connections, blur: blur, idle: idle, sureFrom: make([]int64, 0, n), sureTo: make([]int64, 0, n)}
	for i := range connections {
		c := &connections[i]
		if from, to := c.Ready+blur, c.Close-blur; from <= to {
			o.sureFrom, o.sureTo = append(o.sureFrom, from), append(o.sureTo, to)
		}
	}
	slices.Sort(o.sureFrom)
	slices.Sort(o.sureTo)
	return o
}

// maybe prepares what Maybe needs.
func (o *Open) maybe() {
	n := len(o.connections)
	o.maybeFrom, o.maybeTo = make([]int64, 0, n), make([]int64, 0, n)
	for i := range o.connections {
		c := &o.connections[i]
		o.maybeFrom, o.maybeTo = append(o.maybeFrom, c.Open-o.blur), append(o.maybeTo, c.Close+o.blur+o.idle)
	}
	slices.Sort(o.maybeFrom)
	slices.Sort(o.maybeTo)
}

// Sure is how many were surely open at a time.
func (o *Open) Sure(t int64) int { return upTo(o.sureFrom, t) - upTo(o.sureTo, t-1) }

// Maybe is how many may have been open at some moment of a stretch, at most.
func (o *Open) Maybe(from, to int64) int {
	if len(o.maybeFrom) < len(o.connections) {
		o.maybe()
	}
	return upTo(o.maybeFrom, to) - upTo(o.maybeTo, from-1)
}

// upTo is how many of sorted times are not after t.
func upTo(times []int64, t int64) int {
	n, _ := slices.BinarySearch(times, t+1)
	return n
}
