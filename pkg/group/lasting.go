package group

import (
	"cmp"
	"slices"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// stay is a stretch of refusals that severity counts without a long pause: the buckets of
// the first and of the last one.
type stay struct{ from, to int32 }

func (s stay) seconds() int64 { return (int64(s.to) - int64(s.from)) * BucketSeconds }

// stays are in order of time, with a long pause between any two.
type stays []stay

// mostStays is how many are told apart. The longest of all and the last one are always
// among them.
const mostStays = 64

// add adds one, and joins it with those that no pause of more than quiet seconds parts it
// from.
func (l *stays) add(s stay, quiet int64) {
	list := *l
	apart := func(a, b int32) bool { return (int64(b)-int64(a))*BucketSeconds > quiet }
	i, _ := slices.BinarySearchFunc(list, s, func(one, s stay) int {
		if apart(one.to, s.from) {
			return -1
		}
		return 1
	})
	j := i
	for ; j < len(list) && !apart(s.to, list[j].from); j++ {
		s.from, s.to = min(s.from, list[j].from), max(s.to, list[j].to)
	}
	list = slices.Replace(list, i, j, s)
	if len(list) > mostStays {
		old := list[:len(list)-1]
		shortest := slices.MinFunc(old, func(a, b stay) int { return cmp.Compare(a.seconds(), b.seconds()) })
		at := slices.Index(old, shortest)
		list = slices.Delete(list, at, at+1)
	}
	*l = list
}

// join adds those of another list.
func (l *stays) join(o stays, quiet int64) {
	for _, s := range o {
		l.add(s, quiet)
	}
}

// take adds what buckets show.
func (l *stays) take(buckets []timed, quiet int64) {
	for i := range buckets {
		b := &buckets[i]
		if b.Trouble > 0 {
			l.add(stay{b.K, b.K}, quiet)
		}
	}
}

// longest is how many seconds the longest one takes.
func (l stays) longest() (seconds int64) {
	for _, s := range l {
		seconds = max(seconds, s.seconds())
	}
	return seconds
}

// lasting measures the longest stretch of refusals without a long pause (H83).
func (c *Cell) lasting() {
	quiet := c.th.Int(rules.AlertQuiet)
	var all stays
	if p := c.Acc.past; p != nil {
		all.join(p.stays, quiet)
	}
	all.take(c.buckets(), quiet)
	c.Facts["trouble_lasting"] = rules.Measure{Value: float64(all.longest()) / 60, Basis: rules.Measured}
}
