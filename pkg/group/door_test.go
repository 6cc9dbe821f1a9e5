package group

import (
	"math"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
)

// door is a log of deliveries, each by its time in tenths of a second and what became of it.
func door(t *testing.T, deliveries ...struct {
	at      int64
	refused bool
}) *served {
	t.Helper()
	var spans []session.Span
	for i, d := range deliveries {
		p := session.Span{Open: d.at * second / 10, Close: d.at*second/10 + second/10, PID: uint32(i), Attempts: 1, Use: 1, Precise: true}
		if d.refused {
			p.Refused = 1
		} else {
			p.Served = 1
		}
		spans = append(spans, p)
	}
	th := thresholds()
	var w gauge
	s := w.sweepOf(spans, nil, th)
	return w.serve(&s, session.Connections(s.spans, 2*second, second/20, wasServed), math.MaxInt64)
}

// A door that is shut after an excess takes nothing until it opens; any other limit takes
// the next delivery when one has ended.
func TestTakenSoon(t *testing.T) {
	type d = struct {
		at      int64
		refused bool
	}
	f := func(shut bool, deliveries ...d) {
		t.Helper()
		if v := door(t, deliveries...); v.shut != shut {
			t.Errorf("%v: shut %v, want %v", deliveries, v.shut, shut)
		}
	}
	f(true, d{0, false}, d{0, false}, d{0, true}, d{3, true}, d{150, false}, d{150, false}, d{150, true})
	f(false, d{0, false}, d{0, false}, d{0, true}, d{3, false})
	f(false, d{0, false}, d{0, false}, d{0, true}, d{20, false}, d{150, false})
	f(true, d{0, false}, d{1, true}, d{40, false}) // it takes longer than that
	f(false, d{0, true}, d{1, true})               // nothing is ever taken
}

// Behind a shut door refusals at one session say nothing of the limit: the first of each
// time do, even if they are few.
func TestOnset_ShutDoor(t *testing.T) {
	type d = struct {
		at      int64
		refused bool
	}
	var shut []d
	for wave := range int64(4) {
		at := wave * 200
		shut = append(shut, d{at, false}, d{at, false}, d{at, true}, d{at + 4, true}, d{at + 8, true}, d{at + 12, true})
	}
	if got := door(t, shut...).onset(); got != 2 {
		t.Errorf("onset at %d, want 2", got)
	}
	if got := door(t, append(shut, d{614, false})...).onset(); got != 0 {
		t.Errorf("onset at %d of a receiver that takes mail between refusals, want 0: too few", got)
	}
}
