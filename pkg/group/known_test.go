package group

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
)

// An accumulator that is told the shares it gave before says the same as one that looks
// all of them up, also beyond the bounds of names.
func TestKnownShares(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	plain, told, other := NewAcc(), NewAcc(), NewAcc()
	known := map[string]ShareNumber{}
	found := 0
	for i := range int64(40_000) {
		outcome := []mail.Outcome{mail.Delivered, mail.Deferred, mail.Bounced, mail.Refused, mail.Suspended}[r.IntN(5)]
		reading := &success
		if outcome != mail.Delivered {
			reading = &Reading{Class: mail.Class(1 + r.IntN(mail.NumClasses-1)), Template: fmt.Sprint("t", r.IntN(9)), Quoted: netip.AddrFrom4([4]byte{192, 0, 2, byte(r.IntN(3))})}
		}
		o := observe(1+i, outcome, reading, r.IntN(2) == 0)
		mx, domain, sender := "", "", ""
		if r.IntN(9) > 0 {
			mx = fmt.Sprintf("mx%d.example.net", r.IntN(300))
			domain = fmt.Sprintf("d%d.example.net", r.IntN(12_000))
			sender = fmt.Sprintf("s%d.example.com", r.IntN(300))
		}
		o.Event.MX, o.Domain, o.SenderDomain = []byte(mx), domain, sender
		o.Attempt.Notice = r.IntN(9) == 0
		plain.Add(o)
		o.Known = Known{Acc: told, MX: known["mx "+mx], Domain: known["to "+domain], Sender: known["from "+sender]}
		if o.Known.MX != 0 && o.Known.Domain != 0 && o.Known.Sender != 0 {
			found++
		}
		told.Add(o)
		for key, s := range map[string]ShareNumber{"mx " + mx: o.Known.MX, "to " + domain: o.Known.Domain, "from " + sender: o.Known.Sender} {
			if s != 0 {
				known[key] = s
			}
		}
		other.Add(o) // which the shares are not of
	}
	if found < 1000 || told.MX.Len() != maxHosts+1 || told.Senders.Len() != maxHosts || told.Domains.Len() != maxDomains+1 {
		t.Fatalf("%d found, of %d MX hosts, %d senders, %d domains: the bounds are not tested", found, told.MX.Len(), told.Senders.Len(), told.Domains.Len())
	}
	want := frozen(t, plain)
	if got := frozen(t, told); got != want {
		t.Errorf("told the shares, %s", difference(want, got))
	}
	if got := frozen(t, other); got != want {
		t.Errorf("told the shares of another, %s", difference(want, got))
	}
}

// shown are all spans of an accumulator.
func shown(a *Acc) (s string) {
	for _, h := range a.Spans {
		s += fmt.Sprintln(h.MX, h.List)
	}
	return s
}

// Spans that come by lists are the same as those that come one by one, however often
// detail is summed up meanwhile, and beyond the bound of hosts.
func TestSpanList(t *testing.T) {
	f := func(bytes int64, hosts int) {
		t.Helper()
		d, e := NewDetail(bytes, thresholds()), NewDetail(bytes, thresholds())
		plain, listed := d.NewAcc(), e.NewAcc()
		lists := map[string]*SpanList{}
		r := rand.New(rand.NewPCG(9, uint64(hosts)))
		for i := range int64(20_000) {
			mx := ""
			if n := r.IntN(hosts); n > 0 {
				mx = fmt.Sprintf("mx%d.example.net", n)
			}
			at := (1_800_000_000 + i) * second
			s := session.Span{Open: at - r.Int64N(second), Close: at, PID: uint32(r.IntN(9)), Attempts: 1, Served: 1, Use: 1}
			o := observe(at/second, mail.Delivered, &success, true)
			if r.IntN(20) == 0 {
				o = observe(at/second, mail.Deferred, &limit, true)
				s.Refused, s.Served = 1, 0
			}
			plain.Add(o)
			plain.AddSpan(mx, s)
			listed.Add(o)
			if lists[mx] == nil {
				list := listed.SpanList(mx)
				lists[mx] = &list
			}
			lists[mx].Add(s)
			if d.used != e.used || d.Folded() != e.Folded() {
				t.Fatalf("span %d: %d bytes and %d attempts summed up, want %d and %d", i, e.used, e.Folded(), d.used, d.Folded())
			}
		}
		if bytes < DetailBytes && d.Folded() == 0 {
			t.Fatal("nothing is summed up")
		}
		if want, got := shown(plain), shown(listed); got != want {
			t.Errorf("%d bytes, %d hosts: %s", bytes, hosts, difference(want, got))
		}
		if want, got := frozen(t, plain), frozen(t, listed); got != want {
			t.Errorf("%d bytes, %d hosts: %s", bytes, hosts, difference(want, got))
		}
	}
	f(DetailBytes, 5)
	f(DetailBytes, maxHosts+50)
	f(400_000, 5)
	f(400_000, maxHosts+50)
}

// Detached spans are those that were added, and no longer those of the list.
func TestDetach(t *testing.T) {
	a := NewAcc()
	lists := []SpanList{a.SpanList("mx1.example.net"), a.SpanList("mx2.example.net")}
	for i := range int64(10) {
		lists[i%2].Add(session.Span{Open: i, Close: i + 1})
	}
	want := shown(a)
	a.Detach()
	if got := shown(a); got != want {
		t.Errorf("detached spans are %s, want %s", got, want)
	}
	for i := range lists {
		if a.Spans[i] == &lists[i].own {
			t.Errorf("spans of %s are still those of the list", lists[i].MX())
		}
	}
}
