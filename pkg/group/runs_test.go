package group

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Lists that are in order are put together as sorting all of them would, and stay as
// they are.
func TestRuns(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	var all runs[int]
	for range 300 {
		all.clear()
		var want []int
		var lists [][]int
		for range r.IntN(9) {
			all.begin()
			var list []int
			for range r.IntN(9) {
				list = append(list, r.IntN(30))
			}
			slices.Sort(list)
			all.list = append(all.list, list...)
			want, lists = append(want, list...), append(lists, list)
		}
		slices.Sort(want)
		if got := all.merged(func(a, b *int) bool { return *a < *b }); !slices.Equal(got, want) {
			t.Fatalf("%v gives %v", lists, got)
		}
		for i := range lists {
			if !slices.Equal(all.of(i), lists[i]) {
				t.Fatalf("list %d of %v is %v", i, lists, all.of(i))
			}
		}
	}
}
