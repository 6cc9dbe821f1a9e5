package group

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// BenchmarkFoldMany is a large receiver with several hosts.
func BenchmarkFoldMany(b *testing.B) {
	for _, hosts := range []int{1, 8, 75} {
		b.Run(fmt.Sprint(hosts), func(b *testing.B) { foldMany(b, hosts, 60_000) })
	}
	b.Run("small", func(b *testing.B) { foldMany(b, 2, 20) })
}

func foldMany(b *testing.B, hosts, n int) {
	r := rand.New(rand.NewPCG(1, uint64(hosts)))
	a := NewAcc()
	begin := int64(1_800_000_000) * second
	for i := range n {
		at := begin + int64(i)*7200*second/int64(n)
		s := session.Span{Open: at, Close: at + 300_000 + r.Int64N(3*second), PID: uint32(r.IntN(60)), Attempts: 1, Served: 1, Use: 1, Setup: 20, Precise: true, Host: uint8(r.IntN(4))}
		o := observe(s.Close/second, mail.Delivered, &success, true)
		switch r.IntN(20) {
		case 0:
			o = observe(s.Close/second, mail.Deferred, &limit, true)
			s.Refused, s.Served = 1, 0
			s.Close = s.Open + 100_000
		case 1, 2, 3, 4, 5, 6:
			s.Use = 2
		}
		o.Event.Time = s.Close
		a.Add(o)
		a.AddSpan(fmt.Sprintf("mx%d.example.net", r.IntN(hosts)), s)
	}
	th := thresholds()
	length := th.Micros(rules.Window)
	f := &folding{th: th, length: length}
	for b.Loop() {
		b.StopTimer()
		one := *a
		one.Spans = maps.Clone(a.Spans)
		for mx := range one.Spans {
			one.Spans[mx] = append([]session.Span{}, a.Spans[mx]...)
		}
		one.Arrivals = append([]int64{}, a.Arrivals...)
		one.Buckets.list = append([]timed{}, a.Buckets.all()...)
		one.past = nil
		b.StartTimer()
		f.line = line{ranks: one.ranks(length), upTo: rank{refused, (begin + 5400*second) / bucketLength}, series: -1 << 63}
		f.line.only(allWindows())
		f.fresh = fresh{begin + 7200*second, begin + 7300*second}
		f.fold(&one)
		if one.past == nil || one.past.spans.spans == 0 {
			b.Fatal("nothing folded")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/span")
}
