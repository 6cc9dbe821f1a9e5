package group

import (
	"math"
	"math/bits"
)

// weights are the bytes of detail of each class, in slots of time. What is before the first
// slot or after the last one is not in them.
type weights struct {
	begin int64 // first bucket
	shift int   // a slot has 1<<shift buckets
	slots [series + 1][1 << slotBits]int
}

// slotBits tell as many slots apart as are quick to add up.
const slotBits = 11

// fine is the part of all detail that a slot may have for not being looked at closer.
const fine = 64

// upTo draws the line between what is summed up and what stays: half of what is allowed, but
// with refusals from recent on, which may go on, more, up to three quarters. Of series there
// is a part at most, so that those of a long log leave room for what is going on.
func (d *Detail) upTo(of []ranks, recent int64) (l line) {
	all, used := d.weighAll(of), d.used
	l.only(allWindows())
	l.series = math.MinInt64
	if n := all.sum(series) - d.most/seriesPart; n > 0 {
		l.series = d.first(all, of, series, series, n).at
		used -= n
	}
	must, may := d.first(all, of, clean, refused, used-d.most/4*3), d.first(all, of, clean, refused, used-d.most/2)
	if old := (rank{refused, recent/bucketLength - 1}); compareRanks(may, old) > 0 {
		may = old
	}
	if l.upTo = must; compareRanks(may, must) > 0 {
		l.upTo = may
	}
	return l
}

// seriesPart is the part of all detail that series may have.
const seriesPart = 2

// weighAll weighs all detail.
func (d *Detail) weighAll(of []ranks) *weights {
	from, to := int64(math.MaxInt64), int64(math.MinInt64)
	for i := range of {
		from, to = min(from, of[i].first), max(to, of[i].last)
	}
	return d.weigh(of, from, max(bits.Len64(uint64(max(to-from, 0)))-slotBits, 0))
}

// first is the rank up to which detail of some classes takes so many bytes, or a little
// more.
func (d *Detail) first(w *weights, of []ranks, lowest, highest, bytes int) rank {
	for {
		class, slot, rest := w.find(lowest, highest, bytes)
		if w.shift == 0 || w.slots[class][slot] <= d.most/fine {
			return rank{uint8(class), w.begin + int64(slot+1)<<w.shift - 1}
		}
		w = d.weigh(of, w.begin+int64(slot)<<w.shift, max(w.shift-slotBits, 0))
		lowest, highest, bytes = class, class, rest
	}
}

// sum is what all detail of a class weighs.
func (w *weights) sum(class int) (bytes int) {
	for _, n := range w.slots[class] {
		bytes += n
	}
	return bytes
}

// find is the slot in which detail of some classes takes so many bytes, and how many of
// them are in it; the last one with any if there are not as many.
func (w *weights) find(lowest, highest, bytes int) (class, slot, rest int) {
	for c := lowest; c <= highest; c++ {
		for i, n := range w.slots[c] {
			if n == 0 {
				continue
			}
			class, slot, rest = c, i, bytes
			if bytes -= n; bytes <= 0 {
				return class, slot, rest
			}
		}
	}
	return class, slot, rest
}

// weigh weighs the detail of all accumulators.
func (d *Detail) weigh(of []ranks, begin int64, shift int) *weights {
	parts := make([]weights, max(d.Workers, 1))
	for i := range parts {
		parts[i].begin, parts[i].shift = begin, shift
	}
	Each(d.Workers, len(d.accs), func(worker, i int) { d.accs[i].weigh(&of[i], &parts[worker]) })
	for i := range parts[1:] {
		parts[0].add(&parts[1+i])
	}
	return &parts[0]
}

func (w *weights) add(o *weights) {
	for class := range w.slots {
		for slot, n := range o.slots[class] {
			w.slots[class][slot] += n
		}
	}
}

// weigh adds what detail weighs.
func (a *Acc) weigh(r *ranks, w *weights) {
	one := weighing{ranks: r, weights: w, series: true}
	for i := range a.Buckets.list {
		one.take(int64(a.Buckets.list[i].K)*bucketLength, bucketBytes)
	}
	one = weighing{ranks: r, weights: w}
	for _, t := range a.Arrivals {
		one.take(t, arrivalBytes)
	}
	for _, h := range a.Spans {
		for i := range h.List {
			if !shadow(&h.List[i]) {
				one.take(h.List[i].Close, spanBytes)
			}
		}
	}
}

// weighing adds detail to the slot that it belongs to.
type weighing struct {
	*ranks
	*weights
	series   bool  // it is that of buckets
	from, to int64 // times of the slot
	slot     *int
	none     int // stands for no slot
}

func (w *weighing) take(t int64, bytes int) {
	if t < w.from || t >= w.to {
		w.find(t)
	}
	*w.slot += bytes
}

// find looks for the slot of a time.
func (w *weighing) find(t int64) {
	k := w.of(t)
	if w.series {
		k = w.ofBucket(t)
	}
	slot, length := (k.at-w.begin)>>w.shift, int64(bucketLength)<<w.shift
	from := w.begin*bucketLength + slot*length
	w.from, w.to = max(w.ranks.from, from), min(w.ranks.to, from+length)
	if w.slot = &w.none; 0 <= slot && slot < int64(len(w.slots[k.class])) {
		w.slot = &w.slots[k.class][slot]
	}
}
