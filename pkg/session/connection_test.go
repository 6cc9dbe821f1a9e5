package session

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func served(s *Span) bool { return s.Served > 0 }

// The n-th delivery of a connection is followed by the next with n+1 that begins within
// idle after it, at the same address.
func TestConnections(t *testing.T) {
	one := func(open, end int64, use uint16, host uint8) Span {
		return Span{Open: open, Close: end, Use: use, Host: host, Attempts: 1, Served: 1}
	}
	f := func(name string, spans []Span, blur int64, want ...Connection) {
		t.Helper()
		got := Connections(spans, 10, blur, served)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	f("none", nil, 0)
	f("one after the other", []Span{one(0, 5, 1, 0), one(7, 9, 2, 0), one(12, 20, 3, 0)}, 0, Connection{0, 0, 20, true})
	f("too late", []Span{one(0, 5, 1, 0), one(16, 20, 2, 0)}, 0, Connection{0, 0, 5, false}, Connection{16, 16, 20, false})
	f("another number", []Span{one(0, 5, 1, 0), one(7, 9, 3, 0)}, 0, Connection{0, 0, 5, false}, Connection{7, 7, 9, false})
	f("another address", []Span{one(0, 5, 1, 1), one(7, 9, 2, 2)}, 0, Connection{0, 0, 5, false}, Connection{7, 7, 9, false})
	f("not numbered beyond 2", []Span{one(0, 5, 1, 0), one(7, 9, 2, 0), one(10, 12, 2, 0)}, 0, Connection{0, 0, 12, true})
	f("overlap by the error of times", []Span{one(0, 5, 1, 0), one(4, 9, 2, 0)}, 1, Connection{0, 0, 9, true})
	refused := one(7, 9, 2, 0)
	refused.Served, refused.Refused = 0, 1
	f("a refusal is not looked at", []Span{one(0, 5, 1, 0), refused, one(11, 12, 3, 0)}, 0, Connection{0, 0, 5, false}, Connection{11, 11, 12, false})
	slow := one(0, 9000, 1, 0)
	slow.Setup = 4
	f("set-up", []Span{slow}, 0, Connection{0, 4000, 9000, false})
}

// Sure and Maybe hold the true number of connections, whatever the error inside blur.
func TestOpenHoldsTheTruth(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	const blur, idle = 20, 30
	for range 100 {
		var truth, seen []Connection
		for range 1 + r.IntN(20) {
			open := r.Int64N(500)
			c := Connection{Open: open, Close: open + 1 + r.Int64N(200)}
			c.Ready = c.Open
			told := c
			told.Open += r.Int64N(2*blur+1) - blur
			told.Close += r.Int64N(2*blur+1) - blur
			told.Ready = told.Open
			c.Close += r.Int64N(idle + 1) // it idled for a while, which no line tells
			truth, seen = append(truth, c), append(seen, told)
		}
		o := NewOpen(seen, blur, idle)
		for at := int64(0); at < 800; at += 7 {
			n := 0
			for _, c := range truth {
				if c.Open <= at && at <= c.Close {
					n++
				}
			}
			if sure, maybe := o.Sure(at), o.Maybe(at, at); sure > n || maybe < n {
				t.Fatalf("at %d: %d open, surely %d, maybe %d", at, n, sure, maybe)
			}
		}
	}
}
