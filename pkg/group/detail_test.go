package group

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
)

const capOf = 5 // sessions that the receiver of feed serves

// feed gives an accumulator some hours of mail: one message every ten seconds, and each
// third hour a batch of 400 by 20 processes to a receiver that serves 5 sessions at once
// and refuses the others. It is the same for the same seed.
func feed(a *Acc, hours int, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	send := func(at, length int64, process uint32, refused, first bool) {
		o := observe(0, mail.Delivered, &success, first)
		s := session.Span{Open: at, Close: at + length, PID: process, Attempts: 1, Served: 1, Use: 1, Setup: 20, Precise: true}
		if refused {
			o = observe(0, mail.Deferred, &limit, first)
			s.Refused, s.Served = 1, 0
		}
		o.Event.Time, o.Where.Time, o.Where.Line = at+length, at+length, at/second
		o.Event.Delay, o.Event.Delays = length, [4]int64{0, 0, 20_000, length - 20_000}
		a.Add(o)
		a.AddSpan("mx.example.net", s)
		if !first && !refused {
			a.AddFate(join.Fate{Outcome: mail.Delivered, Trouble: true, Wait: at % 7 * second, Attempts: 2}, "example.com", Stream{})
		}
	}
	begin := int64(1_800_000_000) * second
	for q := range int64(hours) * 360 {
		at := begin + q*10*second
		send(at+r.Int64N(5*second), 300_000+r.Int64N(200_000), 1, false, true)
		if q%1080 != 540 {
			continue
		}
		busy := make([]int64, 20)
		for i := range 400 {
			p := slices.Index(busy, slices.Min(busy))
			from, open := at+busy[p], 0
			for _, until := range busy {
				if until > busy[p]+50_000 {
					open++
				}
			}
			length := 500_000 + r.Int64N(100_000)
			if open >= capOf {
				length = 60_000
			}
			send(from, length, uint32(100+p), open >= capOf, i%3 > 0)
			busy[p] += length
		}
	}
}

// summed is what a bound of so many bytes makes of feed; 0 bounds nothing.
func summed(t *testing.T, bytes int64, hours int, seed uint64) (Summary, *Detail) {
	t.Helper()
	d := NewDetail(bytes, thresholds())
	a := d.NewAcc()
	if bytes == 0 {
		a.detail = nil
	}
	feed(a, hours, seed)
	return Freeze(map[Key]*Acc{{Platform: "p", SendingIP: "192.0.2.1"}: a}, Context{Thresholds: thresholds()})[0], d
}

// What is summed up goes on being counted exactly, and charts are the same. What is
// measured moves little: the levels at the edges of what is summed up.
func TestSummedUp(t *testing.T) {
	f := func(bytes int64, hours int, seed uint64, within float64) {
		t.Helper()
		exact, _ := summed(t, 0, hours, seed)
		got, d := summed(t, bytes, hours, seed)
		if d.Folded() == 0 || got.Folded != d.Folded() || exact.Folded != 0 {
			t.Fatalf("%d bytes, %d hours: %d and %d attempts summed up", bytes, hours, d.Folded(), got.Folded)
		}
		e, g := exact.All.Acc, got.All.Acc
		if e.Counts != g.Counts || e.Refusals != g.Refusals || e.Fates != g.Fates || e.Waits.Total() != g.Waits.Total() || e.Gaps.Total() != g.Gaps.Total() {
			t.Errorf("%d bytes, %d hours: counts %+v, want %+v", bytes, hours, g.Counts, e.Counts)
		}
		if len(exact.Windows) != len(got.Windows) {
			t.Fatalf("%d bytes, %d hours: %d windows, want %d", bytes, hours, len(got.Windows), len(exact.Windows))
		}
		for i := range exact.Windows {
			if e, g := &exact.Windows[i], &got.Windows[i]; e.Start != g.Start || e.Bucket != g.Bucket {
				t.Errorf("%d bytes, %d hours: window %+v, want %+v", bytes, hours, g, e)
			}
		}
		for _, name := range []string{"peak_sessions", "attempts_low", "attempts_above", "refused_above", "refused_low", "refused_stop", "retries_per_first",
			"retry_sessions_per_first", "connections_busiest", "retry_clump", "arrivals_busiest", "arrivals_usual", "trouble_windows", "retry_gap", "offered_sessions"} {
			want, have := exact.All.Facts[name], got.All.Facts[name]
			if diff := have.Value - want.Value; diff > within*want.Value+within || -diff > within*want.Value+within {
				t.Errorf("%d bytes, %d hours: %s is %v, want %v", bytes, hours, name, have.Value, want.Value)
			}
		}
		if l := got.All.Limit; l.Known() && (l.Low > capOf || l.High > 0 && l.High < capOf) {
			t.Errorf("%d bytes, %d hours: the limit is between %d and %d, in truth %d", bytes, hours, l.Low, l.High, capOf)
		}
		if want := exact.All.Limit; within < 0.1 && (got.All.Limit.Type != want.Type || got.All.Limit.Low != want.Low) {
			t.Errorf("%d bytes, %d hours: limit %+v, want %+v", bytes, hours, got.All.Limit, want)
		}
	}
	for seed := range uint64(3) {
		f(300_000, 24, seed, 0.01) // all windows with refusals stay
		f(300_000, 96, seed, 0.02)
		f(60_000, 48, seed, 0.2) // not even those
	}
}

// The same log is always summed up the same way, whoever does it.
func TestSummedUpTheSame(t *testing.T) {
	text := func(workers int) string {
		d := NewDetail(400_000, thresholds())
		d.Workers = workers
		accs := map[Key]*Acc{}
		for i := range 6 {
			a := d.NewAcc()
			feed(a, 12*(1+i), uint64(i))
			accs[Key{Platform: fmt.Sprint("p", i/2), SendingIP: fmt.Sprint("192.0.2.", i)}] = a
		}
		if d.Folded() == 0 {
			t.Fatal("nothing was summed up")
		}
		var all []any
		for _, s := range Freeze(accs, Context{Thresholds: thresholds(), Workers: workers}) {
			all = append(all, s.Platform, s.Folded, s.All.Facts, s.All.Peak, s.All.Curve, s.All.Limit, s.All.State, s.Windows)
			for i := range s.ByIP {
				all = append(all, s.ByIP[i].IP, s.ByIP[i].Facts)
			}
		}
		out, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	want := text(1)
	for _, workers := range []int{1, 2, 3, 20} {
		if got := text(workers); got != want {
			t.Fatalf("%d workers: %s", workers, difference(want, got))
		}
	}
}

// Windows without refusals go first, oldest first; those beside refusals next.
func TestRanks(t *testing.T) {
	a := NewAcc()
	const window = 900
	at := func(n int64, o mail.Outcome, r *Reading) { a.Add(observe(1_800_000_000+n*window, o, r, true)) }
	for n := range int64(8) {
		at(n, mail.Delivered, &success)
	}
	at(4, mail.Deferred, &limit)
	r := a.ranks(window * second)
	for n, want := range []uint8{clean, clean, clean, beside, refused, beside, clean, clean} {
		k := r.of((1_800_000_000 + int64(n)*window) * second)
		if b := r.ofBucket((1_800_000_000 + int64(n)*window) * second); k.class != want || b.class != want && b.class != series {
			t.Errorf("window %d: class %d, its buckets %d, want %d", n, k.class, b.class, want)
		}
	}
}

// Four times the log needs the same memory.
func TestMemoryDoesNotGrowWithTheLog(t *testing.T) {
	live := func(hours int) float64 {
		before := inUse()
		d := NewDetail(400_000, thresholds())
		var accs []*Acc
		for i := range 20 {
			accs = append(accs, d.NewAcc())
			feed(accs[i], hours, uint64(i))
		}
		after := inUse()
		runtime.KeepAlive(accs)
		return float64(after) - float64(before) + float64(d.most-d.used) // as if all of it were there
	}
	live(6)
	one, four := live(24), live(96)
	t.Logf("%.0f bytes for 24 hours, %.0f for 96: ratio %.2f", one, four, four/one)
	if four > 1.3*one {
		t.Errorf("%.0f bytes for 24 hours, %.0f for 96: ratio %.2f, want at most 1.3", one, four, four/one)
	}
}

func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
