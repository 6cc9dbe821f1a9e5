package group

import (
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// A chart shows a log of any length in at most so many windows, and all of it.
func TestWindows(t *testing.T) {
	f := func(span int64) {
		t.Helper()
		a := NewAcc()
		var want, got int64
		for sec := int64(0); sec < span; sec += max(span/500, 10) {
			a.Add(observe(1_800_000_000+sec, mail.Delivered, &success, true))
			want++
		}
		w := Freeze(map[Key]*Acc{{Platform: "p"}: a}, Context{Thresholds: thresholds()})[0].Windows
		for i := range w {
			got += int64(w[i].Accepted)
			if i > 0 && w[i].Start <= w[i-1].Start {
				t.Errorf("%d s: windows are not in order", span)
			}
		}
		if got != want || len(w) > mostWindows+1 {
			t.Errorf("%d s: %d accepted in %d windows, want %d", span, got, len(w), want)
		}
	}
	for _, span := range []int64{10, 170, 3600, 86400, 30 * 86400, 90 * 86400} {
		f(span)
	}
	if w := Freeze(map[Key]*Acc{{Platform: "p"}: NewAcc()}, Context{Thresholds: thresholds()})[0].Windows; len(w) != 0 {
		t.Errorf("windows of nothing: %v", w)
	}
}
