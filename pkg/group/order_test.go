package group

import (
	"math"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
)

// outcomes are spans a second apart: + accepted, - refused, o failed otherwise.
func outcomes(s string) swept {
	var spans []session.Span
	for i, c := range s {
		p := session.Span{Open: int64(i) * second, Close: int64(i)*second + 1, Attempts: 1}
		switch c {
		case '+':
			p.Served = 1
		case '-':
			p.Refused = 1
		}
		spans = append(spans, p)
	}
	return swept{spans: spans}
}

func TestOrder(t *testing.T) {
	f := func(s string, want order) {
		t.Helper()
		whole := outcomes(s)
		if got := whole.order(nil); got != want {
			t.Errorf("%s: %+v, want %+v", s, got, want)
		}
	}
	f("", order{})
	f("+++", order{runs: 1, accepted: 3})
	f("++--+", order{runs: 3, accepted: 3, refused: 2})
	f("+o+-o-", order{runs: 2, accepted: 2, refused: 2}) // what failed otherwise breaks no run
}

// Wald and Wolfowitz: of 10 and 10 in random order 11 runs are expected, with a standard
// deviation of the root of 90/19.
func TestOrder_Stretches(t *testing.T) {
	f := func(o order, want float64, known bool) {
		t.Helper()
		if got, ok := o.stretches(); ok != known || math.Abs(got-want) > 0.001 {
			t.Errorf("%+v: %.3f %v, want %.3f %v", o, got, ok, want, known)
		}
	}
	f(order{runs: 11, accepted: 10, refused: 10}, 0, true)
	f(order{runs: 2, accepted: 10, refused: 10}, 4.135, true)
	f(order{runs: 20, accepted: 10, refused: 10}, -4.135, true)
	f(order{runs: 2, accepted: 4, refused: 28}, 5.155, true)
	f(order{runs: 5, accepted: 2, refused: 100}, 0, false)
	f(order{}, 0, false)
}

// What is summed up in two pieces counts as one log, but for the run that a piece begins.
func TestOrder_Folded(t *testing.T) {
	whole := outcomes("++--++--++--")
	half := make([]bool, len(whole.spans))
	for i := range half {
		half[i] = i < 6
	}
	past := sums{}
	past.order = whole.order(half)
	rest := swept{spans: whole.spans[6:], past: &past}
	if got, want := rest.orderEver(), (order{runs: 6, accepted: 6, refused: 6}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
