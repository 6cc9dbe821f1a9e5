package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	firstPercent = 400      // of the 4 MiB that the heap is taken to have at least
	mostPercent  = 100      // of what is live, as GOGC says if nobody sets it
	mostGarbage  = 24 << 20 // bytes
	leastPercent = 12       // of what is live, however many bytes that is
)

// paceCollector sets how much garbage may lie in the heap; where the user has set GOGC,
// nothing is changed. 16 MiB at the start: the rules and what a run begins with make
// garbage of a few MiB many times over, and each look of the collector costs the same
// whatever comes of it. Then as much as is live, as usual, but 24 MiB at most: a run that
// has to keep much needs no more room to work in than another one. It is 12 % of what is
// live in any case: to look through very much for little costs more than it gives.
func paceCollector() {
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(firstPercent)
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	// A cleanup runs after a collection, once.
	var next func(struct{})
	again := func() { runtime.AddCleanup(new([16]byte), next, struct{}{}) }
	next = func(struct{}) {
		metrics.Read(live)
		debug.SetGCPercent(garbagePercent(live[0].Value.Uint64()))
		again()
	}
	again()
}

// garbagePercent is how much garbage may be added to so many live bytes.
func garbagePercent(live uint64) int {
	return int(max(min(mostPercent, 100*mostGarbage/max(live, 1)+1), leastPercent))
}
