package group

import (
	"cmp"
	"maps"
	"slices"
	"unsafe"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// DetailBytes is how much detail a run keeps if nobody says otherwise.
const DetailBytes = 8 << 20

// Detail bounds what the accumulators of one run know moment by moment: spans, buckets
// of time and arrivals. While all of it fits, nothing is lost. Beyond, whole retry
// windows are summed up, first those in which nothing was refused that severity counts,
// oldest first, and last those with refusals: what comes of them are sums, and the rest
// goes on being exact. Accumulators are fed in log order, so that the same log is
// always summed up the same way.
//
//	refused:     -----------xx------
//	summed up:   1 2 3 4 5 9 AB 8 6 7     in this order: clean, beside refusals, refused
type Detail struct {
	// Folded are the attempts that are known by sums only.
	Folded int64

	most, used int
	th         rules.Thresholds
	accs       []*Acc // in the order in which they were made
}

// NewDetail returns a bound of so many bytes. The thresholds are those that the
// accumulators will be frozen with.
func NewDetail(bytes int64, th rules.Thresholds) *Detail { return &Detail{most: int(bytes), th: th} }

// NewAcc returns an empty accumulator that shares the bound.
func (d *Detail) NewAcc() *Acc {
	a := &Acc{detail: d}
	d.accs = append(d.accs, a)
	return a
}

// Bytes of one detail of each kind.
const (
	bucketBytes  = int(unsafe.Sizeof(timed{}))
	spanBytes    = int(unsafe.Sizeof(session.Span{}))
	arrivalBytes = 8
)

// grow counts detail that was added by an observation. Only then detail is summed up:
// spans come several at a time, in any order.
func (a *Acc) grow(bytes int) {
	d := a.detail
	if d == nil {
		return
	}
	if d.used += bytes; d.used > d.most {
		d.fold()
	}
}

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

// fold sums up detail until three quarters of what is allowed is left: rarely, and much
// at once.
func (d *Detail) fold() {
	bytes := map[rank]int{}
	for _, a := range d.accs {
		a.weigh(bytes, d.th.Micros(rules.Window))
	}
	excess := d.used - d.most/4*3
	var upTo rank
	for _, upTo = range slices.SortedFunc(maps.Keys(bytes), compareRanks) {
		if excess -= bytes[upTo]; excess <= 0 {
			break
		}
	}
	d.used, d.Folded = 0, 0
	for _, a := range d.accs {
		a.fold(upTo, d.th)
		d.used += a.bytes()
		d.Folded += a.past.attempts()
	}
	d.round()
}

// bytes is how much detail there is.
func (a *Acc) bytes() int {
	n := len(a.Buckets.list)*bucketBytes + len(a.Arrivals)*arrivalBytes
	for _, spans := range a.Spans {
		for i := range spans {
			if !shadow(&spans[i]) {
				n += spanBytes
			}
		}
	}
	return n
}

// ranks tells retry windows apart by the refusals in them.
type ranks struct {
	length   int64
	troubled []int64 // windows with refusals, in order
	// window is the last one that was asked for.
	window int64
	class  uint8
}

func (a *Acc) ranks(length int64) ranks {
	r := ranks{length: length, window: -1}
	for _, b := range a.Buckets.all() {
		w := int64(b.K) * bucketLength / length
		if n := len(r.troubled); b.Trouble > 0 && (n == 0 || r.troubled[n-1] != w) {
			r.troubled = append(r.troubled, w)
		}
	}
	return r
}

// of is the rank of the detail of a time.
func (r *ranks) of(t int64) rank {
	if w := t / r.length; w != r.window {
		r.window, r.class = w, clean
		i, _ := slices.BinarySearch(r.troubled, w-1)
		for ; i < len(r.troubled) && r.troubled[i] <= w+1; i++ {
			r.class = max(r.class, beside)
			if r.troubled[i] == w {
				r.class = refused
			}
		}
	}
	return rank{r.class, t / bucketLength}
}

// ofBucket is the rank of the bucket of a time.
func (r *ranks) ofBucket(t int64) rank {
	k := r.of(t)
	if k.class == refused {
		k.class = series
	}
	return k
}

// weigh adds up the detail of each rank.
func (a *Acc) weigh(bytes map[rank]int, length int64) {
	r := a.ranks(length)
	var last rank
	n := 0 // of it
	add := func(k rank, size int) {
		if k != last && n > 0 {
			bytes[last] += n
			n = 0
		}
		last, n = k, n+size
	}
	for i := range a.Buckets.list {
		add(r.ofBucket(int64(a.Buckets.list[i].K)*bucketLength), bucketBytes)
	}
	for _, t := range a.Arrivals {
		add(r.of(t), arrivalBytes)
	}
	for _, spans := range a.Spans {
		for i := range spans {
			if !shadow(&spans[i]) {
				add(r.of(spans[i].Close), spanBytes)
			}
		}
	}
	if n > 0 {
		bytes[last] += n
	}
}

// fold sums up the detail up to a rank.
func (a *Acc) fold(upTo rank, th rules.Thresholds) {
	length := th.Micros(rules.Window)
	r := a.ranks(length)
	gone := func(t int64) bool { return compareRanks(r.of(t), upTo) <= 0 }
	near := func(t int64) bool { return gone(t) || gone(t-length) || gone(t+length) }
	a.foldArrivals(gone, th)
	a.foldBuckets(func(t int64) bool { return compareRanks(r.ofBucket(t), upTo) <= 0 }, th)
	a.foldSpans(gone, near, th)
}
