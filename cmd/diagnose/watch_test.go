package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

// sharedOutput is a buffer for two goroutines.
type sharedOutput struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *sharedOutput) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *sharedOutput) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// A file is followed from the windows that it tells of already over a rotation, and also
// while no line comes; Ctrl-C is a good end.
func TestWatchFollows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.log")
	write := func(at ...string) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for i, at := range at {
			fmt.Fprintf(f, "2026-05-20T%s+00:00 mx1 postfix/smtp[20%d]: 4A00%dB: to=<u@hotmail.com>, relay=hotmail-com.olc.protection.outlook.com[203.0.113.11]:25, delay=1.2, delays=0.1/0.1/0.5/0.5, dsn=4.7.652, status=deferred (host said: 451 4.7.652 The mail server [192.0.2.10] has exceeded the maximum number of connections. (S3115))\n", at, i, i)
		}
	}
	write("09:00:01.0", "09:01:01.0", "09:02:01.0", "09:03:01.0")

	tr := newTrial(t)
	tr.chain = realChain()
	out := &sharedOutput{}
	tr.Out = out
	var clock sync.Mutex
	now := noon
	tr.Now = func() time.Time {
		clock.Lock()
		defer clock.Unlock()
		return now
	}
	await := func(want string) {
		t.Helper()
		for range 400 {
			if out.String() == want {
				return
			}
			time.Sleep(25 * time.Millisecond)
		}
		t.Fatalf("printed\n%s\nwant\n%s", out.String(), want)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int)
	go func() {
		ended <- run(ctx, []string{"watch", "--window", "1m", "--last", "2", path}, tr.world, tr.chain)
	}()

	line := func(minute, trend string) string {
		return "09:" + minute + " microsoft-consumer sessions 1 deferred 1 accepted 0 " + trend + "\n"
	}
	want := "-- 2026-05-20 UTC\n" + line("00", "unknown") + line("01", "steady") // the lines of 09:02 may be late
	await(want)
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	write("09:04:01.0")
	want += line("02", "steady")
	await(want)
	clock.Lock()
	now = now.Add(3 * time.Minute)
	clock.Unlock()
	want += line("03", "steady") + line("04", "steady")
	await(want + "09:05 microsoft-consumer sessions - deferred 0 accepted 0 over\n")
	cancel()
	if code := <-ended; code != exitFine || tr.err.Len() > 0 {
		t.Errorf("exit code %d, %q", code, tr.err.String())
	}
}

// What a destination is called comes from a log, and may be hostile.
func TestWatchOutputIsVisible(t *testing.T) {
	tr := newTrial(t)
	cmd := &watchCommand{reading: newReading(tr.world, tr.chain)}
	cmd.top.value = 10
	out := &watchOutput{watchCommand: cmd, w: bufio.NewWriter(&tr.out)}
	if err := out.print(&scan.LiveWindow{Rows: []scan.LiveRow{{Platform: "a\x1b[2Jb.example", DeferredRecipients: 1, Trend: scan.TrendNew}}}); err != nil {
		t.Fatal(err)
	}
	if err := out.flush(); err != nil || strings.Contains(tr.out.String(), "\x1b") {
		t.Errorf("%q, %v", tr.out.String(), err)
	}
	out.w = bufio.NewWriter(fullDisk{})
	if err := out.line(noon, "anything"); err != nil {
		t.Fatal(err)
	}
	if err := out.show(); err == nil {
		t.Error("a full disk goes unnoticed")
	}
}

// A log that cannot be read on is told of.
func TestWatchBrokenInput(t *testing.T) {
	tr := newTrial(t)
	tr.chain = realChain()
	first := "2026-05-20T09:00:01+00:00 mx1 postfix/qmgr[1]: 4A000B: removed\n"
	tr.In = io.MultiReader(strings.NewReader(first), brokenReader{})
	if code := tr.run("watch", "-q"); code != exitInput || !strings.Contains(tr.err.String(), "standard input") {
		t.Errorf("exit code %d, %q", code, tr.err.String())
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// While a reader is at work on what came, ticks do not say that nothing comes.
func TestEndingReaderIdles(t *testing.T) {
	ticks := make(chan time.Time, 1)
	idle := 0
	r, w := io.Pipe()
	e := &endingReader{ctx: context.Background(), r: r, results: make(chan readResult, 1), ticks: ticks, now: func() time.Time { return noon }, idle: func(time.Duration) { idle++ }}
	for range 20 {
		ticks <- noon // it came while the text before was read
		go func() { _, _ = w.Write([]byte("line\n")) }()
		if n, err := e.Read(make([]byte, 10)); n != 5 || err != nil || idle > 0 {
			t.Fatalf("%d bytes, %v, idle %d times", n, err, idle)
		}
		select {
		case <-ticks:
		default:
		}
	}
	go func() {
		for range 3 {
			ticks <- noon
		}
		_ = w.Close()
	}()
	if _, err := e.Read(make([]byte, 10)); err != io.EOF || idle != 2 {
		t.Errorf("%v, idle %d times, want 2", err, idle)
	}
}
