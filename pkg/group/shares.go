package group

import (
	"iter"
	"maps"
	"slices"
)

// Shares are shares by key. Most accumulators have one or two of a kind, which a map would
// take several times the memory for.
type Shares[K comparable] struct {
	few  []keyed[K]
	many map[K]*Share // all of them, where there are more than fewShares
}

type keyed[K comparable] struct {
	key K
	*Share
}

const fewShares = 32

// Of returns the share of a key, nil if it has none.
func (s *Shares[K]) Of(key K) *Share {
	for i := range s.few {
		if s.few[i].key == key {
			return s.few[i].Share
		}
	}
	return s.many[key]
}

// Len is how many there are.
func (s *Shares[K]) Len() int { return len(s.few) + len(s.many) }

// All are all shares, in no order.
func (s *Shares[K]) All() iter.Seq2[K, *Share] {
	return func(yield func(K, *Share) bool) {
		for _, one := range s.few {
			if !yield(one.key, one.Share) {
				return
			}
		}
		for key, one := range s.many {
			if !yield(key, one) {
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

// share returns the share of a key, that of rest for all keys beyond the bound.
func (s *Shares[K]) share(key, rest K, most int) *Share {
	if one := s.Of(key); one != nil {
		return one
	}
	if s.Len() >= most {
		if one := s.Of(rest); one != nil {
			return one
		}
		key = rest
	}
	one := &Share{}
	s.add(key, one)
	return one
}

func (s *Shares[K]) add(key K, one *Share) {
	switch {
	case s.many != nil:
		s.many[key] = one
	case len(s.few) < fewShares:
		s.few = append(s.few, keyed[K]{key, one})
	default:
		s.many = make(map[K]*Share, 2*fewShares)
		maps.Insert(s.many, s.All())
		s.few = nil
		s.many[key] = one
	}
}

// merge adds shares in order of their key, so that the bound cuts the same ones.
func (s *Shares[K]) merge(o *Shares[K], rest K, most int, compare func(K, K) int) {
	for _, k := range o.keys(compare) {
		s.share(k, rest, most).add(o.Of(k))
	}
}
