package group

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Shares are told apart up to the bound, few or many, as a map tells them apart.
func TestSharesAreAMap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, kinds := range []int{1, fewShares, fewShares + 1, 40, 200} {
		const most = 30
		var s Shares[string]
		want := map[string]int32{}
		numbers := map[string]ShareNumber{}
		for range 2000 {
			name := strconv.Itoa(r.IntN(kinds))
			got := s.share(name, "", most, nil)
			if numbers[name] == 0 && len(numbers) >= most {
				name = ""
			}
			if numbers[name] == 0 {
				numbers[name] = got
			}
			if numbers[name] != got {
				t.Fatalf("%d kinds: %q has another share than before", kinds, name)
			}
			s.at(got).counts[counterDelivered]++
			want[name]++
		}
		got := map[string]int32{}
		for name, one := range s.All() {
			got[name] = one.counts[counterDelivered]
		}
		if !maps.Equal(got, want) || s.Len() != len(want) {
			t.Errorf("%d kinds: %d shares, want %d", kinds, s.Len(), len(want))
		}
		if got := s.keys(strings.Compare); !slices.Equal(got, slices.Sorted(maps.Keys(want))) {
			t.Errorf("%d kinds: keys %v", kinds, got)
		}
		if s.Of("unknown") != nil {
			t.Errorf("%d kinds: a name that nobody told has a share", kinds)
		}
		for range s.All() {
			break // must end
		}
	}
}

// All accumulators of a run together tell so many names apart; what comes later is counted
// without a name, in the accumulator that it belongs to.
func TestNamesOfARun(t *testing.T) {
	d := NewDetail(DetailBytes, thresholds())
	d.Names = 10
	a, b := d.NewAcc(), d.NewAcc()
	for i := range 8 {
		for _, acc := range []*Acc{a, b} {
			acc.Domains.at(acc.domain(strconv.Itoa(i))).counts[counterDelivered]++
		}
		if d.Nameless != (i >= 5) {
			t.Errorf("%d names: %v", 2*(i+1), d.Nameless)
		}
	}
	for _, acc := range []*Acc{a, b} {
		if rest := acc.Domains.Of(""); acc.Domains.Len() != 6 || rest == nil || rest.counts[counterDelivered] != 3 {
			t.Errorf("%d shares, %+v without a name", acc.Domains.Len(), rest)
		}
		acc.Domains.at(acc.domain("0")).counts[counterDelivered]++
		if one := acc.Domains.Of("0"); one.counts[counterDelivered] != 2 {
			t.Errorf("a name that has a share is counted elsewhere: %+v", one)
		}
	}
}
