package main

import (
	"context"
	"io"
	"time"
)

// until returns a reader that ends with ctx. A plain read of a terminal or pipe
// would go on waiting after Ctrl-C.
func until(ctx context.Context, r io.Reader) io.Reader {
	return &endingReader{ctx: ctx, r: r, results: make(chan readResult, 1)}
}

// endingReader reads ahead into its own buffer in a goroutine: a read that nobody
// waits for any more may still write into it.
type endingReader struct {
	ctx     context.Context
	r       io.Reader
	results chan readResult
	buf     []byte
	rest    []byte
	err     error
	// idle, unless nil, is called at ticks while nothing comes, with how long nothing has come.
	ticks <-chan time.Time
	now   func() time.Time
	idle  func(quiet time.Duration)
	came  time.Time
}

type readResult struct {
	n   int
	err error
}

func (e *endingReader) Read(p []byte) (int, error) {
	for len(e.rest) == 0 && e.err == nil {
		if e.buf == nil {
			e.buf = make([]byte, 128<<10)
		}
		go func() {
			n, err := e.r.Read(e.buf)
			e.results <- readResult{n, err}
		}()
		e.await()
	}
	if len(e.rest) == 0 {
		return 0, e.err
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// await waits for what is read. The first tick may be older than the wait: only from the
// second on nothing comes, and not the work on what came before takes its time.
func (e *endingReader) await() {
	for waited := false; ; {
		select {
		case res := <-e.results:
			e.rest, e.err = e.buf[:res.n], res.err
			if e.idle != nil {
				e.came = e.now()
			}
			return
		case <-e.ticks:
			if waited {
				e.idle(e.now().Sub(e.came))
			}
			waited = true
		case <-e.ctx.Done():
			e.err = e.ctx.Err() // the buffer is the goroutine's now
			return
		}
	}
}
