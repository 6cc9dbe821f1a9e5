package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// The garbage collector is held back until it has run once, then it looks at how much is
// live; and not where GOGC says how often it is to run.
func TestPaceCollector(t *testing.T) {
	percent := func() int {
		now := debug.SetGCPercent(100)
		debug.SetGCPercent(now)
		return now
	}
	before := percent()
	t.Cleanup(func() { debug.SetGCPercent(before) })
	debug.SetGCPercent(77)
	t.Setenv("GOGC", "77")
	if paceCollector(); percent() != 77 {
		t.Errorf("GOGC=77 became %d", percent())
	}
	t.Setenv("GOGC", "")
	if paceCollector(); percent() != firstPercent {
		t.Errorf("the collector is not held back: %d", percent())
	}
	until := func(ok func(int) bool, what string) {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); !ok(percent()); runtime.GC() {
			if time.Now().After(end) {
				t.Fatalf("%d per cent after a collection, want %s", percent(), what)
			}
		}
	}
	until(func(p int) bool { return p <= mostPercent }, "as usual")
	kept := make([]byte, 10*mostGarbage)
	until(func(p int) bool { return p == leastPercent }, "few where much is live")
	runtime.KeepAlive(kept)
}

func TestGarbagePercent(t *testing.T) {
	f := func(live uint64, want int) {
		t.Helper()
		if got := garbagePercent(live); got != want {
			t.Errorf("%d bytes: %d, want %d", live, got, want)
		}
	}
	f(0, 100)
	f(1<<20, 100)
	f(mostGarbage, 100)
	f(2*mostGarbage, 51)
	f(4*mostGarbage, 26)
	f(100*mostGarbage, leastPercent)
}

// What a user allows is for the whole program; with next to nothing the collector would
// only run.
func TestCollectorLimit(t *testing.T) {
	f := func(most, want int64) {
		t.Helper()
		if got := collectorLimit(most); got != want {
			t.Errorf("%d bytes: %d, want %d", most, got, want)
		}
	}
	f(16<<20, 32<<20)
	f(48<<20, 32<<20)
	f(64<<20, 48<<20)
	f(1<<30, 1008<<20)
}
