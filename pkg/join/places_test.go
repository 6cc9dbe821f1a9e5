package join

import (
	"math/rand/v2"
	"testing"
)

// Places, few or many, are a map.
func TestPlaces(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, kinds := range []int{1, fewPlaces, fewPlaces + 1, 100} {
		var l places
		want := map[Cell]uint8{}
		for range 500 {
			place, flags := Cell(r.IntN(kinds)), uint8(1<<r.IntN(2))
			before, ok := want[place]
			if was, isNew := l.add(place, flags); was != before || isNew == ok {
				t.Fatalf("%d kinds: %d was %d (new: %v), want %d", kinds, place, was, isNew, before)
			}
			want[place] |= flags
		}
	}
}
