package group

import (
	"sync"
	"sync/atomic"
)

// Each does n tasks on so many goroutines, of which the caller's is one; with one worker
// there is no other. It tells which worker does a task, from 0 on, and returns when all of
// them are done. Tasks begin in order.
func Each(workers, n int, do func(worker, task int)) {
	var begun atomic.Int64
	work := func(worker int) {
		for task := int(begun.Add(1)) - 1; task < n; task = int(begun.Add(1)) - 1 {
			do(worker, task)
		}
	}
	var others sync.WaitGroup
	for worker := 1; worker < min(workers, n); worker++ {
		others.Go(func() { work(worker) })
	}
	work(0)
	others.Wait()
}
