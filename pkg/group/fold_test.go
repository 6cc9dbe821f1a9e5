package group

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// What is gone and what is near to it is what the ranks of all times say.
func TestLine(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		length := (1 + r.Int64N(9)) * 7 * second // not always whole buckets
		of := ranks{length: length}
		for w := range int64(60) {
			if r.IntN(4) == 0 {
				of.troubled = append(of.troubled, w)
			}
		}
		l := line{ranks: of, upTo: rank{uint8(r.IntN(4)), r.Int64N(60 * length / bucketLength)}}
		l.only(allWindows())
		gone := func(t int64) bool { return compareRanks(of.of(t), l.upTo) <= 0 }
		for range 200 {
			at := 15*length + r.Int64N(30*length)
			if got, want := l.gone(at), gone(at); got != want {
				t.Fatalf("%d is gone: %v, want %v (%+v)", at, got, want, l)
			}
			s := session.Span{Open: at, Close: at + r.Int64N(3*length)}
			want := gone(s.Close + shadowTime)
			for t := s.Open - shadowTime; t <= s.Close+shadowTime; t += second {
				want = want || gone(t)
			}
			if got := l.near(&s); got != want {
				t.Fatalf("%+v is near: %v, want %v (%+v)", s, got, want, l)
			}
			one := at / length
			l.only(one, one)
			for _, at := range []int64{at, at - length, at + length} {
				if got, want := l.gone(at), gone(at) && at/length == one; got != want {
					t.Fatalf("%d is gone in window %d: %v, want %v (%+v)", at, one, got, want, l)
				}
			}
			few := one + r.Int64N(5)
			l.only(one, few)
			for range 5 {
				at := at + r.Int64N(9*length) - 2*length
				if got, want := l.gone(at), gone(at) && one <= at/length && at/length <= few; got != want {
					t.Fatalf("%d is gone in windows %d to %d: %v, want %v (%+v)", at, one, few, got, want, l)
				}
			}
			l.only(allWindows())
		}
	}
}

// Spans that are near are found window after window, also where some are long and begin
// before all others.
func TestCollect(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	const length = 300 * second
	for range 100 {
		f := folding{length: length, line: line{ranks: ranks{length: length}, upTo: rank{clean, math.MaxInt32}}}
		a := NewAcc()
		for n := range 3 {
			h := &HostSpans{MX: string(rune('a' + n))}
			for range r.IntN(60) {
				open := 1000*second + r.Int64N(20*length)
				h.List = append(h.List, session.Span{Open: open, Close: open + r.Int64N(1+r.Int64N(5*length))})
			}
			session.Sort(h.List)
			a.Spans = append(a.Spans, h)
		}
		f.passed = make([]int, len(a.Spans))
		for w := int64(0); w < 30; w += 1 + r.Int64N(4) {
			last := w + r.Int64N(3)
			f.line.only(w, last)
			f.collect(a)
			for i, h := range a.Spans {
				var want []session.Span
				for _, s := range h.List {
					if s.Close+shadowTime >= w*length && s.Open-shadowTime < (last+1)*length {
						want = append(want, s)
					}
				}
				if got := f.hosts.of(i); !slices.Equal(got, want) {
					t.Fatalf("windows %d to %d of %d spans: %d are near, want %d", w, last, len(h.List), len(got), len(want))
				}
			}
			w = last
		}
	}
}

// The work of a stretch is what adding it up second by second gives.
func TestSteady(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var w work
	for range 300 {
		w.clear(0)
		busy := map[int64]int64{}
		var taken []moment
		at, gap := int64(0), 1+r.Int64N(60*second)
		for range 1 + r.IntN(60) {
			at += r.Int64N(gap)
			s := session.Span{Open: max(at-r.Int64N(8*second), 0), Close: at, Setup: uint16(r.IntN(900))}
			if r.IntN(30) == 0 {
				s.Open = max(at-r.Int64N(2000*second), 0)
			}
			w.add(&s)
			taken = append(taken, moment{at: at})
			from := min(s.Open+int64(s.Setup)*1000, s.Close)
			for q := max(from, s.Close-longest) / second; q <= s.Close/second; q++ {
				busy[q] += max(min(s.Close, (q+1)*second)-max(from, q*second), 0)
			}
		}
		w.sort()
		for range 4 { // pieces in any order
			i := r.IntN(len(taken))
			j := i + 1 + r.IntN(len(taken)-i)
			piece, best := taken[i:j], 0.0
			end := piece[len(piece)-1].at/second + 1
			for q := piece[0].at / second; q < end; q++ {
				for _, length := range steadyFor {
					var sum int64
					for k := q; k < min(q+length, end); k++ {
						sum += busy[k]
					}
					best = max(best, float64(sum)/float64((length+2)*second))
				}
			}
			if got, want := w.steady(piece), int(math.Ceil(best*(1-rounding)-1e-9)); got != want {
				t.Fatalf("%d sessions, want %d", got, want)
			}
		}
	}
}

// BenchmarkFold is a platform that is fed and summed up over and over.
func BenchmarkFold(b *testing.B) {
	folded := int64(0)
	for b.Loop() {
		d := NewDetail(200_000, thresholds())
		feed(d.NewAcc(), 24, 1)
		folded = d.Folded()
	}
	if folded == 0 {
		b.Fatal("nothing was summed up")
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(folded), "ns/attempt")
}

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
		one.Spans = nil
		for _, h := range a.Spans {
			one.Spans = append(one.Spans, &HostSpans{h.MX, slices.Clone(h.List)})
		}
		one.Arrivals = append([]int64{}, a.Arrivals...)
		one.Buckets.list = append([]packed{}, a.Buckets.tidied()...)
		one.past = nil
		b.StartTimer()
		f.line = line{ranks: one.ranks(length), upTo: rank{refused, (begin + 5400*second) / bucketLength}, series: math.MinInt64}
		f.line.only(allWindows())
		f.fresh = fresh{begin + 7200*second, begin + 7300*second}
		f.fold(&one)
		if one.past == nil || one.past.spans.spans == 0 {
			b.Fatal("nothing folded")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/span")
}
