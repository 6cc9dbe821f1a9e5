package group

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// Each task is done once, and by the caller where there is one worker.
func TestEach(t *testing.T) {
	f := func(workers, n int) {
		t.Helper()
		var done, others atomic.Int64
		times := make([]atomic.Int64, n)
		before := runtime.NumGoroutine()
		Each(workers, n, func(worker, task int) {
			done.Add(1)
			times[task].Add(1)
			if worker > 0 {
				others.Add(1)
			}
			if worker < 0 || worker >= max(workers, 1) || workers < 2 && runtime.NumGoroutine() > before {
				t.Errorf("worker %d of %d", worker, workers)
			}
		})
		for i := range times {
			if times[i].Load() != 1 {
				t.Fatalf("%d workers, %d tasks: one was done %d times", workers, n, times[i].Load())
			}
		}
		if done.Load() != int64(n) || workers < 2 && others.Load() > 0 {
			t.Errorf("%d workers: %d of %d tasks, %d by others", workers, done.Load(), n, others.Load())
		}
	}
	for _, workers := range []int{-1, 0, 1, 2, 7} {
		for _, n := range []int{0, 1, 2, 1000} {
			f(workers, n)
		}
	}
}

// Summaries come one at a time to each worker, each platform once, and their accumulators
// go when they were looked at.
func TestSummaries(t *testing.T) {
	for _, workers := range []int{0, 1, 3} {
		accs, all := map[Key]*Acc{}, []*Acc{}
		for i := range 40 {
			a := NewAcc()
			feed(a, 1, uint64(i))
			all = append(all, a)
			accs[Key{Platform: fmt.Sprint("p", i/2), SendingIP: fmt.Sprint("192.0.2.", i)}] = a
		}
		var one sync.Mutex
		seen := map[string]float64{}
		Summaries(accs, Context{Thresholds: thresholds(), Workers: workers})(func(s *Summary) {
			one.Lock()
			defer one.Unlock()
			seen[s.Platform] += s.All.Facts["attempts"].Value
		})
		for p, n := range seen {
			if n != 720 {
				t.Errorf("%d workers, %s: %v attempts", workers, p, n)
			}
		}
		if len(seen) != 20 || len(accs) != 0 {
			t.Errorf("%d workers: %d platforms, %d accumulators left", workers, len(seen), len(accs))
		}
		for _, a := range all {
			if a.Counts.Attempts != 0 {
				t.Fatalf("%d workers: an accumulator is still full", workers)
			}
		}
	}
}
