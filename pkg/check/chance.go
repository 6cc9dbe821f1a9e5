package check

import "math"

// The comparisons of shares ask one question: how likely is a number like this one by
// chance, if nothing got worse? Two exact tests answer it, for one refusal in ten
// attempts as for a million of them:
//
//   - against a limit, the binomial test: refusals in n attempts, each refused with
//     the probability of the limit;
//   - against a baseline, Fisher's exact test: both logs together have so many
//     refusals, which fall on the attempts of either log by chance.
//
// A guard fails where that probability is below check.chance divided by the number of
// comparisons of the run (Bonferroni), so that check.chance bounds the false alarms of
// a whole run, however many destinations it has. Significance alone fails nothing: the
// share must also have grown by check.worse. Retries make refusals come in clumps,
// which no test of counts sees; that is what the distance of check.worse is for.
//
// TestFalseAlarms measures the rate: it stays below check.chance, far below it where
// counts are small, and TestPower shows what is still found.

// z95 is the 97.5 % quantile of the normal distribution: of intervals of 95 %.
const z95 = 1.959964

// atLeast is the probability of x or more successes among n with probability p each
// (upper tail of the binomial distribution).
func atLeast(x, n int64, p float64) float64 {
	switch {
	case x <= 0:
		return 1
	case x > n || p <= 0:
		return 0
	case p >= 1:
		return 1
	}
	k, m := float64(x), float64(n)
	first := logChoose(m, k) + k*math.Log(p) + (m-k)*math.Log1p(-p)
	odds := p / (1 - p)
	return tail(first, k, m, func(k float64) float64 { return (m - k) / (k + 1) * odds })
}

// moreByChance is the probability that, of the x1+x2 refusals of two logs with n1 and
// n2 attempts, x2 or more fall on the second one by chance (upper tail of the
// hypergeometric distribution: Fisher's exact test, one-sided).
func moreByChance(x1, n1, x2, n2 int64) float64 {
	if x2 <= 0 || n1 <= 0 || n2 <= 0 {
		return 1
	}
	k, all, a, b := float64(x2), float64(x1+x2), float64(n1), float64(n2)
	first := logChoose(b, k) + logChoose(a, all-k) - logChoose(a+b, all)
	return tail(first, k, math.Min(all, b), func(k float64) float64 { return (all - k) / (k + 1) * (b - k) / (a - all + k + 1) })
}

// tail sums a distribution from k, whose logarithm there is first, up to most. next is
// the ratio of a term to the one before. Left of the peak terms grow, but the sum of
// the rest is then near 1 anyway and ends there.
func tail(first, k, most float64, next func(k float64) float64) float64 {
	term := math.Exp(first)
	sum := term
	if term == 0 && next(k) > 1 {
		return 1 // so far below the peak that everything lies above
	}
	for ; k < most; k++ {
		ratio := next(k)
		term *= ratio
		sum += term
		if sum >= 1 || ratio < 1 && term < sum*1e-15 {
			break
		}
	}
	return math.Min(sum, 1)
}

func logChoose(n, k float64) float64 {
	if k < 0 || k > n {
		return math.Inf(-1)
	}
	a, _ := math.Lgamma(n + 1)
	b, _ := math.Lgamma(k + 1)
	c, _ := math.Lgamma(n - k + 1)
	return a - b - c
}

// wilson is the interval of 95 % for a share of x in n (Wilson 1927), which stays
// honest where x is 0 or n small.
func wilson(x, n int64) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	m, p := float64(n), float64(x)/float64(n)
	z2 := z95 * z95
	center := (p + z2/(2*m)) / (1 + z2/m)
	half := z95 * math.Sqrt(p*(1-p)/m+z2/(4*m*m)) / (1 + z2/m)
	low, high = math.Max(0, center-half), math.Min(1, center+half)
	if x == 0 {
		low = 0
	}
	if x == n {
		high = 1
	}
	return low, high
}
