package group

import (
	"math/rand/v2"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Spikes that come back at one moment of a period show a schedule; spikes at random
// do not.
func TestPeriod(t *testing.T) {
	const monday = 1_778_457_600 // 2026-05-11 00:00 UTC
	f := func(name string, spikes []int64, want float64, says string) {
		t.Helper()
		a := NewAcc()
		for i := range int64(200) { // a thin stream besides
			a.Add(observe(monday+i*3571%(14*86400), mail.Delivered, &success, true))
		}
		for _, s := range spikes {
			for i := range int64(40) {
				a.Add(observe(monday+s+i%4, mail.Delivered, &success, true))
			}
			a.Add(observe(monday+s+5, mail.Deferred, &limit, true))
		}
		c := Cell{Acc: a, th: thresholds()}
		c.measure()
		m, ok := c.Facts["period"]
		if m.Value != want || m.Text != says || ok != (want > 0) {
			t.Errorf("%s: period %v %q, want %v %q", name, m.Value, m.Text, want, says)
		}
		if n := c.Facts["period_refused"].Value; ok && n != c.Facts["period_spikes"].Value {
			t.Errorf("%s: %v of %v spikes met a limit", name, n, c.Facts["period_spikes"].Value)
		}
	}
	every := func(n int, period, phase, jitter int64) (out []int64) {
		for i := range int64(n) {
			out = append(out, i*period+phase+i*7%(jitter+1))
		}
		return out
	}
	f("daily", every(5, 86400, 9*3600, 0), 86400, "day at 09:00 UTC")
	f("daily, by hand", every(5, 86400, 9*3600, 300), 86400, "day at 09:00 UTC")
	f("on weekdays", []int64{9 * 3600, 33 * 3600, 57 * 3600, 81 * 3600, 105 * 3600, 177 * 3600, 201 * 3600}, 86400, "day at 09:00 UTC")
	f("hourly", every(24, 3600, 15*60, 0), 3600, "hour at :15")
	f("half-hourly", every(24, 1800, 0, 0), 1800, "30 minutes, at :00")
	f("every five minutes", every(30, 300, 120, 0), 300, "5 minutes, at :02")
	f("every minute", every(60, 60, 0, 0), 60, "minute at :00")
	f("twice a day", append(every(7, 86400, 9*3600, 0), every(7, 86400, 14*3600, 0)...), 86400, "day at 09:00 UTC")
	f("weekly", every(3, 7*86400, 8*3600, 0), 7*86400, "week, Monday 08:00 UTC")
	f("once", []int64{9 * 3600}, 0, "")
	f("two only", []int64{9 * 3600, 33 * 3600}, 0, "")
	r := rand.New(rand.NewPCG(5, 5))
	for range 20 {
		var random []int64
		for range 8 {
			random = append(random, r.Int64N(10*86400))
		}
		f("at random", random, 0, "")
	}
}

func TestClock(t *testing.T) {
	f := func(period, phase int64, want string) {
		t.Helper()
		if got := clock(period, phase); got != want {
			t.Errorf("%d %d: %q, want %q", period, phase, got, want)
		}
	}
	f(60, 5, "minute at :05")
	f(600, 180, "10 minutes, at :03")
	f(3600, 1800, "hour at :30")
	f(86400, 86399, "day at 23:59 UTC")
	f(7*86400, 4*86400+9*3600, "week, Monday 09:00 UTC")
}

func TestChance(t *testing.T) {
	f := func(n, k int, part, want float64) {
		t.Helper()
		if got := chance(n, k, part); got < want*0.99 || got > want*1.01 {
			t.Errorf("%d of %d within %v: %v, want %v", k, n, part, got, want)
		}
	}
	f(3, 3, 0.01, 3e-4)
	f(5, 3, 0.01, 5*6*1e-4)
	f(5, 5, 1./6, 5./1296)
}
