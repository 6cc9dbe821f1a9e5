package group

import (
	"slices"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// The mail at hand, and the time it needs at 2 sessions per sending IP: the seed's
// 4,870 messages need about 40 minutes at one second each (H23).
func TestBatch(t *testing.T) {
	f := func(offered float64, arrivals, queued int64, busySeconds float64, ips int, batch, minutes float64, basis rules.Basis) {
		t.Helper()
		a := NewAcc()
		for i := range arrivals {
			a.Arrivals = append(a.Arrivals, 60*second+i%60*second)
		}
		a.TroubleFates.Queued = queued
		if busySeconds > 0 {
			a.Busy, a.BusyCount = int64(busySeconds*10*second), 10
		}
		c := Cell{Acc: a, Facts: rules.Facts{"offered_sessions": {Value: offered}}, th: thresholds(), ips: ips}
		c.came = c.arrived()
		c.batch()
		if got := c.Facts["batch"].Value; got != batch {
			t.Errorf("%d arrivals, %d queued: a batch of %v, want %v", arrivals, queued, got, batch)
		}
		m := c.Facts["batch_time"]
		if m.Value != minutes*60 || minutes > 0 && m.Basis != basis {
			t.Errorf("%d arrivals, %d queued, %v s each, %d IPs: %v s (%s), want %v minutes (%s)",
				arrivals, queued, busySeconds, ips, m.Value, m.Basis, minutes, basis)
		}
	}
	f(8, 4870, 0, 1, 1, 4870, 41, rules.Measured)
	f(8, 4870, 0, 1, 2, 4870, 21, rules.Measured)
	f(8, 100, 6000, 1, 0, 6000, 50, rules.Measured)
	f(8, 240, 0, 0, 1, 240, 1, rules.Assumed) // half a second each is assumed
	f(0.5, 4870, 0, 1, 1, 0, 0, 0)            // one session takes them as they come
	f(0.5, 4870, 30, 1, 1, 30, 1, rules.Measured)
	f(0, 0, 0, 1, 1, 0, 0, 0)
}

func densestOf(times []int64, length int64) int64 {
	slices.Sort(times)
	n, _ := densest(times, length)
	return n
}

func TestDensest(t *testing.T) {
	f := func(times []int64, length, want int64) {
		t.Helper()
		if got := densestOf(times, length); got != want {
			t.Errorf("%v in %d: %d, want %d", times, length, got, want)
		}
	}
	f(nil, 10, 0)
	f([]int64{5}, 10, 1)
	f([]int64{30, 1, 2, 3, 10, 12}, 10, 4)
	f([]int64{0, 10, 20}, 10, 1)
}

// A day's volume is known from a day on; a shorter log does not tell.
func TestMessagesPerDay(t *testing.T) {
	f := func(hours, messages int64, want float64, known bool) {
		t.Helper()
		a := NewAcc()
		a.Counts.Messages, a.First, a.Last = messages, 1, 1+hours*3600*second
		c := Cell{Acc: a, Facts: rules.Facts{}, th: thresholds()}
		c.came = c.arrived()
		c.batch()
		if m, ok := c.Facts["messages_per_day"]; ok != known || m.Value != want {
			t.Errorf("%d messages in %d hours: %v, known %v", messages, hours, m.Value, ok)
		}
	}
	f(48, 3000, 1500, true)
	f(24, 3000, 3000, true)
	f(23, 3000, 0, false)
}

// Destinations that take mail and refuse none are counted, the one itself left out.
func TestHealthy(t *testing.T) {
	acc := func(delivered, refused int64) *Acc {
		a := NewAcc()
		a.Counts.Delivered, a.TroubleRefusals = delivered, refused
		for _, s := range []int64{3, 9, 100} {
			a.Waits.Add(s*second, 1)
		}
		return a
	}
	sums := Freeze(map[Key]*Acc{
		{Platform: "a.example"}: acc(90, 0), {Platform: "b.example"}: acc(80, 0),
		{Platform: "c.example"}: acc(70, 7), {Platform: "d.example"}: acc(0, 0),
	}, Context{Thresholds: thresholds(), Kind: func(string) mail.Kind { return mail.CustomMX }})
	for i, want := range []float64{1, 1, 2, 2} {
		for _, c := range append([]Cell{sums[i].All}, sums[i].ByIP...) {
			if got := c.Facts["healthy_destinations"].Value; got != want {
				t.Errorf("%s: %v others are healthy, want %v", sums[i].Platform, got, want)
			}
			if got := c.Facts["retry_wait"].Value; got != 9 {
				t.Errorf("%s: median wait %v", sums[i].Platform, got)
			}
		}
	}
}
