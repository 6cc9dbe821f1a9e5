package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

// world is all that a run takes from outside. Only this file reads the clock, the
// environment and the terminal; tests put their own in.
type world struct {
	In          io.Reader
	Out, ErrOut io.Writer
	// InTerminal, OutTerminal and ErrTerminal say which of the streams are terminals.
	InTerminal, OutTerminal, ErrTerminal bool
	// Columns is the width of the terminal on standard output, 0 if there is none.
	Columns int
	// Env looks a variable up; one that is unset is empty.
	Env func(string) string
	// Now is the clock.
	Now func() time.Time
	// Dir is the working directory, empty if unknown.
	Dir string
	// Temp is the folder for temporary files, empty for that of the system.
	Temp string
	// CPUs is the number of jobs unless told otherwise.
	CPUs int
}

// system is the real world.
func system() world {
	w := world{
		In: os.Stdin, Out: &pipe{w: os.Stdout}, ErrOut: os.Stderr,
		InTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		OutTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		ErrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		Env:         os.Getenv,
		Now:         time.Now,
		CPUs:        runtime.GOMAXPROCS(0),
	}
	w.Dir, _ = os.Getwd()
	if w.OutTerminal {
		w.Columns, _, _ = term.GetSize(int(os.Stdout.Fd()))
	}
	// Without this the runtime ends the program at the first write to a closed
	// pipe, and files half written would be left behind.
	signal.Ignore(syscall.SIGPIPE)
	return w
}

// errClosedPipe is a write to a reader that has gone (head, less).
var errClosedPipe = errors.New("closed pipe")

// pipe is standard output: it tells a reader that has gone from other errors.
type pipe struct{ w io.Writer }

func (p *pipe) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		err = errClosedPipe
	}
	return n, err
}

// signalled is why a context ended.
type signalled struct{ signal os.Signal }

func (s signalled) Error() string { return s.signal.String() }

// interruptible is a context that ends with the first SIGINT or SIGTERM. The
// second one ends the program at once.
func interruptible() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	go func() {
		if s, ok := <-c; ok {
			signal.Stop(c)
			cancel(signalled{s})
		}
	}()
	return ctx, func() { signal.Stop(c) }
}

// chain is what the commands call; tests put fakes in.
type chain struct {
	run   func(context.Context, scan.Config) (*report.Report, error)
	parse func(ctx context.Context, cfg scan.Config, class, dest string, emit func(*scan.Row) error) (*report.Input, error)
	// messages is what parse --messages calls.
	messages func(ctx context.Context, cfg scan.Config, class, dest string, emit func(*scan.MessageRow) error) (*report.Input, error)
	// snapshot writes what it reads instead of making something of it.
	snapshot func(ctx context.Context, cfg scan.Config, arguments []report.Error, w io.Writer) (*report.Input, error)
	watch    func(context.Context, scan.Config, scan.Watching) (*report.Input, error)
	formats  []parsers.Format
}

// width is the width of text: what was asked for, else that of the terminal.
func (w world) width(asked int) int {
	switch {
	case asked > 0:
		return asked
	case w.Columns > 0:
		return w.Columns
	}
	return report.DefaultWidth
}

// color decides whether a stream is coloured; each stream for itself.
// --color=always and CLICOLOR_FORCE win, then NO_COLOR (no-color.org), TERM=dumb
// and streams that are no terminal turn it off.
func (w world) color(asked string, terminal bool) bool {
	force := w.Env("CLICOLOR_FORCE")
	switch {
	case asked == "always":
		return true
	case asked == "never":
		return false
	case force != "" && force != "0":
		return true
	case w.Env("NO_COLOR") != "", w.Env("TERM") == "dumb":
		return false
	}
	return terminal
}

// say writes one message to standard error: "diagnose: what". Log text and file
// names in it are made safe; further lines (an excerpt with a caret) stay lines, but
// never begin at the margin, where they would pass for messages.
func (w world) say(color bool, text string) {
	prefix := "diagnose: "
	if color {
		prefix = "\x1b[33mdiagnose:\x1b[0m "
	}
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			prefix = "  "
			line = strings.TrimPrefix(line, "  ")
		}
		_, _ = io.WriteString(w.ErrOut, prefix+report.Visible(line)+"\n")
	}
}
