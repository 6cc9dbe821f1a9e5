package group

import (
	"iter"
	"slices"
)

// Shares are shares by key. Most accumulators have one or two of a kind, which a map would
// take several times the memory for.
type Shares[K comparable] struct {
	list  []keyed[K]
	index map[K]ShareNumber // of all of them, where there are more than fewShares
}

// keyed is a line of the cache where its key is a name.
type keyed[K comparable] struct {
	key K
	Share
}

// ShareNumber tells a share of an accumulator by the order in which they came, from 1. A
// share moves when another one comes; its number stays.
type ShareNumber int32

const fewShares = 32

// find returns the number of a key, 0 if it has none.
func (s *Shares[K]) find(key K) ShareNumber {
	if s.index != nil {
		return s.index[key]
	}
	for i := range s.list {
		if s.list[i].key == key {
			return ShareNumber(i + 1)
		}
	}
	return 0
}

// at returns a share by its number, until the next one comes.
func (s *Shares[K]) at(n ShareNumber) *Share { return &s.list[n-1].Share }

// Of returns the share of a key, nil if it has none. It is valid until the next one comes.
func (s *Shares[K]) Of(key K) *Share {
	if n := s.find(key); n > 0 {
		return s.at(n)
	}
	return nil
}

// Len is how many there are.
func (s *Shares[K]) Len() int { return len(s.list) }

// All are all shares, in the order in which they came.
func (s *Shares[K]) All() iter.Seq2[K, *Share] {
	return func(yield func(K, *Share) bool) {
		for i := range s.list {
			if !yield(s.list[i].key, &s.list[i].Share) {
				return
			}
		}
	}
}

// keys are the keys, in order.
func (s *Shares[K]) keys(compare func(K, K) int) []K {
	list := make([]K, 0, s.Len())
	for k := range s.All() {
		list = append(list, k)
	}
	slices.SortFunc(list, compare)
	return list
}

// share returns the number of a key, that of rest for all keys beyond the bounds: most is
// that of this accumulator, run knows that of all.
func (s *Shares[K]) share(key, rest K, most int, run *Detail) ShareNumber {
	if n := s.find(key); n > 0 {
		return n
	}
	if s.Len() >= most || !run.names() {
		if n := s.find(rest); n > 0 {
			return n
		}
		key = rest
	}
	return s.add(key)
}

func (s *Shares[K]) add(key K) ShareNumber {
	if n := len(s.list); n == cap(s.list) {
		s.list = append(make([]keyed[K], 0, n+n/4+1), s.list...) // there are thousands of lists, most of them short
	}
	s.list = append(s.list, keyed[K]{key: key})
	switch n := len(s.list); {
	case n <= fewShares:
	case s.index == nil:
		s.index = make(map[K]ShareNumber, 2*fewShares)
		for i := range s.list {
			s.index[s.list[i].key] = ShareNumber(i + 1)
		}
	default:
		s.index[key] = ShareNumber(n)
	}
	return ShareNumber(len(s.list))
}

// merge adds shares in order of their key, so that the bound cuts the same ones.
func (s *Shares[K]) merge(o *Shares[K], rest K, most int, compare func(K, K) int) {
	for _, k := range o.keys(compare) {
		s.at(s.share(k, rest, most, nil)).add(o.Of(k))
	}
}
