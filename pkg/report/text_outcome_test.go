package report

import (
	"fmt"
	"strings"
	"testing"
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
	f(Outcome{DeliveredAtFirst: 309, StillQueued: 2}, "2 still queued at end of log, 309 only held back, delivered at the first try")
	r := &Report{Groups: []Group{{Destination: "Microsoft consumer", Trouble: Trouble{Refusals: 1}, Severity: "watch", Cause: "burst", Outcome: Outcome{DeliveredAtFirst: 309}}}}
	if s := render(t, r, TextOptions{}); !strings.Contains(s, "309 only held back, delivered at the first try") {
		t.Errorf("the text does not say so:\n%s", s)
	}
}
