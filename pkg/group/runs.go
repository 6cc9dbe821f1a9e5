package group

import "slices"

// runs are lists one behind the other, each of them in order. They keep their memory for
// the next ones.
type runs[T any] struct {
	list   []T
	starts []int // of each
	spare  [2][]T
	bounds []int
}

func (r *runs[T]) clear() { r.list, r.starts = r.list[:0], r.starts[:0] }

// begin begins the next list, at the end of the one before.
func (r *runs[T]) begin() { r.starts = append(r.starts, len(r.list)) }

// of is one of the lists.
func (r *runs[T]) of(i int) []T {
	if i+1 < len(r.starts) {
		return r.list[r.starts[i]:r.starts[i+1]]
	}
	return r.list[r.starts[i]:]
}

// merged are all of them, in order. It is there until the next call.
func (r *runs[T]) merged(before func(a, b *T) bool) []T {
	from, bounds := r.list, r.bounds[:0]
	for i := range r.starts {
		if len(r.of(i)) > 0 {
			bounds = append(bounds, r.starts[i])
		}
	}
	bounds = append(bounds, len(r.list))
	r.bounds = bounds
	for turn := 0; len(bounds) > 2; turn = 1 - turn {
		to, n := slices.Grow(r.spare[turn][:0], len(from)), 0
		for i := 0; i+1 < len(bounds); i += 2 {
			bounds[n] = bounds[i]
			n++
			if i+2 == len(bounds) {
				to = append(to, from[bounds[i]:]...)
				break
			}
			to = appendMerged(to, from[bounds[i]:bounds[i+1]], from[bounds[i+1]:bounds[i+2]], before)
		}
		bounds[n] = len(from)
		bounds = bounds[:n+1]
		r.spare[turn], from = to, to
	}
	return from
}

// appendMerged appends two lists, put together in order.
func appendMerged[T any](to, a, b []T, before func(a, b *T) bool) []T {
	for len(a) > 0 && len(b) > 0 {
		if before(&b[0], &a[0]) {
			to, b = append(to, b[0]), b[1:]
		} else {
			to, a = append(to, a[0]), a[1:]
		}
	}
	return append(append(to, a...), b...)
}
