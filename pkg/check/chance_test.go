package check

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// The tails are those that exact arithmetic gives.
func TestAtLeast(t *testing.T) {
	f := func(x, n int64, num, den int64) {
		t.Helper()
		p, q := big.NewRat(num, den), big.NewRat(den-num, den)
		want := new(big.Rat)
		for k := max(x, 0); k <= n; k++ {
			term := new(big.Rat).SetInt(new(big.Int).Binomial(n, k))
			for range k {
				term.Mul(term, p)
			}
			for range n - k {
				term.Mul(term, q)
			}
			want.Add(want, term)
		}
		w, _ := want.Float64()
		if got := atLeast(x, n, float64(num)/float64(den)); math.Abs(got-w) > 1e-9*math.Max(w, 1e-3) {
			t.Errorf("%d of %d at %d/%d: %g, want %g", x, n, num, den, got, w)
		}
	}
	for _, n := range []int64{1, 7, 40, 90} {
		for _, x := range []int64{0, 1, 2, n / 4, n / 2, n, n + 1} {
			f(x, n, 1, 100)
			f(x, n, 1, 2)
			f(x, n, 9, 10)
		}
	}
	if got := atLeast(60_000, 10_000_000, 0.01); got != 1 {
		t.Errorf("far below the limit: %g", got)
	}
	if got := atLeast(5, 10, 0); got != 0 {
		t.Errorf("at a limit of 0: %g", got)
	}
}

func TestMoreByChance(t *testing.T) {
	f := func(x1, n1, x2, n2 int64) {
		t.Helper()
		all := new(big.Int).Binomial(n1+n2, x1+x2)
		want := new(big.Rat)
		for k := x2; k <= min(n2, x1+x2); k++ {
			rest := x1 + x2 - k
			if rest > n1 {
				continue
			}
			ways := new(big.Int).Mul(new(big.Int).Binomial(n2, k), new(big.Int).Binomial(n1, rest))
			want.Add(want, new(big.Rat).SetFrac(ways, all))
		}
		w, _ := want.Float64()
		if x2 <= 0 {
			w = 1
		}
		if got := moreByChance(x1, n1, x2, n2); math.Abs(got-w) > 1e-9*math.Max(w, 1e-3) {
			t.Errorf("%d of %d, then %d of %d: %g, want %g", x1, n1, x2, n2, got, w)
		}
	}
	for _, x1 := range []int64{0, 1, 5, 20} {
		for _, x2 := range []int64{0, 1, 5, 20, 30} {
			f(x1, 20, x2, 30)
			f(x1, 300, x2, 40)
			f(x1, 25, x2, 500)
		}
	}
	if got := moreByChance(10_000, 1_000_000, 13_000, 1_000_000); got > 1e-50 {
		t.Errorf("1 %% to 1.3 %% of a million: %g", got)
	}
	if got := moreByChance(1_000_000, 2_000_000, 1_000, 2_000_000); got < 0.999999 {
		t.Errorf("far better: %g", got)
	}
}

// Intervals of Wilson, from Newcombe, Statistics in Medicine 17 (1998), table I.
func TestWilson(t *testing.T) {
	f := func(x, n int64, low, high float64) {
		t.Helper()
		l, h := wilson(x, n)
		if math.Abs(l-low) > 5e-5 || math.Abs(h-high) > 5e-5 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", x, n, l, h, low, high)
		}
	}
	f(81, 263, 0.2553, 0.3662)
	f(15, 148, 0.0624, 0.1605)
	f(0, 20, 0, 0.1611)
	f(1, 29, 0.0061, 0.1718)
	f(29, 29, 0.8830, 1)
	f(0, 0, 0, 1)
}

// alarm is what a check says of two logs with so many refusals of so many attempts.
func alarm(x1, n1, x2, n2 int64, chance float64) bool {
	e := evaluation{few: 5, chance: chance}
	return e.worse(&rules.Guard{MaxWorse: 0.1}, share(x1, n1), share(x2, n2))
}

func binomial(r *rand.Rand, n int64, p float64) (x int64) {
	if m := float64(n) * p; m > 50 && float64(n)*(1-p) > 50 { // normal, exact enough here
		return max(0, min(n, int64(math.Round(m+r.NormFloat64()*math.Sqrt(m*(1-p))))))
	}
	for range n {
		if r.Float64() < p {
			x++
		}
	}
	return x
}

// Nothing changed: how often does a comparison at 1 % raise an alarm all the same?
func TestFalseAlarms(t *testing.T) {
	const runs, chance = 4000, 0.01
	r := rand.New(rand.NewPCG(1, 2))
	f := func(n1, n2 int64, p float64) {
		t.Helper()
		alarms := 0
		for range runs {
			if alarm(binomial(r, n1, p), n1, binomial(r, n2, p), n2, chance) {
				alarms++
			}
		}
		rate := float64(alarms) / runs
		t.Logf("%d and %d attempts, %.2g refused: %.2f %% false alarms", n1, n2, p, rate*100)
		if rate > chance+3*math.Sqrt(chance/runs) {
			t.Errorf("%d and %d attempts, %g refused: %g false alarms, want at most %g", n1, n2, p, rate, chance)
		}
	}
	f(20, 20, 0.1)
	f(50, 50, 0.5)
	f(300, 100, 0.05)
	f(1000, 1000, 0.01)
	f(5000, 20000, 0.01)
	f(100_000, 100_000, 0.3)
}

// A real change is found: the larger the sample, the smaller it may be.
func TestPower(t *testing.T) {
	const runs = 400
	r := rand.New(rand.NewPCG(3, 4))
	f := func(n int64, before, after float64, least, most float64) {
		t.Helper()
		alarms := 0
		for range runs {
			if alarm(binomial(r, n, before), n, binomial(r, n, after), n, 0.01) {
				alarms++
			}
		}
		if rate := float64(alarms) / runs; rate < least || rate > most {
			t.Errorf("%d attempts, %g to %g: found in %g of the runs, want %g to %g", n, before, after, rate, least, most)
		}
	}
	f(20, 0.05, 0.15, 0, 0.1)           // three times as much, but nobody can tell
	f(200, 0.01, 0.20, 0.99, 1)         // a large change shows in a small sample
	f(1_000_000, 0.02, 0.023, 0.99, 1)  // a small one in a large sample
	f(1_000_000, 0.02, 0.0205, 0, 0.01) // smaller than what counts as worse
}

func FuzzChance(f *testing.F) {
	f.Add(int64(1), int64(2), int64(3), int64(4), 0.5)
	f.Add(int64(0), int64(1<<40), int64(1<<20), int64(1<<40), 1e-9)
	f.Fuzz(func(t *testing.T, x1, n1, x2, n2 int64, p float64) {
		n1, n2 = n1&(1<<44-1), n2&(1<<44-1)
		x1, x2 = min(x1&(1<<22-1), n1), min(x2&(1<<22-1), n2)
		for _, v := range []float64{moreByChance(x1, n1, x2, n2), atLeast(x1, n1, p)} {
			if !(v >= 0 && v <= 1) && !math.IsNaN(p) {
				t.Errorf("probability %g", v)
			}
		}
		if low, high := wilson(x1, n1); !(low >= 0 && low <= high && high <= 1) {
			t.Errorf("interval %g to %g", low, high)
		}
	})
}
