package group

import (
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// Refusals and losses of transactional streams are facts of their own, known only
// where streams are declared (C68).
func TestTransactionalFacts(t *testing.T) {
	f := func(name string, stream Stream, refusals, lost float64, known bool) {
		t.Helper()
		a := NewAcc()
		for i := range int64(3) {
			o := observe(10+i, mail.Deferred, &limit, true)
			o.Stream = stream
			a.Add(o)
		}
		a.AddFate(fate(mail.Expired, 10, "E"), "", stream)
		a.AddFate(fate(mail.Bounced, 10, "B"), "", stream)
		a.AddFate(fate(mail.Delivered, 10, "D"), "", stream)
		untroubled := fate(mail.Expired, 10, "X")
		untroubled.Trouble = false
		a.AddFate(untroubled, "", stream)
		c := Cell{Acc: a, th: thresholds()}
		c.measure()
		r, ok := c.Facts["transactional_refusals"]
		e := c.Facts["transactional_expired"]
		if ok != known || r.Value != refusals || e.Value != lost {
			t.Errorf("%s: %v refusals, %v lost, known %v; want %v, %v, %v", name, r.Value, e.Value, ok, refusals, lost, known)
		}
	}
	f("no streams", Stream{}, 0, 0, false)
	f("transactional", streamOf(1), 3, 2, true)
	f("other", streamOf(2), 0, 0, true)
}

// The pool is what the user says, and unknown otherwise.
func TestPool(t *testing.T) {
	f := func(pool string, shared, dedicated float64, known bool) {
		t.Helper()
		a := NewAcc()
		a.Add(observe(1, mail.Delivered, &success, true))
		s := Freeze(map[Key]*Acc{{Platform: "p", SendingIP: "192.0.2.1"}: a}, Context{Thresholds: thresholds(), Pool: pool})[0]
		for _, facts := range []map[string]float64{
			{"pool_shared": s.All.Facts["pool_shared"].Value, "pool_dedicated": s.All.Facts["pool_dedicated"].Value},
			{"pool_shared": s.ByIP[0].Facts["pool_shared"].Value, "pool_dedicated": s.ByIP[0].Facts["pool_dedicated"].Value},
		} {
			if facts["pool_shared"] != shared || facts["pool_dedicated"] != dedicated {
				t.Errorf("pool %q: %v", pool, facts)
			}
		}
		if m, ok := s.All.Facts["pool_shared"]; ok != known || known && m.Basis != rules.Seed {
			t.Errorf("pool %q: known %v as %q", pool, ok, m.Basis)
		}
	}
	f(PoolShared, 1, 0, true)
	f(PoolDedicated, 0, 1, true)
	f(PoolUnknown, 0, 0, false)
	f("", 0, 0, false)
}
