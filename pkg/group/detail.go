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
	before     []func(now int64)
	folding    *folding
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

// Before has something called each time before detail is summed up, with the time until
// which the log was read: it hands out spans that were held back.
func (d *Detail) Before(f func(now int64)) { d.before = append(d.before, f) }

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
		for _, f := range d.before {
			f(a.Last)
		}
		for _, one := range d.accs {
			one.Settle()
		}
		d.fold(a.Last)
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
// at once. now is until when the log was read.
func (d *Detail) fold(now int64) {
	length := d.th.Micros(rules.Window)
	of := make([]ranks, len(d.accs))
	for i, a := range d.accs {
		of[i] = a.ranks(length)
	}
	f := d.folding
	if f == nil {
		f = &folding{th: d.th, length: length}
	}
	upTo := d.upTo(of, d.used-d.most/4*3)
	d.used, d.Folded = 0, 0
	for i, a := range d.accs {
		f.line, f.fresh = line{ranks: of[i], upTo: upTo}, a.freshFor(now)
		f.fold(a)
		d.used += a.bytes()
		d.Folded += a.past.attempts()
	}
	if d.folding = f; cap(f.hosts.list)*spanBytes > d.most/16 {
		d.folding = nil // its memory is some ten times as much
	}
	d.round()
}

// pageOf are so many buckets whose detail is weighed together at first.
const pageOf = 64

// upTo is the rank up to which detail takes so many bytes. It is found in two steps, so
// that few ranks have to be told apart.
func (d *Detail) upTo(of []ranks, bytes int) (k rank) {
	pages := map[rank]int{}
	for i, a := range d.accs {
		a.weigh(&of[i], pageOf, func(k rank, n int) { pages[k] += n })
	}
	order := slices.SortedFunc(maps.Keys(pages), compareRanks)
	for i := range order {
		if k = order[i]; bytes <= pages[k] || i == len(order)-1 {
			break
		}
		bytes -= pages[k]
	}
	var one [2*pageOf - 1]int // about zero a page has twice as many
	page := k
	for i, a := range d.accs {
		a.weigh(&of[i], 1, func(k rank, n int) {
			if k.class == page.class && k.at/pageOf == page.at {
				one[k.at%pageOf+pageOf-1] += n
			}
		})
	}
	for i, n := range one {
		if n == 0 {
			continue
		}
		k.at = page.at*pageOf + int64(i-pageOf+1)
		if bytes -= n; bytes <= 0 {
			break
		}
	}
	return k
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
	// from and to are the begin and the end of the window that was asked for last.
	from, to int64
	class    uint8
}

func (a *Acc) ranks(length int64) ranks {
	r := ranks{length: length}
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

// weigh tells the bytes of detail of each rank, with times that are told apart by so many
// buckets only. It may tell of one rank several times.
func (a *Acc) weigh(r *ranks, buckets int64, add func(k rank, bytes int)) {
	for i := range a.Buckets.list {
		k := r.ofBucket(int64(a.Buckets.list[i].K) * bucketLength)
		add(rank{k.class, k.at / buckets}, bucketBytes)
	}
	w := weighing{ranks: r, buckets: buckets, add: add}
	for _, t := range a.Arrivals {
		w.take(t, arrivalBytes)
	}
	for _, spans := range a.Spans {
		for i := range spans {
			if !shadow(&spans[i]) {
				w.take(spans[i].Close, spanBytes)
			}
		}
	}
	w.tell()
}

// weighing adds up detail as long as its rank is the same.
type weighing struct {
	*ranks
	buckets  int64
	add      func(k rank, bytes int)
	k        rank
	from, to int64 // times of that rank
	bytes    int
}

func (w *weighing) take(t int64, bytes int) {
	if t < w.from || t >= w.to {
		w.tell()
		k, length := w.of(t), w.buckets*bucketLength
		w.k = rank{k.class, k.at / w.buckets}
		w.from, w.to = max(w.ranks.from, w.k.at*length), min(w.ranks.to, (w.k.at+1)*length)
	}
	w.bytes += bytes
}

// tell tells what was added up.
func (w *weighing) tell() {
	if w.bytes > 0 {
		w.add(w.k, w.bytes)
		w.bytes = 0
	}
}

// line divides the detail that is summed up from that which stays.
type line struct {
	ranks
	upTo rank
	// begin and end are those of the window that was asked for last, until where its
	// detail is gone, and near until where detail of it is near to what is gone.
	begin, end  int64
	until, near int64
}

// gone says that the detail of a time is summed up.
func (l *line) gone(t int64) bool {
	if t < l.begin || t >= l.end {
		l.look(t / l.length)
	}
	return t < l.until
}

// close says that the detail of a time, or that of a window before or after it, is gone.
func (l *line) close(t int64) bool {
	if t < l.begin || t >= l.end {
		l.look(t / l.length)
	}
	return t < l.near
}

// look looks at a window and its neighbours.
func (l *line) look(w int64) {
	l.begin, l.end = w*l.length, (w+1)*l.length
	l.until = l.goneUntil(w)
	l.near = max(l.until, l.goneUntil(w-1)+l.length, l.goneUntil(w+1)-l.length)
}

// goneUntil is when the detail of a window that stays begins.
func (l *line) goneUntil(w int64) int64 {
	from, to := w*l.length, (w+1)*l.length
	switch class := l.window(w); {
	case class < l.upTo.class:
		return to
	case class > l.upTo.class:
		return from
	}
	return min(max((l.upTo.at+1)*bucketLength, from), to)
}

func (l *line) bucketGone(t int64) bool { return compareRanks(l.ofBucket(t), l.upTo) <= 0 }
