package group

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
)

// What is summed up up to a rank is as much as was asked for, and little more, whoever
// weighs it.
func TestUpTo(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	for range 200 {
		d := NewDetail(1<<(10+r.IntN(20)), thresholds())
		var of []ranks
		bytes, all := map[rank]int{}, 0
		add := func(k rank, n int) { bytes[k], all = bytes[k]+n, all+n }
		for range 1 + r.IntN(4) {
			a := d.NewAcc()
			for range r.IntN(300) {
				at := r.Int64N(1 + r.Int64N(40_000*second)<<r.IntN(20))
				a.Arrivals = append(a.Arrivals, at)
				a.AddSpan("mx", session.Span{Open: at, Close: at, Attempts: uint16(r.IntN(3))})
				a.Buckets.happened(bucketOf(at), &Bucket{Trouble: int32(r.IntN(60) / 59)}, Where{})
			}
			k := a.ranks(900 * second)
			for _, t := range a.Arrivals {
				add(k.of(t), arrivalBytes)
			}
			for i := range a.spansOf("mx") {
				if s := &a.spansOf("mx")[i]; !shadow(s) {
					add(k.of(s.Close), spanBytes)
				}
			}
			for b := range a.Buckets.all() {
				add(k.ofBucket(int64(b.K)*bucketLength), bucketBytes)
			}
			of = append(of, k)
		}
		for _, excess := range []int{1, 100, r.IntN(all + 1), all, 2 * all} {
			var exact rank
			rest := excess
			for _, exact = range slices.SortedFunc(maps.Keys(bytes), compareRanks) {
				if rest -= bytes[exact]; rest <= 0 {
					break
				}
			}
			d.Workers = 1 + r.IntN(3)
			got, gone := d.first(d.weighAll(of), of, clean, series, excess), 0
			for k, n := range bytes {
				if compareRanks(k, got) <= 0 && compareRanks(k, exact) > 0 {
					gone += n
				}
			}
			if all > 0 && (compareRanks(got, exact) < 0 || gone > d.most/fine) {
				t.Fatalf("%d of %d bytes: up to %+v, exactly %+v, %d bytes more", excess, all, got, exact, gone)
			}
		}
	}
}

// Of detail with refusals, three quarters stay where less would take what may go on. Series
// have half at most.
func TestUpToRecent(t *testing.T) {
	const windows = 16
	at := func(w int64) int64 { return (2_000_000 + w) * 900 * second }
	f := func(name string, series, recent, upTo int64) {
		t.Helper()
		d := NewDetail(1<<20, thresholds())
		a := d.NewAcc()
		for w := range int64(windows) {
			for range d.most / windows / spanBytes {
				a.AddSpan("mx", session.Span{Open: at(w), Close: at(w), Attempts: 1})
			}
			a.Buckets.happened(bucketOf(at(w)), &Bucket{Trouble: 1}, Where{})
		}
		for i := range series { // older ones, of which nothing but buckets is left
			a.Buckets.happened(bucketOf(at(i-series)+bucketLength), &Bucket{Trouble: 1}, Where{})
			d.used += bucketBytes
		}
		l := d.upTo([]ranks{a.ranks(900 * second)}, at(recent))
		if got := (l.upTo.at*bucketLength - at(0)) / (900 * second); l.upTo.class != refused || got != upTo {
			t.Errorf("%s: up to %+v, in window %d, want %d", name, l.upTo, got, upTo)
		}
		gone := 0
		l.ranks = a.ranks(900 * second)
		for b := range a.Buckets.all() {
			if l.bucketGone(int64(b.K) * bucketLength) {
				gone++
			}
		}
		if left := (len(a.Buckets.tidied()) - gone) * bucketBytes; left > d.most/2 || left < min(int(series)*bucketBytes, d.most/5*2) {
			t.Errorf("%s: %d bytes of series are left", name, left)
		}
	}
	f("all are old", 0, windows, 7)
	f("some are recent", 0, 6, 5)
	f("most are recent", 0, 1, 3)
	f("old series", 4_500, windows, 10) // they are a part of what is left
	f("too many old series", 40_000, windows, 15)
}
