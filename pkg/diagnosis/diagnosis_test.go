package diagnosis

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// Gaps are compared with 15m, doubling, at most 4h (requirement H49).
func TestRetryGapsAgainstTheAdvice(t *testing.T) {
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	f := func(minutes []int32, want int64) {
		t.Helper()
		var list group.Gaps
		for i, m := range minutes {
			list.Take(group.Gap{Retry: int32(i + 1), Seconds: m * 60}, 1)
		}
		g := gaps(&list, set.Thresholds)
		if g.AsAdvised != want {
			t.Errorf("%v minutes: %d as advised, want %d", minutes, g.AsAdvised, want)
		}
		var sum int64
		for _, c := range g.Counts {
			sum += c.Count
		}
		if sum != int64(len(minutes)) {
			t.Errorf("%v minutes: the histogram counts %d", minutes, sum)
		}
	}
	f([]int32{15, 30, 60, 120, 240, 240}, 6)
	f([]int32{5, 5, 5}, 0)
	f([]int32{15, 15, 15}, 1)
	f([]int32{900, 900, 900}, 3)
	f(nil, 0)
}

// The sessions of a window are those of the busiest sending IP, and never more than the
// processes that were at work: what the peak says.
func TestWindowSessions(t *testing.T) {
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	f := func(want int32, processes ...uint32) {
		t.Helper()
		accs := map[group.Key]*group.Acc{}
		for ip, n := range processes {
			a := group.NewAcc()
			a.Add(&group.Observation{Event: &mail.Event{Kind: mail.KindAttempt, Outcome: mail.Delivered, Time: 1}, Reading: &group.Reading{}})
			for i := range uint32(9) {
				a.AddSpan("mx.example.net", session.Span{Open: int64(i), Close: 2 * second, PID: uint32(100*ip) + i%n, Attempts: 1})
			}
			accs[group.Key{Platform: "p", SendingIP: "192.0.2." + strconv.Itoa(ip+1)}] = a
		}
		s := group.Freeze(accs, group.Context{Thresholds: set.Thresholds})[0]
		if w := windows(&s); len(w) != 1 || w[0].Sessions != want || int32(s.All.Peak.Estimate) != want {
			t.Errorf("%v processes: windows %+v, peak %+v, want %d", processes, w, s.All.Peak, want)
		}
	}
	f(9, 9, 4)
	f(9, 4, 9)
	f(4, 4)
}

// Groups come gravest first; a healthy one has no steps and no cause.
func TestGroupsOrder(t *testing.T) {
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	healthy, lost := group.NewAcc(), group.NewAcc()
	healthy.Counts = group.Counts{Attempts: 900, Delivered: 900}
	lost.Counts = group.Counts{Attempts: 10, Deferred: 10, Expired: 4}
	lost.Refusals[mail.ConnectionLimit] = 10
	lost.TroubleRefusals, lost.TroubleMessages = 10, 8
	lost.TroubleFates.Expired = 4
	accs := map[group.Key]*group.Acc{{Platform: "a.example"}: healthy, {Platform: "b.example"}: lost}
	got := Groups(group.Summaries(accs, group.Context{Thresholds: set.Thresholds}), set, func(p string) Destination { return Destination{Name: p} })
	if len(got) != 2 || got[0].Platform != "b.example" || got[0].Severity != "escalate" || got[0].Why == "" || len(got[0].Steps) == 0 {
		t.Fatalf("first group %+v", got[0])
	}
	h := got[1]
	if h.Severity != "normal" || h.Cause != "none" || len(h.Steps) != 0 || h.Permanent {
		t.Errorf("healthy group %+v", h)
	}
	for _, g := range got {
		if types := hypotheses(g); types != "fixed dynamic" {
			t.Errorf("%s: hypotheses %q, both are always listed (C108)", g.Platform, types)
		}
	}
}

func hypotheses(g report.Group) string {
	s := ""
	for i, h := range g.Limit.Hypotheses {
		if i > 0 {
			s += " "
		}
		s += h.Type
	}
	return s
}

// Beyond a bound hosts and domains are not told apart, and what they had is counted.
func TestTooManyHosts(t *testing.T) {
	a := group.NewAcc()
	const hosts = 250
	for i := range hosts {
		name := fmt.Sprintf("h%03d.example", i)
		a.Add(&group.Observation{
			Event:   &mail.Event{Kind: mail.KindAttempt, Outcome: mail.Delivered, Time: int64(i+1) * second, MX: []byte("mx." + name)},
			Attempt: join.Attempt{FirstOfMessage: true, FirstOfRecipient: true}, Reading: &group.Reading{}, Domain: name,
		})
	}
	g := one(t, a, group.Context{})
	if len(g.ByMX)+int(g.ByMXMore) != hosts || g.ByMXMore == 0 || len(g.MX) != len(g.ByMX) {
		t.Errorf("%d hosts have a row, %d attempts are at others; want %d in all", len(g.ByMX), g.ByMXMore, hosts)
	}
	if len(g.ByDomain)+int(g.ByDomainMore) != hosts || g.ByDomainMore == 0 {
		t.Errorf("%d domains have a row, %d attempts are to others; want %d in all", len(g.ByDomain), g.ByDomainMore, hosts)
	}
	if want := fmt.Sprintf("MX hosts of %d attempts: there are too many", g.ByMXMore); !slices.Contains(g.Missing, want) {
		t.Errorf("%q lacks %q", g.Missing, want)
	}
}
