package postfix

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// A field of figures reads as cutting it at its end first does.
func TestFigures(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	parts := []string{"0", "1", "27", "999999999999", "1234567890123", ".", "/", "0/0.1/2", "1/2/3/4", "x", " ", ",", ", ", ", dsn=", "-"}
	read := 0
	for range 100_000 {
		text := []string{"delay=", "delays=", "dsn="}[r.IntN(3)]
		for range 1 + r.IntN(5) {
			text += parts[r.IntN(len(parts))]
		}
		b := []byte(text)
		value, next := field(b)
		var got, want mail.Event
		rest := figures(&got, b)
		if rest == nil {
			continue
		}
		read++
		switch b = value; {
		case has(b, "delays="):
			for i, from := 0, len("delays="); i < 4; i++ {
				micro, n := leadingSeconds(b[from:])
				want.Delays[i] = micro
				from += n + 1
			}
			want.HasDelays = true
		case has(b, "delay="):
			want.Delay, _ = seconds(b[len("delay="):])
		default:
			want.DSN = b[len("dsn="):]
		}
		if string(rest) != string(next) || got.Delay != want.Delay || got.Delays != want.Delays || got.HasDelays != want.HasDelays || string(got.DSN) != string(want.DSN) {
			t.Fatalf("%q: %q %+v, want %q %+v", text, rest, got, next, want)
		}
	}
	if read < 1000 {
		t.Errorf("only %d were read", read)
	}
}

// Decimals of a second are microseconds, those beyond the sixth are dropped.
func TestLeadingSeconds(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		text := strconv.Itoa(r.IntN(100_000)) + "."
		want, unit := int64(0), int64(100_000)
		for _, c := range text[:len(text)-1] {
			want = want*10 + int64(c-'0')*1_000_000
		}
		for range r.IntN(12) {
			digit := r.IntN(10)
			text += strconv.Itoa(digit)
			want += int64(digit) * unit
			unit /= 10
		}
		if got, n := leadingSeconds([]byte(text + "/")); got != want || n != len(text) {
			t.Fatalf("%s is %d in %d bytes, want %d", text, got, n, want)
		}
	}
}
