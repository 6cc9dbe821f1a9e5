package group

import (
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
)

// A list that was full keeps its room; one that needs much less gives it back.
func TestTrim(t *testing.T) {
	f := func(have, room, had, want int) {
		t.Helper()
		list := trim(make([]int64, have, room), had)
		if len(list) != have || cap(list) != want {
			t.Errorf("%d of %d that had %d: %d of %d, want room for %d", have, room, had, len(list), cap(list), want)
		}
	}
	f(0, 100, 90, 100)
	f(10, 100, 70, 100)
	f(10, 100, 50, 50)
	f(0, 100, 0, 0)
	f(0, 3, 0, 3)
}

// Receivers that had much mail once, one after the other, keep no room for more of it.
func TestRoomIsBounded(t *testing.T) {
	const most = 200_000
	d, at := NewDetail(most, thresholds()), int64(1_800_000_000)
	for range 60 {
		a := d.NewAcc()
		for range 1500 {
			at++
			a.Add(observe(at, mail.Delivered, &success, true))
			a.AddSpan("mx.example.net", session.Span{Open: at*second - 300_000, Close: at * second, Attempts: 1, Served: 1, Use: 1})
		}
	}
	room := 0
	for _, a := range d.accs {
		room += cap(a.Buckets.list)*bucketBytes + cap(a.Arrivals)*arrivalBytes
		for _, h := range a.Spans {
			room += cap(h.List) * spanBytes
		}
	}
	if d.Folded() < 50*1500 || room > 2*most {
		t.Errorf("%d attempts summed up, room for %d bytes of detail, want no more than %d", d.Folded(), room, 2*most)
	}
}
