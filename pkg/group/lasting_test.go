package group

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Deferrals that go on: refusals without an hour's pause (H83). Minutes are counted
// in steps of ten seconds.
func TestLasting(t *testing.T) {
	f := func(name string, minutes []int64, want float64) {
		t.Helper()
		a := NewAcc()
		for _, m := range minutes {
			a.Add(observe(900_000+m*60, mail.Deferred, &limit, true))
		}
		if got := measured(a).Facts["trouble_lasting"].Value; got != want {
			t.Errorf("%s: %v minutes, want %v", name, got, want)
		}
	}
	every := func(step, until int64) (out []int64) {
		for m := int64(0); m <= until; m += step {
			out = append(out, m)
		}
		return append(out, until)
	}
	f("59 minutes", every(5, 59), 59)
	f("61 minutes", every(5, 61), 61)
	f("with pauses of an hour", every(60, 240), 240)
	f("two that have nothing to do with each other", []int64{0, 400}, 0)
	f("the longest stretch counts", append(every(10, 30), 500, 510, 520, 530, 540), 40)
	f("once", []int64{5}, 0)
	f("more pauses than are told apart", append(every(10, 30), every(100, 100*2*mostStays)[4:]...), 30)
}

// How long refusals go on does not depend on what was summed up, nor on the order in which
// accumulators come together.
func TestLastingSummedUp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		whole := NewAcc()
		d := NewDetail(1<<10, thresholds())
		parts := []*Acc{d.NewAcc(), d.NewAcc()}
		for sec := int64(900_000); sec < 900_000+2*86400; sec += 1 + r.Int64N(600)<<r.IntN(5) {
			outcome, reading := mail.Delivered, &Reading{}
			if r.IntN(3) == 0 {
				outcome, reading = mail.Deferred, &limit
			}
			o := observe(sec, outcome, reading, true)
			whole.Add(o)
			parts[r.IntN(2)].Add(o)
		}
		if d.Folded() == 0 {
			t.Fatal("nothing was summed up")
		}
		sum := NewAcc()
		sum.Merge(parts[1])
		sum.Merge(parts[0])
		if got, want := measured(sum).Facts["trouble_lasting"], measured(whole).Facts["trouble_lasting"]; got != want || want.Value == 0 {
			t.Fatalf("%v minutes, want %v", got.Value, want.Value)
		}
	}
}

// Stays are those of a plain count, in whatever order they come.
func TestStays(t *testing.T) {
	const quiet = 3600
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var times []int32
		for range 1 + r.IntN(60) {
			times = append(times, r.Int32N(30_000))
		}
		var got stays
		for _, k := range times {
			got.add(stay{k, k}, quiet)
		}
		slices.Sort(times)
		var want stays
		for _, k := range times {
			if n := len(want); n > 0 && int64(k-want[n-1].to)*BucketSeconds <= quiet {
				want[n-1].to = k
			} else {
				want = append(want, stay{k, k})
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
	}
	var many stays
	for i := range int32(1000) {
		many.add(stay{2000 * i, 2000*i + i%777}, quiet)
	}
	if last := many[len(many)-1]; len(many) != mostStays || many.longest() != 776*BucketSeconds || last.from != 1_998_000 {
		t.Errorf("%d are kept, the longest takes %d s, the last is %v", len(many), many.longest(), last)
	}
}
