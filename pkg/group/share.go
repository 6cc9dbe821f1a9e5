package group

import (
	"net/netip"

	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Share is the part of an accumulator that one MX host, recipient or sender domain or
// quoted address has. There are many of them and most never fail.
type Share struct {
	counts counters
	bad    *badShare // nil where nothing was refused or lost
}

// badShare is what a share has of failures.
type badShare struct {
	refusals                            [mail.NumClasses]int32
	trouble, messages, expired, bounced int32
}

// Counts are the counters of a share.
func (s *Share) Counts() Counts { return s.counts.counts() }

// Refusals counts replies and network failures by class.
func (s *Share) Refusals() (all Refusals) {
	for class, n := range s.failed().refusals {
		all[class] = int64(n)
	}
	return all
}

// Trouble are the refusals that severity counts.
func (s *Share) Trouble() int64 { return int64(s.failed().trouble) }

// Messages are those that met a refusal which severity counts.
func (s *Share) Messages() int64 { return int64(s.failed().messages) }

// Expired are the recipients given up after such a refusal.
func (s *Share) Expired() int64 { return int64(s.failed().expired) }

// Bounced are the recipients turned away for good by one.
func (s *Share) Bounced() int64 { return int64(s.failed().bounced) }

// Tried is how many attempts and suspensions there were.
func (s *Share) Tried() int64 {
	return int64(s.counts[counterAttempts]) + int64(s.counts[counterSuspensions])
}

var noFailure badShare

func (s *Share) failed() *badShare {
	if s.bad == nil {
		return &noFailure
	}
	return s.bad
}

func (s *Share) fail() *badShare {
	if s.bad == nil {
		s.bad = &badShare{}
	}
	return s.bad
}

// one is what a single observation adds to the shares it belongs to.
type one struct {
	counts                    counters
	class                     mail.Class // of a failure on the wire
	trouble, bounced, message bool
}

func (s *Share) take(o *one) {
	s.counts.add(&o.counts)
	if o.class == mail.ClassNone && !o.message {
		return
	}
	b := s.fail()
	if o.class != mail.ClassNone {
		b.refusals[o.class]++
	}
	b.trouble += flag32(o.trouble)
	b.bounced += flag32(o.bounced)
	b.messages += flag32(o.message)
}

func flag32(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

func (s *Share) add(o *Share) {
	s.counts.add(&o.counts)
	if o.bad == nil {
		return
	}
	b := s.fail()
	for class, n := range o.bad.refusals {
		b.refusals[class] += n
	}
	b.trouble += o.bad.trouble
	b.messages += o.bad.messages
	b.expired += o.bad.expired
	b.bounced += o.bad.bounced
}

// expire counts an expiry, after a refusal that severity counts or another failure.
func (s *Share) expire(f *join.Fate) {
	if f.Outcome != mail.Expired {
		return
	}
	s.counts[counterExpired]++
	if f.Trouble {
		s.fail().expired++
	}
}

func (a *Acc) mx(name string) ShareNumber { return a.MX.share(name, "", maxHosts, a.detail) }

func (a *Acc) domain(name string) ShareNumber { return a.Domains.share(name, "", maxDomains, a.detail) }

func (a *Acc) sender(domain string) ShareNumber {
	return a.Senders.share(domain, "", maxHosts, a.detail)
}

func (a *Acc) quote(ip netip.Addr) ShareNumber {
	return a.Quotes.share(ip, netip.Addr{}, maxHosts, a.detail)
}
