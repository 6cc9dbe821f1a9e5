package report

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Mail that our own side only held back was not delivered on retry.
func TestHeldBackIsNoRetry(t *testing.T) {
	f := func(o Outcome, want string) {
		t.Helper()
		if got := becameOf(o); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if figure := fmt.Sprint(outcomeFigure(o)); strings.Contains(figure, "held back") != (o.DeliveredAtFirst > 0) {
			t.Errorf("%+v: %s", o, figure)
		}
	}
	f(Outcome{DeliveredOnRetry: 1, MedianS: ptr(int64(360))}, "delivered on retry after 6m")
	f(Outcome{DeliveredOnRetry: 1, DeliveredAtFirst: 309, MedianS: ptr(int64(360))}, "1 delivered on retry (median 6m), 309 only held back, delivered at the first try")
	f(Outcome{DeliveredAtFirst: 309, StillQueued: 2}, "309 only held back, delivered at the first try, 2 still queued at end of log")
	r := &Report{Groups: []Group{{Destination: "Microsoft consumer", Trouble: Trouble{Refusals: 1}, Severity: "watch", Cause: "burst", Outcome: Outcome{DeliveredAtFirst: 309}}}}
	if s := render(t, r, TextOptions{}); !strings.Contains(s, "309 only held back, delivered at the first try") {
		t.Errorf("the text does not say so:\n%s", s)
	}
}

// What is said of numbers must be true of them.
func TestWords(t *testing.T) {
	f := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f(byClassPhrase(&Group{Refusals: map[string]int64{"connection-limit": 7, "listing": 2}}), "connection-limit 7, listing 2")
	f(byClassPhrase(&Group{Refusals: map[string]int64{"connection-limit": 7, "timeout": 9}}), "all failures: timeout 9, connection-limit 7")
	f(byClassPhrase(&Group{}), "")
	f(pacePhrase(&Pace{Before: 2.71, After: 2.68, Slowed: true}), "the same before and after the reply: 2.7 new connections a minute")
	f(pacePhrase(&Pace{Before: 3, After: 1.2, Slowed: true}), "slowed down after the reply: 3.0 new connections a minute before, 1.2 after")
	f(pacePhrase(&Pace{Before: 1.2, After: 3}), "did not slow down after the reply: 1.2 new connections a minute before, 3.0 after")
	f(limitPhrase(&Group{Limit: Limit{Type: "dynamic", Safe: ptr(int64(1))}}), "dynamic; for a while 1 session met no refusal")
	f((&text{TextOptions: TextOptions{By: RowsPlatform}}).destination(&row{g: &Group{Destination: "Microsoft 365", MX: make([]string, 200), ByMXMore: 7449}}), "Microsoft 365 (over 200 MX)")
}

// Where the line is too short, a column of zeros goes before one that tells something.
func TestNarrowTableKeepsWhatItTells(t *testing.T) {
	r := &Report{Groups: []Group{{
		Destination: "Microsoft consumer", Severity: "escalate", Cause: "listing", Refusals: map[string]int64{"listing": 10}, Trouble: Trouble{Refusals: 10},
		Counts: Counts{Attempts: 10, Bounced: 10},
	}}}
	head := func(width int) string {
		for line := range strings.Lines(render(t, r, TextOptions{Detail: DetailNone, Width: width})) {
			if strings.HasPrefix(line, "LEVEL") {
				return strings.Join(strings.Fields(line), " ")
			}
		}
		return ""
	}
	for width, want := range map[int]string{
		110: "LEVEL DESTINATION CAUSE LIMIT REFUSALS DEFERRED ACCEPTED BOUNCED EXPIRED SESSIONS/IP",
		80:  "LEVEL DESTINATION CAUSE LIMIT REFUSALS BOUNCED SESSIONS/IP",
	} {
		if got := head(width); got != want {
			t.Errorf("%d columns: %s, want %s", width, got, want)
		}
	}
}

// The chart says that it leaves windows out.
func TestOverTimeSaysWhatItShows(t *testing.T) {
	windows := make([]Window, 8)
	for i := range windows {
		windows[i] = Window{Start: time.Date(2026, 5, 20, 9, 15*i, 0, 0, time.UTC), AcceptedRecipients: 9}
	}
	f := func(deferred []int, around bool) {
		t.Helper()
		g := Group{Destination: "example", Severity: "watch", Cause: "burst", Trouble: Trouble{Refusals: 1}, Windows: append([]Window(nil), windows...)}
		for _, i := range deferred {
			g.Windows[i].DeferredRecipients = 3
		}
		got := render(t, &Report{Groups: []Group{g}}, TextOptions{})
		if strings.Contains(got, "Over time around the deferrals (UTC)") != around || !strings.Contains(got, "Over time") {
			t.Errorf("deferrals in %v: want around %v:\n%s", deferred, around, got)
		}
	}
	f([]int{3}, true)
	f([]int{1, 6}, false)
	f([]int{0, 5}, true)
}
