package session

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// slowly is Connections by trying every connection for every delivery.
func slowly(spans []Span, idle, blur int64) (out []Connection) {
	type last struct {
		close int64
		use   uint16
		host  uint8
	}
	var ends []last
	for _, s := range spans {
		best := -1
		for i, e := range ends {
			fits := s.Use > 1 && (e.use == s.Use-1 || e.use == 2 && s.Use == 2) && e.host == s.Host
			if fits && e.close >= s.Open-idle-blur && e.close <= s.Open+blur && (best < 0 || e.close > ends[best].close) {
				best = i
			}
		}
		if best < 0 {
			best = len(out)
			out = append(out, Connection{Open: s.Open, Ready: s.ready(), Close: s.Close})
			ends = append(ends, last{})
		} else {
			out[best].Close, out[best].Reused = max(out[best].Close, s.Close), true
		}
		ends[best] = last{s.Close, s.Use, s.Host}
	}
	return out
}

// Connections are those that trying all of them finds.
func TestConnectionsAgreeWithTryingAll(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 500 {
		spans := make([]Span, r.IntN(400))
		length, uses, least := 1+r.Int64N(3000), 1+r.IntN(5), 1
		if r.IntN(4) == 0 {
			least = 60
		}
		for i := range spans {
			open := r.Int64N(length)
			spans[i] = Span{Open: open, Close: open + r.Int64N(50), Use: uint16(least + r.IntN(uses)), Host: uint8(r.IntN(2))}
		}
		slices.SortFunc(spans, func(a, b Span) int {
			return cmp.Or(cmp.Compare(a.Open, b.Open), cmp.Compare(a.Close, b.Close), cmp.Compare(a.Use, b.Use), cmp.Compare(a.Host, b.Host))
		})
		idle, blur := r.Int64N(200), r.Int64N(20)
		got, want := Connections(spans, idle, blur, func(*Span) bool { return true }), slowly(spans, idle, blur)
		sortConnections(got)
		sortConnections(want)
		if !slices.Equal(got, want) {
			t.Fatalf("%d spans: %d connections, want %d:\n%v\n%v", len(spans), len(got), len(want), got, want)
		}
	}
}

func sortConnections(list []Connection) {
	slices.SortFunc(list, func(a, b Connection) int {
		return cmp.Or(cmp.Compare(a.Open, b.Open), cmp.Compare(a.Close, b.Close), cmp.Compare(a.Ready, b.Ready))
	})
}

// BenchmarkConnections is a burst: all deliveries end in one second, half of them on
// connections that were used before.
func BenchmarkConnections(b *testing.B) {
	spans := make([]Span, 20_000)
	for i := range spans {
		spans[i] = Span{Open: int64(i), Close: int64(i) + 500_000, Use: uint16(1 + i/10_000)}
	}
	n := 0
	for b.Loop() {
		n = len(Connections(spans, second, second, func(*Span) bool { return true }))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(spans)), "ns/span")
	if n != 10_000 {
		b.Fatalf("%d connections, want 10000", n)
	}
}
