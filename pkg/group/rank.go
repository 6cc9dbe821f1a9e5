package group

import (
	"cmp"
	"math"
	"slices"
)

// rank says how soon the detail of a time is summed up.
type rank struct {
	class uint8
	at    int64 // in buckets
}

// Classes of retry windows.
const (
	clean   = iota // nothing refused
	beside         // nothing, but in the one before or after
	refused        // spans and arrivals of one with refusals
	series         // its buckets: there are few, and they show how things went on
)

func compareRanks(a, b rank) int {
	return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.at, b.at))
}

// ranks tells retry windows apart by the refusals in them.
type ranks struct {
	length   int64
	troubled []int64 // windows with refusals, in order
	// first and last are the buckets between which there is detail.
	first, last int64
	// from and to are the begin and the end of the window that was asked for last.
	from, to int64
	class    uint8
}

func (a *Acc) ranks(length int64) ranks {
	r := ranks{length: length, first: math.MaxInt64, last: math.MinInt64}
	list := a.Buckets.tidied()
	for i := range list {
		w := int64(list[i].K) * bucketLength / length
		if n := len(r.troubled); a.Buckets.trouble(&list[i]) > 0 && (n == 0 || r.troubled[n-1] != w) {
			r.troubled = append(r.troubled, w)
		}
	}
	if from, to, ok := a.times(); ok {
		r.first, r.last = from/bucketLength, to/bucketLength
	}
	return r
}

// times are the first and the last one of detail.
func (a *Acc) times() (from, to int64, ok bool) {
	from, to = math.MaxInt64, math.MinInt64
	if all := a.Buckets.tidied(); len(all) > 0 {
		from, to = int64(all[0].K)*bucketLength, int64(all[len(all)-1].K)*bucketLength
	}
	for _, t := range a.Arrivals {
		from, to = min(from, t), max(to, t)
	}
	for _, h := range a.Spans {
		for i := range h.List {
			if s := &h.List[i]; !shadow(s) {
				from, to = min(from, s.Close), max(to, s.Close)
			}
		}
	}
	return from, to, from <= to
}

// of is the rank of the detail of a time.
func (r *ranks) of(t int64) rank {
	if t < r.from || t >= r.to {
		w := t / r.length
		r.from, r.to, r.class = w*r.length, (w+1)*r.length, r.window(w)
	}
	return rank{r.class, t / bucketLength}
}

// window is the class of a window.
func (r *ranks) window(w int64) (class uint8) {
	i, _ := slices.BinarySearch(r.troubled, w-1)
	for ; i < len(r.troubled) && r.troubled[i] <= w+1; i++ {
		class = max(class, beside)
		if r.troubled[i] == w {
			class = refused
		}
	}
	return class
}

// ofBucket is the rank of the bucket of a time.
func (r *ranks) ofBucket(t int64) rank {
	k := r.of(t)
	if k.class == refused {
		k.class = series
	}
	return k
}
