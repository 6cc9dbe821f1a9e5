package postfix

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func TestLastIndex(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	word := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = "ab("[r.IntN(3)]
		}
		return b
	}
	found := 0
	for range 20_000 {
		b, sep := word(r.IntN(12)), word(1+r.IntN(4))
		want := bytes.LastIndex(b, sep)
		if want >= 0 {
			found++
		}
		for at := range sep {
			if got := lastIndex(b, sep, at); got != want {
				t.Fatalf("%q in %q, by its byte %d: %d; want %d", sep, b, at, got, want)
			}
		}
	}
	if found < 1000 {
		t.Errorf("found only %d times", found)
	}
}
