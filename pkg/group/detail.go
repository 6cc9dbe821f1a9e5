package group

import (
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
	// Workers is how many goroutines sum up at once; less than 2 means that of the caller.
	// What comes of it does not depend on it.
	Workers int
	// Names is how many shares of MX hosts, domains and addresses all accumulators may have
	// together, 0 if there is no bound; Nameless says that there were more. Those have no
	// name, as those beyond the bound of one accumulator.
	Names    int
	Nameless bool

	most, used int
	named      int // shares so far
	th         rules.Thresholds
	accs       []*Acc // in the order in which they were made
	files      *files
	before     []func(now int64)
	foldings   []*folding // of each worker
}

// NewDetail returns a bound of so many bytes. The thresholds are those that the
// accumulators will be frozen with.
func NewDetail(bytes int64, th rules.Thresholds) *Detail {
	return &Detail{most: int(bytes), th: th, files: &files{}}
}

// NewAcc returns an empty accumulator that shares the bound.
func (d *Detail) NewAcc() *Acc {
	a := &Acc{detail: d, Buckets: Buckets{files: d.files}}
	d.accs = append(d.accs, a)
	return a
}

// Before has something called each time before detail is summed up, with the time until
// which the log was read: it hands out spans that were held back.
func (d *Detail) Before(f func(now int64)) { d.before = append(d.before, f) }

// names takes the place of one more share with a name, if there is one.
func (d *Detail) names() bool {
	if d == nil || d.Names == 0 {
		return true
	}
	if d.named >= d.Names {
		d.Nameless = true
		return false
	}
	d.named++
	return true
}

// Folded are the attempts that are known by sums only.
func (d *Detail) Folded() (n int64) {
	for _, a := range d.accs {
		n += a.past.attempts()
	}
	return n
}

// Bytes of one detail of each kind.
const (
	bucketBytes  = int(unsafe.Sizeof(packed{}))
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
		d.fold(a.Last)
	}
}

// fold sums up detail until half of what is allowed is left: rarely, and much at once. now
// is until when the log was read. What comes of one accumulator does not depend on another
// one, so that workers share them.
func (d *Detail) fold(now int64) {
	of, length := make([]ranks, len(d.accs)), d.th.Micros(rules.Window)
	Each(d.Workers, len(d.accs), func(_, i int) {
		of[i] = d.accs[i].ranks(length)
	})
	gone := d.upTo(of, (now/length-1)*length)
	for len(d.foldings) < max(d.Workers, 1) {
		d.foldings = append(d.foldings, &folding{th: d.th, length: length})
	}
	Each(d.Workers, len(d.accs), func(worker, i int) {
		f, a := d.foldings[worker], d.accs[i]
		f.line, f.fresh = gone, a.freshFor(now)
		f.line.ranks = of[i]
		f.fold(a)
		f.left += a.bytes()
	})
	d.used = 0
	for _, f := range d.foldings {
		d.used += f.left
		if f.left = 0; f.most() > d.most/16 {
			*f = folding{th: d.th, length: length} // its memory is some ten times as much
		}
	}
	d.round()
}

// bytes is how much detail there is.
func (a *Acc) bytes() int {
	n := len(a.Buckets.list)*bucketBytes + len(a.Arrivals)*arrivalBytes
	for _, h := range a.Spans {
		for i := range h.List {
			if !shadow(&h.List[i]) {
				n += spanBytes
			}
		}
	}
	return n
}
