package group

import (
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// window is what happens in one stretch of a handmade log: first attempts and
// retries, of which so many are refused.
type window struct{ first, retries, refused int }

// played makes an accumulator of windows of so many seconds.
func played(length int64, windows []window) *Acc {
	a := NewAcc()
	for i, w := range windows {
		for j := range w.first + w.retries {
			outcome, r := mail.Delivered, &success
			if j < w.refused {
				outcome, r = mail.Deferred, &limit
			}
			at := 900_000 + int64(i)*length + int64(j)*length/int64(w.first+w.retries)
			a.Add(observe(at, outcome, r, j >= w.retries))
		}
	}
	return a
}

func measured(a *Acc) *Cell {
	c := &Cell{Acc: a, th: thresholds(), begin: a.First, end: a.Last}
	c.measure()
	return c
}

// Deferrals, retries and new connections that rise together over windows are the
// loop (H15); where one of the three does not rise, or hardly, there is none.
func TestFeedback(t *testing.T) {
	f := func(name string, length int64, windows []window, want float64) {
		t.Helper()
		if got := measured(played(length, windows)).Facts["feedback_windows"].Value; got != want {
			t.Errorf("%s: %v windows, want %v", name, got, want)
		}
	}
	loop := []window{{20, 5, 5}, {20, 20, 20}, {20, 40, 40}, {20, 80, 80}, {20, 150, 150}}
	f("a loop over quarters of an hour", 900, loop, 5)
	f("a loop over minutes", 60, loop, 5)
	f("steady", 900, []window{{20, 20, 20}, {20, 20, 20}, {20, 20, 20}, {20, 20, 20}}, 0)
	f("falling", 900, []window{{20, 80, 80}, {20, 40, 40}, {20, 20, 20}, {20, 5, 5}}, 0)
	f("more mail, no refusals", 900, []window{{20, 1, 0}, {40, 2, 0}, {80, 4, 0}, {160, 8, 0}}, 0)
	f("a rise that is none", 900, []window{{40, 40, 40}, {40, 42, 42}, {40, 44, 44}, {40, 46, 46}}, 0)
	f("too few to tell", 900, []window{{1, 1, 1}, {1, 2, 2}, {1, 3, 3}, {1, 4, 4}}, 0)
}

// The own pace before and after the first refusal (H79).
func TestPace(t *testing.T) {
	f := func(name string, windows []window, before, after float64, known bool) {
		t.Helper()
		c := measured(played(900, windows))
		b, ok := c.Facts["pace_before"]
		a := c.Facts["pace_after"]
		if ok != known || known && (b.Value < before*0.9 || b.Value > before*1.1 || a.Value < after*0.9 || a.Value > after*1.1) {
			t.Errorf("%s: %.2f a minute before, %.2f after (known %v), want %.2f, %.2f (%v)", name, b.Value, a.Value, ok, before, after, known)
		}
	}
	f("slowed", []window{{150, 0, 0}, {150, 0, 1}, {30, 0, 0}, {30, 0, 0}}, 10, 10, true) // the window after it is still the second one
	f("slowed at once", []window{{150, 0, 0}, {149, 0, 0}, {30, 0, 1}, {30, 0, 0}}, 10, 2, true)
	f("sped up", []window{{30, 0, 0}, {30, 0, 0}, {300, 0, 1}, {300, 0, 0}}, 2, 20, true)
	f("refused from the first line on", []window{{150, 0, 150}, {150, 0, 150}}, 0, 0, false)
	f("never refused", []window{{150, 0, 0}, {150, 0, 0}}, 0, 0, false)
}

// Retries of one queue run come at once; sessions of retries are told from those of
// the original send, and a cached connection is neither.
func TestRetryLoad(t *testing.T) {
	a := NewAcc()
	for i := range int64(30) {
		a.Add(observe(900_000+i*20, mail.Deferred, &limit, true))
	}
	for i := range int64(60) {
		a.Add(observe(901_000+i/30, mail.Deferred, &limit, false))
	}
	reused := observe(901_001, mail.Deferred, &limit, false)
	a.Add(reused)
	a.Reused(reused)
	c := measured(a)
	for name, want := range map[string]float64{"retry_clump": 61, "retry_sessions_per_first": 2, "gaps_as_advised": 0} {
		if got := c.Facts[name].Value; got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if got := c.Facts["retry_clump_sessions"]; got.Value != 3.05 || got.Basis != rules.Assumed {
		t.Errorf("retry_clump_sessions %+v", got)
	}
}

// Gaps are held against 15m, doubling, at most 4h (H45-H49).
func TestAdvised(t *testing.T) {
	th := thresholds()
	for n, want := range map[int32]float64{1: 900, 2: 1800, 3: 3600, 4: 7200, 5: 14400, 6: 14400, 1 << 30: 14400} {
		if got := Advised(n, th); got != want {
			t.Errorf("before retry %d: %v s, want %v", n, got, want)
		}
	}
	f := func(retry, seconds int32, want bool) {
		t.Helper()
		if got := (Gap{retry, seconds}).AsAdvised(th); got != want {
			t.Errorf("%d s before retry %d: as advised %v, want %v", seconds, retry, got, want)
		}
	}
	f(1, 900, true)
	f(1, 730, true) // a queue run jitters
	f(1, 300, false)
	f(5, 900, false)
}
