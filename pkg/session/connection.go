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

// end is the last delivery so far of a connection.
type end struct {
	close int64
	use   uint16
	host  uint8
	at    int // index of the connection
}

// Connections joins the deliveries of each connection to one receiving host by their
// number on it (conn_use=): the n-th is followed by the next one with n+1 that begins
// within idle after it; blur is the error of times. Which of several it follows may be wrong, how many connections
// are open is not. Only deliveries that want returns true for are looked at; one whose
// forerunner is not among them begins a connection. Formats that know a reused
// connection but not how often have 2 for each further delivery.
func Connections(spans []Span, idle, blur int64, want func(*Span) bool) []Connection {
	order := make([]int, 0, len(spans))
	for i := range spans {
		if want(&spans[i]) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(spans[a].Open, spans[b].Open), cmp.Compare(spans[a].Close, spans[b].Close), cmp.Compare(spans[a].Use, spans[b].Use))
	})
	var out []Connection
	var ends []end // not followed yet, by the time of their close
	for _, i := range order {
		s := &spans[i]
		ends = slices.DeleteFunc(ends, func(e end) bool { return e.close < s.Open-idle-blur })
		at := -1
		if s.Use > 1 {
			at = forerunner(ends, s, blur)
		}
		if at < 0 {
			out = append(out, Connection{Open: s.Open, Ready: s.ready(), Close: s.Close})
			ends = append(ends, end{s.Close, s.Use, s.Host, len(out) - 1})
			continue
		}
		c := &out[ends[at].at]
		c.Close, c.Reused = max(c.Close, s.Close), true
		ends[at] = end{s.Close, s.Use, s.Host, ends[at].at}
	}
	return out
}

// forerunner returns the delivery that s most likely follows: the latest with the
// number before its own.
func forerunner(ends []end, s *Span, blur int64) int {
	best := -1
	for i, e := range ends {
		fits := e.use == s.Use-1 || e.use == 2 && s.Use == 2
		if fits && e.host == s.Host && e.close <= s.Open+blur && (best < 0 || e.close > ends[best].close) {
			best = i
		}
	}
	return best
}

// ready is when the connection was up.
func (s *Span) ready() int64 { return min(s.Open+int64(s.Setup)*1000, s.Close) }

// Open counts connections that are open at a time: surely so, and possibly so.
type Open struct {
	sureFrom, sureTo, maybeFrom, maybeTo []int64
}

// NewOpen counts connections with times that are wrong by up to blur. One may have
// stayed open for idle after its last delivery.
func NewOpen(connections []Connection, blur, idle int64) *Open {
	o := &Open{}
	for _, c := range connections {
		if from, to := c.Ready+blur, c.Close-blur; from <= to {
			o.sureFrom, o.sureTo = append(o.sureFrom, from), append(o.sureTo, to)
		}
		o.maybeFrom, o.maybeTo = append(o.maybeFrom, c.Open-blur), append(o.maybeTo, c.Close+blur+idle)
	}
	for _, times := range [][]int64{o.sureFrom, o.sureTo, o.maybeFrom, o.maybeTo} {
		slices.Sort(times)
	}
	return o
}

// Sure is how many were surely open at a time.
func (o *Open) Sure(t int64) int { return upTo(o.sureFrom, t) - upTo(o.sureTo, t-1) }

// Maybe is how many may have been open at some moment of a stretch, at most.
func (o *Open) Maybe(from, to int64) int { return upTo(o.maybeFrom, to) - upTo(o.maybeTo, from-1) }

// upTo is how many of sorted times are not after t.
func upTo(times []int64, t int64) int {
	n, _ := slices.BinarySearch(times, t+1)
	return n
}
