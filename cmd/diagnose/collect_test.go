package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// The garbage collector is held back until it has run once, and not where GOGC says how
// often it is to run.
func TestCollectLater(t *testing.T) {
	percent := func() int {
		now := debug.SetGCPercent(100)
		debug.SetGCPercent(now)
		return now
	}
	before := percent()
	t.Cleanup(func() { debug.SetGCPercent(before) })
	debug.SetGCPercent(77)
	t.Setenv("GOGC", "77")
	if collectLater(); percent() != 77 {
		t.Errorf("GOGC=77 became %d", percent())
	}
	t.Setenv("GOGC", "")
	if collectLater(); percent() != 400 {
		t.Errorf("the collector is not held back: %d", percent())
	}
	for end := time.Now().Add(10 * time.Second); percent() != 100 && time.Now().Before(end); {
		runtime.GC()
	}
	if percent() != 100 {
		t.Errorf("%d after a collection", percent())
	}
}
