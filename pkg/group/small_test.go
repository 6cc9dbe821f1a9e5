package group

import (
	"math/rand/v2"
	"testing"
)

// A packed bucket is what was added to it as long as that fits, and else what it was.
func TestSmall(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 7))
	some := func() int32 { return int32(r.IntN(5)-1) << r.IntN(6) }
	full := 0
	for range 1000 {
		var n small[int8]
		var want Bucket
		for fits := true; fits; {
			more := Bucket{some(), some(), some(), some(), some(), some(), some(), some(), some(), some(), some(), some(), some()}
			sum := want
			sum.add(&more)
			fits = true
			for _, v := range sum.numbers() {
				fits = fits && v >= -128 && v <= 127
			}
			if n.add(&more) != fits {
				t.Fatalf("%+v and %+v: want %v", want, more, fits)
			}
			if fits {
				want = sum
			} else {
				full++
			}
			if n.bucket() != want {
				t.Fatalf("%+v, want %+v", n.bucket(), want)
			}
		}
	}
	if full < 1000 {
		t.Errorf("only %d were full", full)
	}
}
