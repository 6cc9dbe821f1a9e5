package group

import (
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
			s.at(k).happened(&Bucket{Attempts: 1}, w)
			want[k]++
			first[k] = earlier(first[k], w)
		}
		for i, b := range s.all() {
			if i > 0 && b.K <= s.list[i-1].K {
				t.Fatalf("bucket %d comes after %d", b.K, s.list[i-1].K)
			}
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

// Windows of a chart may be made longer at any time.
func TestChartCoarsens(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	fine, coarse := chart{step: 10}, chart{step: 3600}
	for range 1000 {
		sec := 1_800_000_000 + r.Int64N(90_000)
		fine.at(sec).Attempts++
		coarse.at(sec).Attempts++
	}
	fine.coarsen(300)
	fine.coarsen(3600)
	if len(fine.list) != len(coarse.list) {
		t.Fatalf("%d windows, want %d", len(fine.list), len(coarse.list))
	}
	for i := range fine.list {
		if fine.list[i] != coarse.list[i] {
			t.Errorf("window %+v, want %+v", fine.list[i], coarse.list[i])
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
