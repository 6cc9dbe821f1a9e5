package esp

import "encoding/binary"

// seenSize is how many keys each half of a seen holds, a power of two.
const seenSize = 1 << 16

// leastTable is the size of the first table, a power of two. Most decoders read but a
// few lines, to tell whether a log is theirs.
const leastTable = 1 << 8

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
	if s.old.has(k) || s.young.has(k) {
		return true
	}
	if s.n == seenSize {
		s.young, s.old = s.old, s.young
		clear(s.young)
		s.n = 0
	}
	if 2*s.n == len(s.young) {
		s.young = s.young.twice()
	}
	s.young[s.young.find(k)] = k
	s.n++
	return false
}

func (t table) has(k uint64) bool { return len(t) > 0 && t[t.find(k)] == k }

// twice returns a table of twice the size with the same keys.
func (t table) twice() table {
	u := make(table, max(2*len(t), leastTable))
	for _, k := range t {
		if k != 0 {
			u[u.find(k)] = k
		}
	}
	return u
}

// find returns where k is, or the empty place where it belongs. Tables are half
// empty, so there is one.
func (t table) find(k uint64) int {
	i := int(k>>20) & (len(t) - 1)
	for t[i] != 0 && t[i] != k {
		i = (i + 1) & (len(t) - 1)
	}
	return i
}

// key is a hash of an event's id and time: eight bytes at a time, each multiplied in as
// FNV-1a does it, and mixed.
func key(id, time []byte) uint64 {
	const prime = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio
	h := uint64(14695981039346656037)
	for _, part := range [2][]byte{id, time} {
		n := uint64(len(part)) // "a","bc" is not "ab","c"
		for ; len(part) >= 8; part = part[8:] {
			h = (h ^ binary.LittleEndian.Uint64(part)) * prime
			h ^= h >> 29
		}
		for _, c := range part {
			n = n<<8 | uint64(c)
		}
		h = (h ^ n) * prime
		h ^= h >> 29
	}
	return h
}
