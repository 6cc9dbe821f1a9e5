package session

import "slices"

// end is when the last delivery so far of a connection ended.
type end struct {
	close int64
	at    int // index of the connection
}

// waiting are the connections that may have a further delivery, by their number of
// deliveries and their address.
type waiting map[uint32]*ends

// ends are connections with one number of deliveries to one address. Those that ended by
// the time at hand, which never goes back, are in a heap with the latest on top; those
// that end later in one with the next on top.
type ends struct {
	over, later []end
	prune       int // look for those that are too old at so many
}

// fewEnds are kept without looking whether they are too old.
const fewEnds = 64

// latest is the order of those that are over. Of two the connection that came first is
// taken first.
func latest(a, b end) bool { return a.close > b.close || a.close == b.close && a.at < b.at }

// next is the order of those that end later.
func next(a, b end) bool { return a.close < b.close }

// fewKinds are kept for the next connections.
const fewKinds = 256

// clear returns one with no connections.
func (w waiting) clear() waiting {
	if w == nil || len(w) > fewKinds {
		return waiting{}
	}
	for _, e := range w {
		e.over, e.later, e.prune = e.over[:0], e.later[:0], fewEnds
	}
	return w
}

func (w waiting) of(use uint16, host uint8) *ends {
	e := w.known(use, host)
	if e == nil {
		e = &ends{prune: fewEnds}
		w[uint32(use)<<8|uint32(host)] = e
	}
	return e
}

// known is of for those that are there; nil is none.
func (w waiting) known(use uint16, host uint8) *ends { return w[uint32(use)<<8|uint32(host)] }

// forerunner takes out the connection that a delivery most likely is on, and returns its
// index: the one whose last delivery has the number before and ended last, by now and not
// before oldest. It returns -1 if there is none.
func (w waiting) forerunner(s *Span, now, oldest int64) int {
	if s.Use < 2 {
		return -1
	}
	best := w.known(s.Use-1, s.Host)
	found := best.reach(now, oldest)
	if s.Use == 2 {
		if again := w.known(2, s.Host); again.reach(now, oldest) && (!found || latest(again.over[0], best.over[0])) {
			best, found = again, true
		}
	}
	if !found {
		return -1
	}
	return pop(&best.over, latest).at
}

// reach brings the heaps to the time at hand and says whether there is one that is over.
func (e *ends) reach(now, oldest int64) bool {
	if e == nil {
		return false
	}
	for len(e.later) > 0 && e.later[0].close <= now {
		push(&e.over, pop(&e.later, next), latest)
	}
	if len(e.over) > 0 && e.over[0].close < oldest {
		e.over = e.over[:0] // the others ended before it
	}
	return len(e.over) > 0
}

// add takes a connection. Those that ended before oldest are let go of now and then.
func (e *ends) add(one end, oldest int64) {
	push(&e.later, one, next)
	if len(e.over)+len(e.later) < e.prune {
		return
	}
	e.over = slices.DeleteFunc(append(e.over, e.later...), func(one end) bool { return one.close < oldest })
	e.later = e.later[:0]
	for _, one := range e.over {
		push(&e.later, one, next)
	}
	e.over = e.over[:0]
	e.prune = max(2*len(e.later), fewEnds)
}

// push adds to a heap.
func push(heap *[]end, one end, before func(a, b end) bool) {
	h := append(*heap, one)
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if !before(h[i], h[up]) {
			break
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
	*heap = h
}

// pop takes the first one out of a heap.
func pop(heap *[]end, before func(a, b end) bool) end {
	h := *heap
	first, last := h[0], len(h)-1
	h[0] = h[last]
	h = h[:last]
	for i := 0; ; {
		down := 2*i + 1
		if down >= len(h) {
			break
		}
		if down+1 < len(h) && before(h[down+1], h[down]) {
			down++
		}
		if !before(h[down], h[i]) {
			break
		}
		h[i], h[down] = h[down], h[i]
		i = down
	}
	*heap = h
	return first
}
