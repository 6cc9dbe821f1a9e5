package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

// collectLater lets the heap grow to 16 MiB before the garbage collector looks at it for
// the first time: the rules and what a run begins with make garbage of a few MiB many
// times over, and each look costs the same whatever comes of it. From then on the heap is
// collected as GOGC says; where the user has set that, nothing is changed.
func collectLater() {
	if os.Getenv("GOGC") != "" {
		return
	}
	const usual, first = 100, 400 // per cent of what is live, but of 4 MiB at least
	debug.SetGCPercent(first)
	// A cleanup runs after the first collection.
	runtime.AddCleanup(new([16]byte), func(int) { debug.SetGCPercent(usual) }, 0)
}
