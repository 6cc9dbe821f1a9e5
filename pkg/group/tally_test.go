package group

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A tally tells of its numbers what the list of them would.
func TestTally(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var all []int64
		var a, b Tally
		for range 1 + r.IntN(300) {
			v := r.Int64N(40)
			all = append(all, v)
			if r.IntN(2) == 0 {
				a.Add(v, 1)
			} else {
				b.Add(v, 1)
			}
		}
		a.merge(&b)
		slices.Sort(all)
		if a.Total() != int64(len(all)) || a.Median() != all[(len(all)-1)/2] || len(a.Counts()) > 40 {
			t.Fatalf("%d numbers with median %d, want %d with %d", a.Total(), a.Median(), len(all), all[(len(all)-1)/2])
		}
		for i, v := range all {
			if got := a.At(int64(i)); got != v {
				t.Fatalf("number %d is %d, want %d", i, got, v)
			}
		}
	}
	var none Tally
	if none.Median() != 0 || none.Total() != 0 {
		t.Errorf("median %d of %d numbers", none.Median(), none.Total())
	}
}

// Gaps keep the retry apart from the length.
func TestGaps(t *testing.T) {
	var g Gaps
	g.Take(Gap{2, 900}, 3)
	g.Take(Gap{1, 1 << 30}, 1)
	g.Take(Gap{2, 900}, 1)
	got := map[Gap]int64{}
	for gap, n := range g.Each {
		got[gap] = n
	}
	if len(got) != 2 || got[Gap{2, 900}] != 4 || got[Gap{1, 1 << 30}] != 1 {
		t.Errorf("gaps %v", got)
	}
}

// Long numbers are rounded to digits that count, the nearest one.
func TestRounded(t *testing.T) {
	f := func(v int64, digits int, want int64) {
		t.Helper()
		if got := rounded(v, digits); got != want {
			t.Errorf("%d to %d digits: %d, want %d", v, digits, got, want)
		}
	}
	f(0, 3, 0)
	f(999, 3, 999)
	f(4200, 3, 4200)
	f(21436, 3, 21400)
	f(21450, 3, 21500)
	f(21436, 1, 20000)
}

// Waits are rounded where there are too many different ones: all are still there, and
// none is off by more than the digits say.
func TestWaitsAreRounded(t *testing.T) {
	d := NewDetail(32_000, thresholds())
	a := d.NewAcc()
	for i := range int64(2000) {
		a.Waits.Add((1000+7*i)*second+i, 1)
		a.Gaps.Take(Gap{int32(i % 3), int32(1000 + i)}, 1)
	}
	d.round()
	if n := len(a.Waits.list) + len(a.Gaps.list); n > 32_000/waitsPart/16 {
		t.Errorf("%d different values are left", n)
	}
	if a.Waits.Total() != 2000 || a.Gaps.Total() != 2000 {
		t.Errorf("%d waits and %d gaps", a.Waits.Total(), a.Gaps.Total())
	}
	if m := a.Waits.Median() / second; m < 7500 || m > 8500 {
		t.Errorf("median %d s, want about 8000", m)
	}
}
