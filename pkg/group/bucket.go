package group

import (
	"cmp"
	"iter"
	"slices"
)

// BucketSeconds is the grain of time in an Acc. Windows and charts are made of it.
const BucketSeconds = 10

// bucketLength is the same in microseconds.
const bucketLength = BucketSeconds * second

// Bucket is what happened in one bucket of time.
type Bucket struct {
	Attempts, Accepted, Deferred, Suspended int32
	// Limited are connection- and rate-limit refusals, Listed listing ones.
	Limited, Listed int32
	// Trouble are the refusals that severity counts.
	Trouble int32
	// New are new connections, First the recipients that are new (a suspension
	// counts: the message wanted to go), Retries the tries on the wire that follow
	// another one. NewRetries are the new connections that retries opened.
	New, First, Retries, NewRetries int32
	// Blocked are the ones of Trouble that are for good: replies that begin with 5.
	Blocked int32
	// UnknownUsers are recipients that the receiver does not know.
	UnknownUsers int32
}

func (b *Bucket) add(o *Bucket) {
	b.Attempts += o.Attempts
	b.Accepted += o.Accepted
	b.Deferred += o.Deferred
	b.Suspended += o.Suspended
	b.Limited += o.Limited
	b.Listed += o.Listed
	b.Trouble += o.Trouble
	b.New += o.New
	b.First += o.First
	b.Retries += o.Retries
	b.NewRetries += o.NewRetries
	b.Blocked += o.Blocked
	b.UnknownUsers += o.UnknownUsers
}

// timed is the bucket that begins at Unix time K * BucketSeconds.
type timed struct {
	K int32
	Bucket
	first Where
}

// packed is a timed in few bytes: there are more of them than of anything else.
type packed struct {
	// at is when the first was told, in microseconds since the bucket began, above the line.
	at   uint64
	K    int32
	wide uint32 // its number in Buckets.wide, from 1 on: there it is whole; 0 if all is here
	file uint16 // of the first, in Buckets.files; 0 if no place is known
	n    small[int8]
}

// lineBits are enough for the lines of any file, and leave enough for 10 s.
const lineBits = 40

// Buckets are the buckets of time in which something happened.
type Buckets struct {
	list []packed
	// tidy is how many of list are in order and differ from each other.
	tidy  int
	wide  []timed // those that do not fit into few bytes
	files *files
}

// whole is a bucket as it is.
func (s *Buckets) whole(p *packed) timed {
	if p.wide > 0 {
		return s.wide[p.wide-1]
	}
	b := timed{K: p.K, Bucket: p.n.bucket()}
	if p.file > 0 {
		b.first = Where{Time: p.time(), File: s.files.list[p.file-1], Line: int64(p.at & (1<<lineBits - 1))}
	}
	return b
}

// time is that of the first.
func (p *packed) time() int64 { return int64(p.K)*bucketLength + int64(p.at>>lineBits) }

// put makes a bucket what it now is.
func (s *Buckets) put(p *packed, b *timed) {
	if p.wide > 0 {
		s.wide[p.wide-1] = *b
		return
	}
	if told := s.tell(p, b.first); p.n.set(&b.Bucket) && told {
		return
	}
	s.wide = append(s.wide, *b)
	p.wide = uint32(len(s.wide))
}

// tell sets the place of the first, if it fits. The name of its file is known from then on
// in any case: those who sum up side by side must not be the first to ask.
func (s *Buckets) tell(p *packed, w Where) (fits bool) {
	if p.file, p.at = 0, 0; !w.Known() {
		return true
	}
	if s.files == nil {
		s.files = &files{}
	}
	file, since := s.files.of(w.File), w.Time-int64(p.K)*bucketLength
	if file == 0 || since < 0 || since >= bucketLength || w.Line < 0 || w.Line >= 1<<lineBits {
		return false
	}
	p.file, p.at = file, uint64(since)<<lineBits|uint64(w.Line)
	return true
}

// at returns the bucket that holds a time. It is there until the next call.
func (s *Buckets) at(k int32) *packed {
	for i := len(s.list) - 1; i >= max(0, len(s.list)-4); i-- { // lines come (almost) in order
		if s.list[i].K == k {
			return &s.list[i]
		}
	}
	if len(s.list) >= 2*s.tidy+16 {
		s.sort()
	}
	s.list = append(room(s.list), packed{K: k})
	return &s.list[len(s.list)-1]
}

// sort puts buckets in order, those of one time together.
func (s *Buckets) sort() {
	if s.tidy == len(s.list) {
		return
	}
	byTime := func(a, b packed) int { return cmp.Compare(a.K, b.K) }
	n := s.tidy
	if !slices.IsSortedFunc(s.list[max(n-1, 0):], byTime) {
		slices.SortStableFunc(s.list, byTime)
		n = 0
	}
	for i := n; i < len(s.list); i++ {
		if n > 0 && s.list[n-1].K == s.list[i].K {
			b := s.whole(&s.list[i])
			s.add(&s.list[n-1], &b.Bucket, b.first)
			continue
		}
		s.list[n] = s.list[i]
		n++
	}
	s.list, s.tidy = s.list[:n], n
}

// add adds what happened, told first at a place, to one of the buckets.
func (s *Buckets) add(p *packed, o *Bucket, first Where) {
	b := s.whole(p)
	b.add(o)
	b.first = earlier(b.first, first)
	s.put(p, &b)
}

// happened adds one observation in the bucket of its time.
func (s *Buckets) happened(k int32, o *Bucket, w Where) {
	p := s.at(k)
	// Most come behind the first of their bucket, for lines come in order, and fit.
	if p.wide == 0 && p.file > 0 && w.Time > p.time() && p.n.add(o) {
		return
	}
	s.add(p, o, w)
}

// trouble is how many refusals severity counts in a bucket.
func (s *Buckets) trouble(p *packed) int32 {
	if p.wide > 0 {
		return s.wide[p.wide-1].Trouble
	}
	return int32(p.n[smallTrouble])
}

// tidied are the buckets in order of time.
func (s *Buckets) tidied() []packed {
	s.sort()
	return s.list
}

// all are the buckets in order of time. One is there until the next.
func (s *Buckets) all() iter.Seq[*timed] { return s.each(s.tidied()) }

// each are some of the buckets.
func (s *Buckets) each(list []packed) iter.Seq[*timed] {
	return func(yield func(*timed) bool) {
		var b timed
		for i := range list {
			if b = s.whole(&list[i]); !yield(&b) {
				return
			}
		}
	}
}

// between are the buckets from one on, up to another.
func (s *Buckets) between(from, to int64) iter.Seq[*timed] {
	all := s.tidied()
	at := func(k int64) int {
		i, _ := slices.BinarySearchFunc(all, k, func(b packed, k int64) int { return cmp.Compare(int64(b.K), k) })
		return i
	}
	i := at(from)
	return s.each(all[i:max(at(to), i)])
}

// limited says that a limit was met in the buckets from one on, up to another.
func (s *Buckets) limited(from, to int64) bool {
	for b := range s.between(from, to) {
		if b.Limited > 0 {
			return true
		}
	}
	return false
}

// place is where the first of a bucket is told.
func (s *Buckets) place(k int64) Where {
	for b := range s.between(k, k+1) {
		return b.first
	}
	return Where{}
}

func (s *Buckets) merge(o *Buckets) {
	for i := range o.list {
		b := o.whole(&o.list[i])
		s.add(s.at(b.K), &b.Bucket, b.first)
	}
}

// listed appends all buckets, in order of time, to a list.
func (s *Buckets) listed(list []timed) []timed {
	all := s.tidied()
	list = slices.Grow(list, len(all))
	for i := range all {
		list = append(list, s.whole(&all[i]))
	}
	return list
}

// buckets are those of a cell, in order of time. They are there until the next call.
func (c *Cell) buckets() []timed {
	w := c.tools()
	w.buckets = c.Acc.Buckets.listed(w.buckets[:0])
	return w.buckets
}

// cut takes the buckets out that are gone, into a list.
func (s *Buckets) cut(list []packed, gone func(k int32) bool) (lost Buckets) {
	all := s.tidied()
	first := slices.IndexFunc(all, func(p packed) bool { return gone(p.K) })
	if first < 0 {
		s.list = trim(all, len(all))
		return Buckets{}
	}
	lost = Buckets{list: slices.Grow(list[:0], len(all)-first), wide: s.wide, files: s.files}
	keep, wide := all[:0], s.wide
	s.wide = nil
	for _, p := range all {
		if gone(p.K) {
			lost.list = append(lost.list, p)
			continue
		}
		if p.wide > 0 {
			s.wide = append(s.wide, wide[p.wide-1])
			p.wide = uint32(len(s.wide))
		}
		keep = append(keep, p)
	}
	s.list, s.tidy, lost.tidy = trim(keep, len(all)), len(keep), len(lost.list)
	return lost
}
