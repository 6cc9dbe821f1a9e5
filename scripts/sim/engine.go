package sim

import (
	"math/rand/v2"
	"time"
)

// engine is the clock: it runs events in order of time, those of one moment in
// order of their making. Time is counted from the beginning of the log, in whole
// microseconds.
type engine struct {
	now    time.Duration
	events []event // a heap
	made   uint64
	rng    *rand.Rand
}

type event struct {
	at   time.Duration
	made uint64
	do   func()
}

func (a *event) before(b *event) bool {
	return a.at < b.at || a.at == b.at && a.made < b.made
}

// after runs do when the time d has passed.
func (e *engine) after(d time.Duration, do func()) { e.at(e.now+d, do) }

// at runs do at a time; one that has passed means now.
func (e *engine) at(t time.Duration, do func()) {
	e.made++
	e.events = append(e.events, event{max(t, e.now).Truncate(time.Microsecond), e.made, do})
	h := e.events
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if !h[i].before(&h[up]) {
			break
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
}

// run runs events until the end of the log. What would come later is left undone.
func (e *engine) run(until time.Duration) {
	for len(e.events) > 0 && e.events[0].at < until {
		next := e.pop()
		e.now = next.at
		next.do()
	}
}

func (e *engine) pop() event {
	h := e.events
	top, last := h[0], len(h)-1
	h[0], h[last] = h[last], event{}
	h = h[:last]
	for i := 0; ; {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < last; c++ {
			if h[c].before(&h[least]) {
				least = c
			}
		}
		if least == i {
			break
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
	e.events = h
	return top
}

// between draws a duration, all from a to b being as likely.
func (e *engine) between(a, b time.Duration) time.Duration {
	return a + time.Duration(e.rng.Int64N(int64(b-a)+1)).Truncate(time.Microsecond)
}

// chance is true with probability p.
func (e *engine) chance(p float64) bool { return e.rng.Float64() < p }

// hex draws n hexadecimal digits in upper case.
func (e *engine) hex(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "0123456789ABCDEF"[e.rng.IntN(16)]
	}
	return string(b)
}
