package group

import (
	"maps"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Counts are the four counters and the outcomes (requirement X05).
type Counts struct {
	Attempts, Recipients, Messages, Sessions       int64
	Delivered, Deferred, Bounced, Expired, Refused int64
	Suspensions                                    int64
}

func (c *Counts) add(o Counts) {
	c.Attempts += o.Attempts
	c.Recipients += o.Recipients
	c.Messages += o.Messages
	c.Sessions += o.Sessions
	c.Delivered += o.Delivered
	c.Deferred += o.Deferred
	c.Bounced += o.Bounced
	c.Expired += o.Expired
	c.Refused += o.Refused
	c.Suspensions += o.Suspensions
}

// Refusals counts receiver replies and network failures by class.
type Refusals [mail.NumClasses]int64

func (r *Refusals) add(o *Refusals) {
	for i := range r {
		r[i] += o[i]
	}
}

// Fates counts what became of the recipients that failed at least once.
type Fates struct {
	Delivered, Queued, Expired, Bounced, Unknown int64
}

func (f *Fates) add(o Fates) {
	f.Delivered += o.Delivered
	f.Queued += o.Queued
	f.Expired += o.Expired
	f.Bounced += o.Bounced
	f.Unknown += o.Unknown
}

// BucketSeconds is the grain of time in an Acc. Windows and charts are made of it.
const BucketSeconds = 10

// Bucket is what happened in one bucket of time.
type Bucket struct {
	Attempts, Accepted, Deferred, Suspended int64
	// Limited are connection- and rate-limit refusals, Listed listing ones.
	Limited, Listed int64
	// Trouble are the refusals that severity counts.
	Trouble int64
	// New are new connections, First the first attempts of a recipient (a
	// suspension counts: the message wanted to go), Retries the others. NewRetries are
	// the new connections that retries opened.
	New, First, Retries, NewRetries int64
	// Blocked are the ones of Trouble that are for good: replies that begin with 5.
	Blocked int64
	// UnknownUsers are recipients that the receiver does not know.
	UnknownUsers int64
}

func (b *Bucket) add(o Bucket) {
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

// Share is the part of an accumulator that one MX host, sender domain or quoted
// address has.
type Share struct {
	Counts   Counts
	Refusals Refusals
	// Trouble are the refusals that severity counts, Messages whom they hit, Expired
	// and Bounced the recipients lost after or by one.
	Trouble, Messages, Expired, Bounced int64
}

func (s *Share) add(o *Share) {
	s.Counts.add(o.Counts)
	s.Refusals.add(&o.Refusals)
	s.Trouble += o.Trouble
	s.Messages += o.Messages
	s.Expired += o.Expired
	s.Bounced += o.Bounced
}

// expire counts an expiry, after a refusal that severity counts or another failure.
func (s *Share) expire(f *join.Fate) {
	if f.Outcome != mail.Expired {
		return
	}
	s.Counts.Expired++
	if f.Trouble {
		s.Expired++
	}
}

// share returns the share of a key, one for all keys beyond the bound.
func share[K comparable](m map[K]*Share, k K, rest K) *Share {
	if s, ok := m[k]; ok {
		return s
	}
	if len(m) >= maxHosts {
		k = rest
	}
	s := m[k]
	if s == nil {
		s = &Share{}
		m[k] = s
	}
	return s
}

// domain is the share of a recipient domain. Domains are not bounded: each is a
// name by which its destination can be asked for.
func (a *Acc) domain(name string) *Share {
	s := a.Domains[name]
	if s == nil {
		s = &Share{}
		a.Domains[name] = s
	}
	return s
}

// merge adds shares in order of their key, so that the bound cuts the same ones.
func merge[K comparable](a, b map[K]*Share, rest K, compare func(K, K) int) {
	for _, k := range slices.SortedFunc(maps.Keys(b), compare) {
		share(a, k, rest).add(b[k])
	}
}

func sum[K comparable](a, b map[K]int64) {
	for k, n := range b {
		a[k] += n
	}
}
