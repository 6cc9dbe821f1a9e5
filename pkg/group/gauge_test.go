package group

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"unsafe"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// Memory that others were measured with changes nothing, whatever they left in it, and
// cells of one platform do not share it.
func TestGaugeIsUsedAgain(t *testing.T) {
	shared := &gauge{}
	cell := func(seed int, g *gauge) *Cell {
		a := NewAcc()
		feed(a, 1+seed%5, uint64(seed))
		c := &Cell{Acc: a, Facts: rules.Facts{}, gauge: g, th: thresholds()}
		c.measure()
		return c
	}
	for platform := range 20 {
		shared.begin()
		var again []*Cell
		for ip := range 3 {
			again = append(again, cell(platform*3+ip, shared))
		}
		for ip, got := range again {
			want := cell(platform*3+ip, nil)
			if !reflect.DeepEqual(got.Facts, want.Facts) || got.Peak != want.Peak || got.State != want.State || !reflect.DeepEqual(got.Limit, want.Limit) {
				t.Errorf("seed %d: got %v, want %v", platform*3+ip, got.Facts, want.Facts)
			}
			if !reflect.DeepEqual(got.times, want.times) || !reflect.DeepEqual(got.whole, want.whole) || !reflect.DeepEqual(got.levels, want.levels) || !reflect.DeepEqual(got.Curve, want.Curve) {
				t.Errorf("seed %d: what is kept beside the facts differs", platform*3+ip)
			}
		}
	}
}

// Cells that stand side by side hold on to little more than what they have.
func TestGaugeHoldsLittle(t *testing.T) {
	w := &gauge{}
	accs := make([]*Acc, 1000)
	for i := range accs {
		accs[i] = NewAcc()
		feed(accs[i], 1, uint64(i))
		accs[i].AddSpan("mx.example.net", session.Span{Open: 1, Close: 2, Attempts: 1}) // a second host: spans are copied
	}
	held, levels, used := map[any]int{}, 0, 0
	for _, a := range accs {
		periods, spans := w.periodsOf(a), w.spansOf(a)
		levels += len(w.levelsOf(spans))
		used += len(periods) + len(spans)
		// What a list begins in is all of it as long as somebody holds on to a part.
		held[unsafe.SliceData(w.periods)], held[unsafe.SliceData(w.spans)] = cap(w.periods), cap(w.spans)
	}
	all := 0
	for _, n := range held {
		all += n
	}
	if used == 0 || levels == 0 || all > used*5/4+4*mostSpare {
		t.Errorf("%d are held for %d", all, used)
	}
}

// The chart is the sum of all pieces, in whatever order the sessions of sending IPs come.
func TestWindowsAreSums(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		a := NewAcc()
		s := &Summary{All: Cell{Acc: a, th: thresholds()}}
		step := chartStep(40 * BucketSeconds * 60)
		want := chart{step: step}
		for _, k := range []int32{0, 60 * 40} { // the first and the last bucket set the step
			a.Buckets.happened(k, &Bucket{New: 1}, Where{})
			want.add(&Window{Start: int64(k) * BucketSeconds, Bucket: Bucket{New: 1}})
		}
		for range r.IntN(200) {
			k, b := r.Int32N(60*40), Bucket{Attempts: r.Int32N(3), Accepted: r.Int32N(2), Limited: r.Int32N(1 << 20)}
			a.Buckets.happened(k, &b, Where{})
			want.add(&Window{Start: int64(k) * BucketSeconds, Bucket: b})
		}
		for range 2 {
			c := Cell{whole: &swept{}}
			for range r.IntN(100) {
				open, n := r.Int64N(60*40*BucketSeconds), r.Int32N(50)
				c.whole.spans, c.levels = append(c.whole.spans, session.Span{Open: open * second}), append(c.levels, n)
				want.add(&Window{Start: open, Sessions: n})
			}
			s.ByIP = append(s.ByIP, c)
		}
		s.windows()
		var all []Window
		for w := range want.all() {
			all = append(all, *w)
		}
		if !reflect.DeepEqual(s.Windows, all) {
			t.Fatalf("got %+v\nwant %+v", s.Windows, all)
		}
	}
}
