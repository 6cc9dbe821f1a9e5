package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

const (
	// progressAfter is how long a run may take before it shows progress.
	progressAfter = time.Second
	progressEvery = 200 * time.Millisecond
)

// showProgress shows on standard error how far a run is, on one line that stop
// removes. Nothing is shown for a short run, or where it would be in the way:
// standard error is no terminal, or a dumb one.
func showProgress(w world, m *manners, p *scan.Progress) (stop func()) {
	if m.noProgress || m.quiet || !w.ErrTerminal || w.Env("TERM") == "dumb" {
		return func() {}
	}
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		select {
		case <-done:
			return
		case <-time.After(progressAfter):
		}
		drawProgress(w, p, done)
	}()
	return func() {
		close(done)
		<-gone
	}
}

// waitingAfter is how long a named pipe may be read before that is told.
const waitingAfter = 5 * time.Second

// sayWaiting tells where no progress is shown that a run waits for named pipes, for
// without a writer it waits for ever.
func sayWaiting(w world, m *manners, inputs []source.Input) (stop func()) {
	var pipes []string
	for _, in := range inputs {
		if fi, err := os.Stat(in.Path); err == nil && fi.Mode()&os.ModeNamedPipe != 0 {
			pipes = append(pipes, in.String())
		}
	}
	if len(pipes) == 0 || m.quiet || w.ErrTerminal {
		return func() {}
	}
	t := time.AfterFunc(waitingAfter, func() {
		w.say(w.color(m.color.value, false), "still reading "+strings.Join(pipes, ", ")+": a named pipe ends when what writes to it ends")
	})
	return func() { t.Stop() }
}

// drawProgress draws until done, then clears its line.
func drawProgress(w world, p *scan.Progress, done <-chan struct{}) {
	bar := progressbar.NewOptions64(-1,
		progressbar.OptionSetWriter(w.ErrOut),
		progressbar.OptionSetTheme(progressbar.ThemeASCII),
		progressbar.OptionSetWidth(20),
		progressbar.OptionShowBytes(true),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetSpinnerChangeInterval(0), // it would draw from a goroutine of its own
	)
	ticks := time.NewTicker(progressEvery)
	defer ticks.Stop()
	for {
		read, total, lines := p.Read.Load(), p.Total.Load(), p.Lines.Load()
		if total < read {
			total = -1 // standard input, or a file that grows: no end known
		}
		if bar.GetMax64() != total {
			bar.ChangeMax64(total)
		}
		bar.Describe(fmt.Sprintf("%s lines", rules.Thousands(lines)))
		// A full bar would finish and leave the line; the end is ours to tell.
		if total > 0 {
			read = min(read, total-1)
		}
		_ = bar.Set64(read)
		select {
		case <-done:
			_ = bar.Clear()
			return
		case <-ticks.C:
		}
	}
}
