package main

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

// shared is a buffer that two goroutines use.
type shared struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// screen is what a terminal shows after the bytes: only \r matters here.
func screen(text string) string {
	var line []byte
	at := 0
	for _, c := range []byte(text) {
		if c == '\r' {
			at = 0
			continue
		}
		line = append(line[:min(at, len(line))], append([]byte{c}, line[min(at+1, len(line)):]...)...)
		at++
	}
	return string(line)
}

// The line shows lines and bytes, is plain ASCII, and is gone at the end.
func TestDrawProgress(t *testing.T) {
	for _, total := range []int64{0, 4 << 20} {
		out := &shared{}
		p := &scan.Progress{}
		p.Total.Store(total)
		p.Read.Store(1 << 20)
		p.Lines.Store(1_234_567)
		done := make(chan struct{})
		gone := make(chan struct{})
		go func() {
			drawProgress(world{ErrOut: out}, p, done)
			close(gone)
		}()
		for start := time.Now(); !strings.Contains(out.String(), "1,234,567 lines"); time.Sleep(time.Millisecond) {
			if time.Since(start) > 5*time.Second {
				t.Fatalf("nothing shown: %q", out.String())
			}
		}
		p.Read.Store(total) // all read: the line must still be ours to clear
		time.Sleep(2 * progressEvery)
		close(done)
		<-gone
		text := out.String()
		for _, c := range []byte(text) {
			if c != '\r' && (c < 0x20 || c > 0x7e) {
				t.Fatalf("total %d: byte %#x in %q", total, c, text)
			}
		}
		if left := strings.TrimRight(screen(text), " "); left != "" {
			t.Errorf("total %d: %q is left on the screen", total, left)
		}
		if total > 0 && !strings.Contains(text, "25%") {
			t.Errorf("no share in %q", text)
		}
	}
}

// Short runs, and places where a line would be in the way, see nothing.
func TestShowProgressSilent(t *testing.T) {
	f := func(name string, w world, m manners) {
		t.Helper()
		out := &shared{}
		w.ErrOut = out
		if w.Env == nil {
			w.Env = func(string) string { return "" }
		}
		stop := showProgress(w, &m, &scan.Progress{})
		time.Sleep(20 * time.Millisecond)
		stop()
		if s := out.String(); s != "" {
			t.Errorf("%s: shows %q", name, s)
		}
	}
	f("short run", world{ErrTerminal: true}, manners{})
	f("no terminal", world{}, manners{})
	f("switched off", world{ErrTerminal: true}, manners{noProgress: true})
	f("quiet", world{ErrTerminal: true}, manners{quiet: true})
	f("dumb", world{ErrTerminal: true, Env: func(string) string { return "dumb" }}, manners{})
}
