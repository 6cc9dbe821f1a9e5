package group

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// Runs are what one gets by putting blocks of spans together one by one.
func TestPhasesAgreeWithPuttingTogether(t *testing.T) {
	const fewest, clean = 10, 0.1
	plain := func(spans []session.Span) (out []phase) {
		var block phase
		add := func(p *phase, s session.Span) {
			p.spans = append(p.spans, s)
			p.served += int64(s.Served)
			p.refused += int64(s.Refused)
		}
		for _, s := range spans {
			add(&block, s)
			n := block.served + block.refused
			if n < fewest {
				continue
			}
			share := float64(block.refused) / float64(n)
			block.shut = share >= 1-clean
			last := len(out) - 1
			if last < 0 || out[last].shut != block.shut && (block.shut || share <= clean) {
				out = append(out, block)
			} else {
				for _, s := range block.spans {
					add(&out[last], s)
				}
			}
			block = phase{}
		}
		return out
	}
	r := rand.New(rand.NewPCG(1, 2))
	several := 0
	for range 200 {
		spans := make([]session.Span, r.IntN(300))
		shut := false
		for i := range spans {
			if r.IntN(25) == 0 {
				shut = !shut
			}
			spans[i] = session.Span{Close: int64(i), Served: uint16(r.IntN(4))}
			if shut {
				spans[i].Served, spans[i].Refused = uint16(r.IntN(40)/39), spans[i].Served
			}
		}
		got, want := phases(spans, fewest, clean), plain(spans)
		same := func(a, b phase) bool {
			return a.shut == b.shut && a.served == b.served && a.refused == b.refused && slices.Equal(a.spans, b.spans)
		}
		if !slices.EqualFunc(got, want, same) {
			t.Fatalf("%d runs, want %d: %v, want %v", len(got), len(want), got, want)
		}
		several += flag(len(want) > 2)
	}
	if several < 20 {
		t.Errorf("only %d of 200 have several runs: the test shows little", several)
	}
}

// Windows that rise are found as with a map of all windows.
func TestRisingAgreesWithAMapOfWindows(t *testing.T) {
	th := thresholds()
	few, by := th.Int(rules.CurveFewest), th.Value(rules.FeedbackGrowth)
	plain := func(times []period, length int64) (best int64) {
		windows := map[int64]Bucket{}
		for _, b := range times {
			if b.to-b.from <= length {
				w := windows[b.from/length]
				w.add(&b.Bucket)
				windows[b.from/length] = w
			}
		}
		grown := func(from, to int32) bool { return int64(to) >= few && float64(to) >= by*float64(from) }
		var first int64
		for _, n := range slices.Sorted(maps.Keys(windows)) {
			w, before, start := windows[n], windows[n-1], windows[first]
			if before.Limited == 0 || before.Retries == 0 || w.Limited <= before.Limited || w.Retries <= before.Retries || w.New <= before.New {
				first = n
				continue
			}
			if grown(start.Limited, w.Limited) && grown(start.Retries, w.Retries) && grown(start.New, w.New) {
				best = max(best, n-first+1)
			}
		}
		return best
	}
	r := rand.New(rand.NewPCG(3, 4))
	found := 0
	for range 300 {
		var times []period
		from, level := int64(1000*BucketSeconds), int32(1)
		for range 60 {
			if from += int64(1+r.IntN(5)/4) * BucketSeconds; r.IntN(6) == 0 {
				level = 1
			}
			level += int32(r.IntN(20))
			w := &Window{Bucket: Bucket{Limited: level, Retries: level + int32(r.IntN(3)), New: level}}
			times = append(times, period{from, from + BucketSeconds*int64(1+r.IntN(12)/11), w})
		}
		c := Cell{Acc: NewAcc(), times: times, th: th}
		for _, length := range []int64{BucketSeconds, 3 * BucketSeconds} {
			got, want := c.rising(length), plain(times, length)
			if got != want {
				t.Fatalf("%d windows rise, want %d", got, want)
			}
			found += flag(want > 0)
		}
	}
	if found < 50 {
		t.Errorf("only %d rise: the test shows little", found)
	}
}
