package esp

// seenSize is how many keys each half of a seen holds, a power of two.
const seenSize = 1 << 16

// seen remembers the last keys: at least seenSize of them, at most twice as many.
// The zero value is empty and takes no memory.
type seen struct {
	young, old table
	n          int // keys in young
}

// table is a hash table with open addressing; 0 is an empty place.
type table []uint64

// add says whether k is known, and remembers it.
func (s *seen) add(k uint64) bool {
	if k == 0 {
		k = 1
	}
	if s.young == nil {
		s.young, s.old = make(table, 2*seenSize), make(table, 2*seenSize)
	}
	if s.old.has(k) {
		return true
	}
	i := s.young.find(k)
	if s.young[i] == k {
		return true
	}
	if s.n == seenSize {
		s.young, s.old = s.old, s.young
		clear(s.young)
		s.n = 0
		i = s.young.find(k)
	}
	s.young[i] = k
	s.n++
	return false
}

func (t table) has(k uint64) bool { return t[t.find(k)] == k }

// find returns where k is, or the empty place where it belongs. Tables are half
// empty, so there is one.
func (t table) find(k uint64) int {
	i := int(k>>20) & (len(t) - 1)
	for t[i] != 0 && t[i] != k {
		i = (i + 1) & (len(t) - 1)
	}
	return i
}

// key is a hash of an event's id and time (FNV-1a, 64 bits).
func key(id, time []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, part := range [2][]byte{id, time} {
		for _, c := range part {
			h = (h ^ uint64(c)) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211 // "a","bc" is not "ab","c"
	}
	return h
}
