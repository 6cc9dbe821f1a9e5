package group

import (
	"cmp"
	"slices"
	"unique"
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
	first place
}

// place is a Where inside a known bucket, in few bytes.
type place struct {
	file unique.Handle[string]
	// at is the time since the bucket began in microseconds, above the line.
	at uint64
}

// lineBits are enough for the lines of any file, and leave enough for 10 s.
const lineBits = 40

func placed(w Where) (p place) {
	if w.Known() {
		p.file = unique.Make(w.File)
		p.at = uint64(w.Time%bucketLength)<<lineBits | min(uint64(max(w.Line, 0)), 1<<lineBits-1)
	}
	return p
}

func (p place) known() bool { return p.file != unique.Handle[string]{} }

// time is that of the place in bucket k.
func (p place) time(k int32) int64 { return int64(k)*bucketLength + int64(p.at>>lineBits) }

// where is the place in bucket k.
func (p place) where(k int32) Where {
	if !p.known() {
		return Where{}
	}
	return Where{Time: p.time(k), File: p.file.Value(), Line: int64(p.at & (1<<lineBits - 1))}
}

// Buckets are the buckets of time in which something happened.
type Buckets struct {
	list []timed
	// tidy is how many of list are in order and differ from each other.
	tidy int
}

// at returns the bucket that holds a time. It is there until the next call.
func (s *Buckets) at(k int32) *timed {
	for i := len(s.list) - 1; i >= max(0, len(s.list)-4); i-- { // lines come (almost) in order
		if s.list[i].K == k {
			return &s.list[i]
		}
	}
	if len(s.list) >= 2*s.tidy+16 {
		s.sort()
	}
	s.list = append(s.list, timed{K: k})
	return &s.list[len(s.list)-1]
}

// sort puts buckets in order, those of one time together.
func (s *Buckets) sort() {
	if s.tidy == len(s.list) {
		return
	}
	byTime := func(a, b timed) int { return cmp.Compare(a.K, b.K) }
	if !slices.IsSortedFunc(s.list, byTime) {
		slices.SortStableFunc(s.list, byTime)
	}
	n := 0
	for i := range s.list {
		if n > 0 && s.list[n-1].K == s.list[i].K {
			s.list[n-1].take(&s.list[i].Bucket, s.list[i].first)
			continue
		}
		s.list[n] = s.list[i]
		n++
	}
	s.list, s.tidy = s.list[:n], n
}

// take adds what happened, told first at a place.
func (b *timed) take(o *Bucket, first place) {
	b.add(o)
	switch {
	case !b.first.known():
		b.first = first
	case !first.known(): // nothing to compare
	case first.at>>lineBits < b.first.at>>lineBits, first.at>>lineBits == b.first.at>>lineBits && first.where(b.K).before(b.first.where(b.K)):
		b.first = first
	}
}

// happened adds one observation.
func (b *timed) happened(o *Bucket, w Where) {
	b.add(o)
	if b.first.known() && w.Time > b.first.time(b.K) {
		return // as most do: lines come in order
	}
	if !b.first.known() || w.Known() && w.before(b.first.where(b.K)) {
		b.first = placed(w)
	}
}

// all are the buckets in order of time.
func (s *Buckets) all() []timed {
	s.sort()
	return s.list
}

// between are the buckets from one on, up to another.
func (s *Buckets) between(from, to int64) []timed {
	all := s.all()
	at := func(k int64) int {
		i, _ := slices.BinarySearchFunc(all, k, func(b timed, k int64) int { return cmp.Compare(int64(b.K), k) })
		return i
	}
	i := at(from)
	return all[i:max(at(to), i)]
}

// place is where the first of a bucket is told.
func (s *Buckets) place(k int64) Where {
	for _, b := range s.between(k, k+1) {
		return b.first.where(b.K)
	}
	return Where{}
}

func (s *Buckets) merge(o *Buckets) {
	for i := range o.list {
		s.at(o.list[i].K).take(&o.list[i].Bucket, o.list[i].first)
	}
}
