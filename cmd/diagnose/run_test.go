package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

// A trial is a run in a world of its own.
type trial struct {
	world
	out, err bytes.Buffer
	env      map[string]string
	chain
	got scan.Config
}

var noon = time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)

func newTrial(t *testing.T) *trial {
	tr := &trial{env: map[string]string{}}
	tr.world = world{
		In: strings.NewReader(""), Out: &tr.out, ErrOut: &tr.err,
		Env: func(name string) string { return tr.env[name] },
		Now: func() time.Time { return noon },
		Dir: t.TempDir(), CPUs: 3,
	}
	tr.chain.formats = realChain().formats
	tr.chain.run = func(_ context.Context, cfg scan.Config) (*report.Report, error) {
		tr.got = cfg
		return &report.Report{Input: report.Input{Lines: 10, Understood: 10}}, nil
	}
	tr.chain.parse = func(_ context.Context, cfg scan.Config, _, _ string, _ func(*scan.Row) error) (*report.Input, error) {
		tr.got = cfg
		return &report.Input{Lines: 10, Understood: 10}, nil
	}
	return tr
}

func (tr *trial) run(args ...string) int {
	return run(context.Background(), args, tr.world, tr.chain)
}

// Reading from a terminal with no arguments prints short help instead of hanging.
func TestTerminalWithoutArguments(t *testing.T) {
	for _, args := range [][]string{nil, {"parse"}, {"classify"}, {"explain"}, {"rules"}} {
		tr := newTrial(t)
		tr.InTerminal = true
		tr.In = failingReader{t}
		if code := tr.run(args...); code != exitFine {
			t.Errorf("%v: exit code %d, want 0: %s", args, code, tr.err.String())
		}
		if !strings.Contains(tr.out.String(), "usage: diagnose") || tr.err.Len() > 0 {
			t.Errorf("%v: no short help: %q %q", args, tr.out.String(), tr.err.String())
		}
		if n := strings.Count(tr.out.String(), "\n"); n > 24 {
			t.Errorf("%v: short help has %d lines", args, n)
		}
	}
}

type failingReader struct{ t *testing.T }

func (f failingReader) Read([]byte) (int, error) {
	f.t.Error("read from the terminal")
	return 0, io.EOF
}

// What flags say reaches the library.
func TestConfig(t *testing.T) {
	tr := newTrial(t)
	code := tr.run("-i", "postfix", "--since", "2h", "--until", "2026-05-20", "--tz", "-14:00", "--year", "2025",
		"--class", "greylist", "--new-ip", "192.0.2.1", "--new-ip", "2001:db8::1, ::ffff:192.0.2.2", "--ip", "192.0.2.3", "--show-addresses", "--salt", "x y")
	if code != exitFine {
		t.Fatalf("exit code %d: %s", code, tr.err.String())
	}
	c := tr.got
	f := func(name string, ok bool) {
		t.Helper()
		if !ok {
			t.Errorf("%s: %+v", name, c)
		}
	}
	f("inputs", len(c.Inputs) == 1 && c.Inputs[0].Path == "-")
	f("format", c.Format == "postfix")
	f("class", c.Class == mail.Greylist)
	f("since", c.Since.Equal(noon.Add(-2*time.Hour)))
	f("until", c.Until.Equal(time.Date(2026, 5, 20, 14, 0, 0, 0, time.UTC)))
	f("year", c.Year == 2025)
	f("new IPs", len(c.NewIPs) == 3 && c.NewIPs[2].String() == "192.0.2.2")
	f("IPs", len(c.IPs) == 1)
	f("privacy", c.ShowAddresses && c.Salt == "x y")
	f("jobs", c.Jobs == 3)
	f("now", c.Now.Equal(noon))
	f("rules", c.Rules != nil)
	f("progress", c.Progress != nil)

	tr = newTrial(t)
	if tr.run("--jobs", "7") != exitFine || tr.got.Jobs != 7 || tr.got.Location != nil || tr.got.Format != "" || tr.got.Class != mail.ClassNone || !tr.got.Since.IsZero() {
		t.Errorf("defaults: %+v", tr.got)
	}
	tr = newTrial(t)
	if tr.run("parse", "--tz", "Europe/Paris") != exitFine || tr.got.Location.String() != "Europe/Paris" {
		t.Errorf("parse: %+v", tr.got)
	}
}

func TestParseTime(t *testing.T) {
	paris, err := parseZone("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	f := func(s string, zone *time.Location, want string) {
		t.Helper()
		got, err := parseTime(s, zone, noon)
		if err != nil || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("parseTime(%q) = %v, %v; want %s", s, got, err, want)
		}
	}
	f("2026-05-20T09:00:00Z", nil, "2026-05-20T09:00:00Z")
	f("2026-05-20T09:00:00.5+02:00", nil, "2026-05-20T07:00:00Z")
	f("2026-05-20", nil, "2026-05-20T00:00:00Z")
	f("2026-05-20", paris, "2026-05-19T22:00:00Z")
	f("2026-05-20 09:30", paris, "2026-05-20T07:30:00Z")
	f("2026-05-20T09:30:15", nil, "2026-05-20T09:30:15Z")
	f("2h", nil, "2026-05-20T10:00:00Z")
	f("1h30m", nil, "2026-05-20T10:30:00Z")
	f("7d", nil, "2026-05-13T12:00:00Z")
	f("1d12h", nil, "2026-05-19T00:00:00Z")
	f("", nil, "0001-01-01T00:00:00Z")
	bad := func(s string) {
		t.Helper()
		if got, err := parseTime(s, nil, noon); err == nil {
			t.Errorf("parseTime(%q) = %v, want an error", s, got)
		}
	}
	bad("tomorrow")
	bad("-2h")
	bad("d")
	bad("xd")
	bad("1d-3h")
	bad("99999999d")
	bad("2026-13-01")
	bad("20/05/2026")
}

// Whatever is typed, "ago" is never in the future, and nothing panics.
func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"", "2h", "7d", "1d12h", "65535d2000000h", "-1h", "2026-05-20", "2026-05-20T09:00:00+02:00", "d", "0d", "+02:00", "local"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, err := parseAgo(s); err == nil && d < 0 {
			t.Fatalf("parseAgo(%q) = %v", s, d)
		}
		zone, err := parseZone(s)
		if err != nil {
			zone = nil
		}
		if _, err := parseTime(s, zone, noon); err != nil && s == "" {
			t.Fatal(err)
		}
	})
}

func TestParseZone(t *testing.T) {
	f := func(s, want string) {
		t.Helper()
		zone, err := parseZone(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := noon.In(zone).Format("-07:00"); got != want {
			t.Errorf("parseZone(%q) is %s, want %s", s, got, want)
		}
	}
	f("UTC", "+00:00")
	f("+02:00", "+02:00")
	f("-0330", "-03:30")
	f("Asia/Kolkata", "+05:30")
	if zone, err := parseZone(""); zone != nil || err != nil {
		t.Errorf("no zone is %v, %v", zone, err)
	}
	for _, s := range []string{"Mars", "../../etc/passwd", "+2"} {
		if zone, err := parseZone(s); err == nil {
			t.Errorf("parseZone(%q) = %v, want an error", s, zone)
		}
	}
}

func TestInputVerdict(t *testing.T) {
	file := func(path string, lines, known int64) report.File {
		return report.File{Path: path, Lines: lines, Understood: known, NotUnderstood: lines - known}
	}
	f := func(name string, in report.Input, want int) {
		t.Helper()
		for _, file := range in.Files {
			in.Lines += file.Lines
			in.Understood += file.Understood
			in.NotUnderstood += file.NotUnderstood
		}
		if got, say := inputVerdict(&in, 50); got != want {
			t.Errorf("%s: code %d (%s), want %d", name, got, say, want)
		}
	}
	bad := func(path string) []report.Error { return []report.Error{{File: path, Error: "x"}} }
	f("all understood", report.Input{Files: []report.File{file("a", 10, 10)}}, exitFine)
	f("half understood", report.Input{Files: []report.File{file("a", 10, 5)}}, exitFine)
	f("less than half", report.Input{Files: []report.File{file("a", 10, 4)}}, exitInput)
	f("irrelevant lines count", report.Input{Files: []report.File{file("a", 10, 1)}, Lines: 10, Irrelevant: 10}, exitFine)
	f("empty", report.Input{Files: []report.File{file("a", 0, 0)}}, exitNothing)
	f("no files", report.Input{}, exitNothing)
	f("unrecognised", report.Input{Files: []report.File{file("a", 10, 0)}, Errors: bad("a")}, exitNothing)
	f("unrecognised and empty", report.Input{Files: []report.File{file("a", 10, 0), file("b", 0, 0)}, Errors: bad("a")}, exitNothing)
	f("unrecognised beside good", report.Input{Files: []report.File{file("a", 10, 0), file("b", 90, 90)}, Errors: bad("a")}, exitInput)
	f("missing", report.Input{Errors: bad("a")}, exitInput)
	f("missing and empty", report.Input{Files: []report.File{file("b", 0, 0)}, Errors: bad("a")}, exitInput)
	f("broken at its start", report.Input{Files: []report.File{file("a", 0, 0)}, Errors: bad("a")}, exitInput)
	f("truncated", report.Input{Files: []report.File{file("a", 9, 9)}, Errors: bad("a")}, exitInput)
}

func TestFindingVerdict(t *testing.T) {
	r := &report.Report{Groups: []report.Group{{Severity: "normal", Cause: "none"}, {Severity: "watch", Cause: "burst"}}}
	quiet := &report.Report{Groups: []report.Group{{Severity: "normal", Cause: "none"}}}
	small := &report.Report{Groups: []report.Group{{Severity: "normal", Cause: "unclear"}}}
	f := func(r *report.Report, failOn string, want int) {
		t.Helper()
		if got := findingVerdict(r, failOn); got != want {
			t.Errorf("%s: code %d, want %d", failOn, got, want)
		}
	}
	f(r, "never", exitFine)
	f(r, "escalate", exitFine)
	f(r, "watch", exitFindings)
	f(r, "normal", exitFindings)
	f(quiet, "normal", exitFine)
	f(small, "normal", exitFindings)
	f(small, "watch", exitFine)
	f(&report.Report{}, "normal", exitFine)
}

func TestColor(t *testing.T) {
	f := func(want bool, asked string, terminal bool, env ...string) {
		t.Helper()
		w := world{Env: func(name string) string {
			for _, e := range env {
				if k, v, _ := strings.Cut(e, "="); k == name {
					return v
				}
			}
			return ""
		}}
		if got := w.color(asked, terminal); got != want {
			t.Errorf("%s, terminal %v, %v: %v", asked, terminal, env, got)
		}
	}
	f(true, "auto", true)
	f(false, "auto", false)
	f(false, "auto", true, "NO_COLOR=1")
	f(true, "auto", true, "NO_COLOR=")
	f(false, "auto", true, "TERM=dumb")
	f(true, "auto", false, "CLICOLOR_FORCE=1")
	f(true, "auto", false, "CLICOLOR_FORCE=1", "NO_COLOR=1")
	f(false, "auto", false, "CLICOLOR_FORCE=0")
	f(true, "always", false, "NO_COLOR=1", "TERM=dumb")
	f(false, "never", true, "CLICOLOR_FORCE=1")
}

func TestWidth(t *testing.T) {
	f := func(asked, columns, want int) {
		t.Helper()
		if got := (world{Columns: columns}).width(asked); got != want {
			t.Errorf("width(%d) on %d columns = %d, want %d", asked, columns, got, want)
		}
	}
	f(0, 0, 98)
	f(0, 60, 60)
	f(70, 60, 70)
}

// A reader that has gone ends the run silently, whatever was being written.
func TestClosedPipe(t *testing.T) {
	for _, args := range [][]string{{}, {"--json"}, {"parse"}, {"classify"}, {"classify", "--csv"}, {"help"}, {"--help"}, {"help", "causes"}, {"version"},
		{"explain", "burst"}, {"explain", "--json", "burst"}, {"rules", "list"}, {"rules", "list", "--json"}, {"rules", "lint"}, {"rules", "test"}, {"formats"}, {"formats", "--json"}} {
		tr := newTrial(t)
		tr.In = strings.NewReader("421 too many connections\n")
		tr.Out = &pipe{brokenPipe{}}
		if code := tr.run(args...); code != exitClosedPipe || tr.err.Len() > 0 {
			t.Errorf("%v: exit code %d, want 141: %q", args, code, tr.err.String())
		}
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}
}

// A full disk is an error that is said.
func TestWriteError(t *testing.T) {
	for _, args := range [][]string{{}, {"parse"}, {"classify"}, {"explain", "burst"}, {"rules", "list"}, {"rules", "test"}, {"formats"}} {
		tr := newTrial(t)
		tr.In = strings.NewReader("421 too many connections\n")
		tr.Out = &pipe{fullDisk{}}
		if code := tr.run(args...); code != exitUsage || !strings.Contains(tr.err.String(), "no space left") {
			t.Errorf("%v: exit code %d: %q", args, code, tr.err.String())
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// Ctrl-C: 130, told, no file written; SIGTERM: 143.
func TestInterrupted(t *testing.T) {
	f := func(signal os.Signal, want int, said string) {
		t.Helper()
		tr := newTrial(t)
		ctx, cancel := context.WithCancelCause(context.Background())
		tr.chain.run = func(ctx context.Context, _ scan.Config) (*report.Report, error) {
			cancel(signalled{signal})
			<-ctx.Done()
			return nil, ctx.Err()
		}
		path := filepath.Join(t.TempDir(), "r.json")
		code := run(ctx, []string{"-o", "json=" + path}, tr.world, tr.chain)
		if code != want || tr.out.Len() > 0 || tr.err.String() != said+" before the end: the output is not complete; each file is whole, or as it was\n" {
			t.Errorf("%v: exit code %d, want %d: %q %q", signal, code, want, tr.out.String(), tr.err.String())
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%v: the output file is there", signal)
		}
	}
	f(os.Interrupt, exitInterrupted, "diagnose: interrupted")
	f(syscall.SIGTERM, exitTerminated, "diagnose: terminated")
}

// A read of standard input that nothing will ever satisfy ends with the context.
func TestUntil(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(context.Background())
	in := until(ctx, r)
	go func() { _, _ = io.WriteString(w, "hello") }()
	buf := make([]byte, 3)
	if n, err := in.Read(buf); n != 3 || err != nil || string(buf) != "hel" {
		t.Fatalf("read %d, %v, %q", n, err, buf)
	}
	if n, err := in.Read(buf); n != 2 || err != nil || string(buf[:2]) != "lo" {
		t.Fatalf("read %d, %v, %q", n, err, buf)
	}
	cancel()
	if n, err := in.Read(buf); n != 0 || !errors.Is(err, context.Canceled) {
		t.Fatalf("read %d, %v", n, err)
	}
	// The end and errors pass through, after the bytes before them.
	in = until(context.Background(), io.MultiReader(strings.NewReader("ab"), failing{}))
	if data, err := io.ReadAll(in); string(data) != "ab" || err != errTest {
		t.Fatalf("%q, %v", data, err)
	}
	if data, err := io.ReadAll(until(context.Background(), strings.NewReader(strings.Repeat("x", 300<<10)))); len(data) != 300<<10 || err != nil {
		t.Fatalf("%d, %v", len(data), err)
	}
}

var errTest = errors.New("test")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errTest }

// The real process: signals and pipes are the system's.
func TestProcess(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	start := func(args ...string) (*exec.Cmd, io.WriteCloser) {
		cmd := &exec.Cmd{Path: self, Args: append([]string{"diagnose"}, args...), Dir: t.TempDir()}
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		return cmd, in
	}

	t.Run("interrupted while reading", func(t *testing.T) {
		cmd, in := start("-o", "json=r.json", "-")
		defer in.Close()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(in, strings.Repeat("x\n", 1000))
		// The signal may come before the handler is there; then the system ends the
		// process, which a shell calls 130, too.
		time.Sleep(300 * time.Millisecond)
		_ = cmd.Process.Signal(os.Interrupt)
		err := cmd.Wait()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted && exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGINT {
			t.Errorf("ended with %v", err)
		}
		if files, _ := os.ReadDir(cmd.Dir); len(files) > 0 {
			t.Errorf("left %v", files)
		}
	})

	t.Run("closed pipe", func(t *testing.T) {
		cmd, in := start("help")
		defer in.Close()
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		cmd.Stdout, cmd.Stderr = w, &said
		r.Close()
		err = cmd.Run()
		w.Close()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitClosedPipe || said.Len() > 0 {
			t.Errorf("ended with %v: %q", err, said.String())
		}
	})
}
