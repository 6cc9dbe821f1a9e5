package group

import (
	"math"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
)

// work is when deliveries began and ended: how much session time they took until when.
type work struct{ begun, ended clocks }

// clocks are the times at which something began; asked for nearly in order, they say how
// long all of it took until a time.
type clocks struct {
	times []int64
	n     int   // those up to the time that was asked for last
	sum   int64 // of them
}

// longest is the most of one delivery that is looked at.
const longest = 900 * second

// clear begins anew, with place for n deliveries.
func (w *work) clear(n int) {
	w.begun = clocks{times: slices.Grow(w.begun.times[:0], n)}
	w.ended = clocks{times: slices.Grow(w.ended.times[:0], n)}
}

// add takes one delivery.
func (w *work) add(p *session.Span) {
	from := min(p.Open+int64(p.Setup)*1000, p.Close)
	w.begun.times = append(w.begun.times, max(from, (p.Close-longest)/second*second))
	w.ended.times = append(w.ended.times, p.Close)
}

func (w *work) sort() {
	session.SortTimes(w.begun.times)
	session.SortTimes(w.ended.times)
}

// upTo is the time that all of them took until t.
func (c *clocks) upTo(t int64) int64 {
	for ; c.n < len(c.times) && c.times[c.n] <= t; c.n++ {
		c.sum += c.times[c.n]
	}
	for ; c.n > 0 && c.times[c.n-1] > t; c.n-- {
		c.sum -= c.times[c.n-1]
	}
	return int64(c.n)*t - c.sum
}

// done is the work that was done until a second, and whether all of it that began was.
func (w *work) done(sec int64) (done int64, idle bool) {
	done = w.begun.upTo(sec*second) - w.ended.upTo(sec*second)
	return done, w.begun.n == w.ended.n
}

// steadyFor are the lengths of time in seconds over which whole-second stamps are
// averaged.
var steadyFor = [...]int64{1, 2, 3, 5, 10, 20}

// recent is a power of two above all of them.
const recent = 32

// steady is the least number of sessions that can have done the work of a stretch
// (Little's law). Only whole-second stamps need it: work that the stamps put into k
// seconds was done in k+2.
func (w *work) steady(taken []moment) int {
	if len(w.ended.times) == 0 || len(taken) == 0 {
		return 0
	}
	from, to := taken[0].at/second, taken[len(taken)-1].at/second+1
	var most [len(steadyFor)]int64
	var before [recent]int64 // what was done until the seconds before
	done, idle := w.done(from)
	before[uint64(from)%recent] = done
	for q := from + 1; q <= to; q++ {
		if n := w.begun.n; idle && n == len(w.begun.times) {
			break
		} else if idle { // nothing is done until the next delivery begins
			next := w.begun.times[n] / second
			for q = max(q, min(next, to)-recent); q <= min(next, to); q++ {
				before[uint64(q)%recent] = done
			}
			if q > to {
				break
			}
		}
		done, idle = w.done(q)
		before[uint64(q)%recent] = done
		for i, length := range steadyFor {
			most[i] = max(most[i], done-before[uint64(max(q-length, from))%recent])
		}
	}
	best := 0.0
	for i, length := range steadyFor {
		best = max(best, float64(most[i])/float64((length+2)*second))
	}
	return int(math.Ceil(best*(1-rounding) - 1e-9))
}

// rounding is the error of delays=, which has two digits (log_adhoc.c).
const rounding = 0.05
