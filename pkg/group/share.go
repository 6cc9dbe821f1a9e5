package group

import (
	"maps"
	"net/netip"
	"slices"

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
	refusals                            Refusals
	trouble, messages, expired, bounced int64
}

// Counts are the counters of a share.
func (s *Share) Counts() Counts { return s.counts.counts() }

// Refusals counts replies and network failures by class.
func (s *Share) Refusals() Refusals { return s.failed().refusals }

// Trouble are the refusals that severity counts.
func (s *Share) Trouble() int64 { return s.failed().trouble }

// Messages are those that met a refusal which severity counts.
func (s *Share) Messages() int64 { return s.failed().messages }

// Expired are the recipients given up after such a refusal.
func (s *Share) Expired() int64 { return s.failed().expired }

// Bounced are the recipients turned away for good by one.
func (s *Share) Bounced() int64 { return s.failed().bounced }

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
	b.trouble += flag64(o.trouble)
	b.bounced += flag64(o.bounced)
	b.messages += flag64(o.message)
}

func flag64(b bool) int64 {
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
	b.refusals.add(&o.bad.refusals)
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

// share returns the share of a key, one for all keys beyond the bound.
func share[K comparable](shares *map[K]*Share, k, rest K, most int) *Share {
	m := *shares
	if s, ok := m[k]; ok {
		return s
	}
	if m == nil {
		m = map[K]*Share{}
		*shares = m
	}
	if len(m) >= most {
		k = rest
	}
	s := m[k]
	if s == nil {
		s = &Share{}
		m[k] = s
	}
	return s
}

// merge adds shares in order of their key, so that the bound cuts the same ones.
func merge[K comparable](a *map[K]*Share, b map[K]*Share, rest K, most int, compare func(K, K) int) {
	for _, k := range slices.SortedFunc(maps.Keys(b), compare) {
		share(a, k, rest, most).add(b[k])
	}
}

func (a *Acc) mx(name []byte) *Share {
	if s, ok := a.MX[string(name)]; ok {
		return s
	}
	return share(&a.MX, string(name), "", maxHosts)
}

func (a *Acc) domain(name string) *Share { return share(&a.Domains, name, "", maxDomains) }

func (a *Acc) sender(domain string) *Share { return share(&a.Senders, domain, "", maxHosts) }

func (a *Acc) quote(ip netip.Addr) *Share { return share(&a.Quotes, ip, netip.Addr{}, maxHosts) }
