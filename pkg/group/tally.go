package group

import (
	"cmp"
	"slices"
)

// Tally is a multiset of whole numbers: how often each value occurs. Its size grows
// with the number of different values.
type Tally struct {
	list []Count
	// tidy is how many of list are in order and differ from each other.
	tidy int
}

// Count is one value of a Tally.
type Count struct{ Value, N int64 }

// Add takes a value n times.
func (t *Tally) Add(v, n int64) {
	for i := len(t.list) - 1; i >= max(0, len(t.list)-4); i-- {
		if t.list[i].Value == v {
			t.list[i].N += n
			return
		}
	}
	if len(t.list) >= 2*t.tidy+16 {
		t.sort()
	}
	t.list = append(t.list, Count{v, n})
}

// sort puts values in order, equal ones together.
func (t *Tally) sort() {
	if t.tidy == len(t.list) {
		return
	}
	slices.SortFunc(t.list, func(a, b Count) int { return cmp.Compare(a.Value, b.Value) })
	n := 0
	for _, c := range t.list {
		if n > 0 && t.list[n-1].Value == c.Value {
			t.list[n-1].N += c.N
			continue
		}
		t.list[n] = c
		n++
	}
	t.list, t.tidy = t.list[:n], n
}

// Counts returns the values in order. They are those of the tally itself.
func (t *Tally) Counts() []Count {
	t.sort()
	return t.list
}

// Total is how many numbers there are, equal ones included.
func (t *Tally) Total() (n int64) {
	for _, c := range t.list {
		n += c.N
	}
	return n
}

// At returns the i-th number in order, from 0; 0 if there are not so many.
func (t *Tally) At(i int64) int64 {
	for _, c := range t.Counts() {
		if i -= c.N; i < 0 {
			return c.Value
		}
	}
	return 0
}

// Median is the lower one of two in the middle; 0 of none.
func (t *Tally) Median() int64 { return t.At((t.Total() - 1) / 2) }

func (t *Tally) merge(o *Tally) {
	for _, c := range o.list {
		t.Add(c.Value, c.N)
	}
}

// change replaces each value by another, so that there are fewer.
func (t *Tally) change(to func(int64) int64) {
	for i := range t.list {
		t.list[i].Value = to(t.list[i].Value)
	}
	t.tidy = 0
	t.sort()
	t.list = slices.Clip(slices.Clone(t.list))
}
