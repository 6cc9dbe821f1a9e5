package sim

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestScenariosAreWhatTheySay holds the plain facts of each story.
func TestScenariosAreWhatTheySay(t *testing.T) {
	f := func(name string, scale float64, check func(Truth, book) bool) {
		t.Helper()
		log, truth := run(t, name, Options{Scale: scale, Micro: true})
		if truth.Scenario != name || truth.Cause == "" || truth.About == "" || truth.Messages == 0 {
			t.Errorf("%s: incomplete truth %+v", name, truth)
		}
		if b := read(t, log); !check(truth, b) {
			t.Errorf("%s is not what it says: %+v %v", name, truth, b.attempts)
		}
	}
	at := func(truth Truth, platform string) Receiver {
		i := slices.IndexFunc(truth.Platforms, func(r Receiver) bool { return r.Name == platform })
		if i < 0 {
			return Receiver{}
		}
		return truth.Platforms[i]
	}
	const ms = "microsoft-consumer"
	over := func(truth Truth, _ book) bool {
		m := at(truth, ms)
		return m.Refusals["cap"] > m.Accepted/4 && m.Accepted > 0 && len(m.Refusals) == 1
	}
	f("burst", 0.02, over)
	f("burst-800", 0.2, over)
	f("burst-10k", 0.02, over)
	f("periodic", 0.02, over)
	f("two-ips", 0.05, func(truth Truth, b book) bool {
		m := at(truth, ms)
		return over(truth, b) && m.PeakOpen[mainIP] <= 6 && m.PeakOpen[nextIP] > 6
	})
	clean := func(truth Truth, _ book) bool { return len(at(truth, ms).Refusals) == 0 && at(truth, ms).Accepted > 0 }
	f("spread-same-volume", 0.05, clean)
	f("million", 0.01, clean)
	f("greylist-only", 0.2, func(truth Truth, b book) bool {
		return clean(truth, b) && truth.Refusals["greylist"] > 20 && truth.Refusals["cap"] == 0
	})
	f("busy", 0.2, clean)
	f("own-limit", 0.2, clean)
	share := func(from, to float64) func(Truth, book) bool {
		return func(truth Truth, _ book) bool {
			m := at(truth, ms)
			s := float64(m.Refusals["distrust"]) / float64(m.Refusals["distrust"]+m.Accepted)
			return s > from && s < to
		}
	}
	f("trust", 1, share(0.7, 0.9))
	f("trust-after-cap", 0.1, share(0.65, 0.85))
	f("single-refusal", 0.2, func(truth Truth, _ book) bool {
		return maps.Equal(at(truth, ms).Refusals, map[string]int{"once": 1})
	})
	f("listing", 0.1, func(truth Truth, b book) bool {
		return at(truth, ms).Accepted == 0 && at(truth, "gate.example").Accepted == 0 && truth.Fate.Bounced > 20 && b.attempts.Suspended > 0
	})
	f("hardening", 0.1, func(truth Truth, _ book) bool {
		return at(truth, ms).Refusals["reputation"] > 50 && at(truth, ms).Refusals["listing"] > 20
	})
	f("expiry", 0.2, func(truth Truth, _ book) bool { return truth.Fate.Expired > 50 && truth.Notices > 20 })
	f("warm-up", 0.05, func(truth Truth, _ book) bool {
		m := at(truth, ms)
		return m.Refusals["quota"] > 1000 && len(m.Refusals) == 1 && truth.Last.Sub(truth.First) == 30*day
	})
	f("two-streams", 0.2, func(truth Truth, _ book) bool {
		m := at(truth, ms)
		return m.Refusals["distrust"] > 100 && len(m.PeakOpen) == 2
	})
	f("retry-hammer", 1, func(truth Truth, _ book) bool {
		m := at(truth, ms)
		return m.Refusals["cap"] > 5*m.Accepted
	})
	f("gateway-cap", 0.3, func(truth Truth, b book) bool {
		return at(truth, "gate.example").Refusals["cap"] > 10 && b.attempts.Suspended > 100
	})
	f("connection-rate", 0.3, func(truth Truth, _ book) bool { return truth.Refusals["connection-rate"] > 100 })
	f("message-rate", 0.3, func(truth Truth, b book) bool {
		return truth.Refusals["message-rate"] > 100 && b.attempts.Interim > 100
	})
}

// TestOverTime holds what stories say about before and after.
func TestOverTime(t *testing.T) {
	hours := func(name string, scale float64) (tried, refused [24]int) {
		t.Helper()
		log, _ := run(t, name, Options{Scale: scale, Micro: true})
		for line := range strings.Lines(log) {
			r := parse(t, line)
			if !strings.HasSuffix(r.program, "/smtp") || !strings.Contains(r.body, ".olc.") || !strings.Contains(r.body, "to=<") {
				continue
			}
			tried[r.time.Hour()]++
			if strings.Contains(r.body, "status=deferred") {
				refused[r.time.Hour()]++
			}
		}
		return tried, refused
	}
	between := func(n [24]int, from, to int) (k int) {
		for h := from; h < to; h++ {
			k += n[h]
		}
		return k
	}
	tried, refused := hours("recovered", 0.2)
	if before, after := between(refused, 8, 12), between(refused, 13, 24); before < 500 || after > between(tried, 13, 24)/50 {
		t.Errorf("recovered: %d refused before noon and %d after it", before, after)
	}
	tried, refused = hours("step-2-4", 0.3)
	if a, b, c := between(refused, 6, 9), between(refused, 10, 15), between(refused, 15, 24); a < 300 || b > between(tried, 10, 15)/50 || c < between(tried, 15, 24)/20 {
		t.Errorf("step-2-4: refused %d at 20 sessions, %d at 2, %d at 4 (of %d)", a, b, c, between(tried, 15, 24))
	}
	_, refused = hours("cap-lowered", 0.3)
	if a, b := between(refused, 0, 12), between(refused, 12, 24); a > 0 || b < 300 {
		t.Errorf("cap-lowered: %d refused before noon, %d after it", a, b)
	}
	_, refused = hours("cap-lifted", 0.3)
	if a, b := between(refused, 0, 12), between(refused, 13, 24); a < 300 || b > 0 {
		t.Errorf("cap-lifted: %d refused before noon, %d after 13:00", a, b)
	}
	tried, refused = hours("near-zero", 0.5)
	if a, b := between(tried, 0, 9)-between(refused, 0, 9), between(tried, 10, 24)-between(refused, 10, 24); a == 0 || b*10 > between(tried, 10, 24) {
		t.Errorf("near-zero: %d accepted before 09:00, %d of %d after 10:00", a, b, between(tried, 10, 24))
	}
	tried, refused = hours("trust-after-cap", 0.2)
	if a, b := between(refused, 13, 24), between(tried, 13, 24); a*2 < b {
		t.Errorf("trust-after-cap: only %d of %d refused after the own limit was lowered", a, b)
	}
}
