package scan

import "hash/maphash"

// near are the latest receivers and domains by the hash of their names: a busy log names
// few of them most of the time. What it has are numbers, so that all of it fits into the
// cache.
type near struct {
	seed      maphash.Seed
	receivers [nearNames]uint16
	domains   [nearNames]uint16
}

const nearNames = 1 << 13

const _ = uint16(maxReceivers) // numbers of receivers fit

// at is the place of a name.
func (n *near) at(name []byte) uint64 { return maphash.Bytes(n.seed, name) % nearNames }

// numbered are records that are told by their number, from 1. They never move.
type numbered[T any] struct {
	pages []*[numberedPage]T
	n     int
}

const numberedPage = 1 << 6

// get returns the record of a number.
func (x *numbered[T]) get(n int) *T {
	n--
	return &x.pages[n/numberedPage][n%numberedPage]
}

// add returns a new record, which has the number n.
func (x *numbered[T]) add() *T {
	if x.n%numberedPage == 0 {
		x.pages = append(x.pages, new([numberedPage]T))
	}
	x.n++
	return x.get(x.n)
}
