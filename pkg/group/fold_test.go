package group

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
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
			l.only(allWindows())
		}
	}
}

// What is summed up up to a rank is as much as was asked for, and little more, whoever
// weighs it.
func TestUpTo(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	for range 200 {
		d := NewDetail(1<<(10+r.IntN(20)), thresholds())
		var of []ranks
		bytes, all := map[rank]int{}, 0
		add := func(k rank, n int) { bytes[k], all = bytes[k]+n, all+n }
		for range 1 + r.IntN(4) {
			a := d.NewAcc()
			for range r.IntN(300) {
				at := r.Int64N(1 + r.Int64N(40_000*second)<<r.IntN(20))
				a.Arrivals = append(a.Arrivals, at)
				a.AddSpan("mx", session.Span{Open: at, Close: at, Attempts: uint16(r.IntN(3))})
				a.bucket(at).Trouble += int32(r.IntN(60) / 59)
			}
			k := a.ranks(900 * second)
			for _, t := range a.Arrivals {
				add(k.of(t), arrivalBytes)
			}
			for i := range a.Spans["mx"] {
				if s := &a.Spans["mx"][i]; !shadow(s) {
					add(k.of(s.Close), spanBytes)
				}
			}
			for _, b := range a.Buckets.all() {
				add(k.ofBucket(int64(b.K)*bucketLength), bucketBytes)
			}
			of = append(of, k)
		}
		for _, excess := range []int{1, 100, r.IntN(all + 1), all, 2 * all} {
			var exact rank
			rest := excess
			for _, exact = range slices.SortedFunc(maps.Keys(bytes), compareRanks) {
				if rest -= bytes[exact]; rest <= 0 {
					break
				}
			}
			d.Workers = 1 + r.IntN(3)
			got, gone := d.first(d.weighAll(of), of, clean, series, excess), 0
			for k, n := range bytes {
				if compareRanks(k, got) <= 0 && compareRanks(k, exact) > 0 {
					gone += n
				}
			}
			if all > 0 && (compareRanks(got, exact) < 0 || gone > d.most/fine) {
				t.Fatalf("%d of %d bytes: up to %+v, exactly %+v, %d bytes more", excess, all, got, exact, gone)
			}
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
