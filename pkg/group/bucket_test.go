package group

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Buckets are the same in whatever order lines come, and so is the place of the first.
func TestBuckets(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		var s Buckets
		want, first := map[int32]int32{}, map[int32]Where{}
		for line := range int64(500) {
			at := (1_800_000_000 + r.Int64N(2000)) * second
			k, w := bucketOf(at), Where{Time: at, File: []string{"a.log", "b.log"}[r.IntN(2)], Line: line}
			s.happened(k, &Bucket{Attempts: 1}, w)
			want[k]++
			first[k] = earlier(first[k], w)
		}
		last := int32(0)
		for b := range s.all() {
			if b.K <= last {
				t.Fatalf("bucket %d comes after %d", b.K, last)
			}
			last = b.K
			if b.Attempts != want[b.K] || s.place(int64(b.K)) != first[b.K] {
				t.Fatalf("bucket %d: %d attempts at %+v, want %d at %+v", b.K, b.Attempts, s.place(int64(b.K)), want[b.K], first[b.K])
			}
			delete(want, b.K)
		}
		if len(want) > 0 {
			t.Fatalf("buckets %v are missing", want)
		}
	}
}

// told are all buckets.
func told(s *Buckets) (list []timed) {
	for b := range s.all() {
		list = append(list, *b)
	}
	return list
}

// A bucket is what was added to it, however much that is and wherever it was told; those
// that are cut out are what they were, and so are the others.
func TestBucketsOfAnySize(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	for range 20 {
		var s Buckets
		want := map[int32]timed{}
		for range 3000 {
			at := r.Int64N(600) * second
			k, b := bucketOf(at), Bucket{Attempts: 1, New: int32(r.IntN(3) - 1), Trouble: int32(r.IntN(2)) << r.IntN(9), UnknownUsers: int32(r.IntN(2))}
			w := Where{Time: at, File: fmt.Sprint(r.IntN(9)), Line: r.Int64N(1<<20) << r.IntN(25)}
			if r.IntN(9) == 0 {
				w = Where{}
			}
			s.happened(k, &b, w)
			one := want[k]
			one.K, one.first = k, earlier(one.first, w)
			one.add(&b)
			want[k] = one
		}
		check := func(s *Buckets, among func(k int32) bool) {
			t.Helper()
			n := 0
			for i, b := range told(s) {
				if b != want[b.K] || s.trouble(&s.list[i]) != b.Trouble {
					t.Fatalf("bucket %+v, want %+v", b, want[b.K])
				}
				n++
			}
			for k := range want {
				n -= flag(among(k))
			}
			if n != 0 {
				t.Fatalf("%d buckets too many", n)
			}
		}
		check(&s, func(int32) bool { return true })
		gone := func(k int32) bool { return k%3 == 0 }
		lost := s.cut(nil, gone)
		check(&lost, gone)
		check(&s, func(k int32) bool { return !gone(k) })
		s.merge(&lost)
		check(&s, func(int32) bool { return true })
	}
}

// Windows of a chart may be made longer at any time.
func TestChartCoarsens(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	fine, coarse := chart{step: 10}, chart{step: 3600}
	for range 1000 {
		sec := 1_800_000_000 + r.Int64N(90_000)
		one := Window{Start: sec, Bucket: Bucket{Attempts: 1, Deferred: int32(r.IntN(20))}, Sessions: int32(r.IntN(200)), busiest: 1, taken: 1}
		fine.add(&one)
		coarse.add(&one)
	}
	fine.coarsen(300)
	fine.coarsen(3600)
	if len(fine.list) != len(coarse.list) {
		t.Fatalf("%d windows, want %d", len(fine.list), len(coarse.list))
	}
	for i := range fine.list {
		if fine.whole(i) != coarse.whole(i) {
			t.Errorf("window %+v, want %+v", fine.whole(i), coarse.whole(i))
		}
	}
}

// A share without failures has no room for them; more domains than are told apart have
// one share.
func TestShares(t *testing.T) {
	a := NewAcc()
	for i := range maxDomains + 50 {
		o := observe(1_800_000_000, mail.Delivered, &success, true)
		o.Domain = string(rune('a'+i%26)) + string(rune(0x4e00+i))
		a.Add(o)
	}
	if rest := a.Domains.Of(""); a.Domains.Len() != maxDomains+1 || rest == nil || rest.Tried() != 50 {
		t.Errorf("%d domains, rest %+v", a.Domains.Len(), rest)
	}
	a.Add(observe(1_800_000_001, mail.Deferred, &limit, false))
	s := a.MX.Of("mx.example.net")
	if s.Trouble() != 1 || s.Refusals()[mail.ConnectionLimit] != 1 || s.Counts().Deferred != 1 || s.Messages() != 0 {
		t.Errorf("share %+v, failures %+v", s, s.failed())
	}
}

// Counting one more attempt allocates nothing.
func TestAddAllocatesNothing(t *testing.T) {
	f := func(name string, o *Observation) {
		t.Helper()
		a := NewDetail(DetailBytes, thresholds()).NewAcc()
		a.Arrivals = make([]int64, 0, 10_000)
		a.Add(o)
		if n := testing.AllocsPerRun(1000, func() { a.Add(o) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	f("delivery", observe(1_800_000_000, mail.Delivered, &success, true))
	f("refusal", observe(1_800_000_000, mail.Deferred, &limit, false))
	f("suspension", observe(1_800_000_000, mail.Suspended, &limit, false))
}

func BenchmarkAdd(b *testing.B) {
	a := NewDetail(DetailBytes, thresholds()).NewAcc()
	o := observe(1_800_000_000, mail.Delivered, &success, true)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		o.Event.Time += second / 4
		o.Where.Time = o.Event.Time
		a.Add(o)
	}
	if a.Counts.Attempts != int64(n) {
		b.Fatalf("%d attempts of %d", a.Counts.Attempts, n)
	}
}

func BenchmarkMerge(b *testing.B) {
	one := NewAcc()
	feed(one, 24, 1)
	b.ReportAllocs()
	for b.Loop() {
		a := NewAcc()
		a.Merge(one)
		if a.Counts != one.Counts {
			b.Fatal("counts differ")
		}
	}
}

func BenchmarkFreeze(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		a := NewAcc()
		feed(a, 24, 1)
		b.StartTimer()
		s := Freeze(map[Key]*Acc{{Platform: "p"}: a}, Context{Thresholds: thresholds()})
		if s[0].All.Peak.Estimate < 15 {
			b.Fatalf("peak %+v", s[0].All.Peak)
		}
	}
}

// The file of a bucket is known from the first time it is told, also where the bucket does
// not fit into few bytes: whoever sums up side by side only looks it up.
func TestFilesAreKnown(t *testing.T) {
	var s Buckets
	s.happened(0, &Bucket{Attempts: 1000}, Where{Time: 1, File: "mail.log", Line: 1})
	s.happened(1, &Bucket{Attempts: 1}, Where{Time: 1, File: "early.log", Line: 1}) // before its bucket
	for _, name := range []string{"mail.log", "early.log"} {
		if s.files.number[name] == 0 {
			t.Errorf("%s is not known", name)
		}
	}
	if len(s.wide) != 2 {
		t.Errorf("%d buckets stand whole, want 2", len(s.wide))
	}
}
