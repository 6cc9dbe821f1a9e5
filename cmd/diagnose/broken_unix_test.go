//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
)

// pipeAt makes a named pipe.
func pipeAt(t *testing.T, path string) string {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		parsertest.Lacks(t, "cannot make a named pipe: "+err.Error(), "set TMPDIR to a folder on a disk that holds them")
	}
	return path
}

// feed writes to a named pipe once somebody reads it.
func feed(t *testing.T, path string, text []byte) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	_, _ = f.Write(text)
}

// A named pipe can be read only once: all of it must be there, plain and compressed,
// alone and beside files. <(zcat x) of a shell is one.
func TestBroken_NamedPipe(t *testing.T) {
	t.Chdir(t.TempDir())
	text := brokenLog(9000) // 2 MB: more than is looked at
	put(t, "mail.log", text)
	f := func(content []byte, stdout string, args ...string) {
		t.Helper()
		_ = os.Remove("pipe")
		go feed(t, pipeAt(t, "pipe"), content)
		p := newProduct(t, args...)
		p.wants(p.code(p.cmd.Run()), 0, "", stdout)
	}
	f(text, `^1 file, 9,000 lines`, "pipe")
	f(packers["gzip"](text), `^1 file, 9,000 lines`, "pipe")
	f(text, `^2 files, 18,000 lines`, "mail.log", "pipe")
	f(text, `"line":9000,.*\n$`, "parse", "pipe", "--json")
	p := newProduct(t, "/dev/stdin")
	p.cmd.Stdin = io.MultiReader(bytes.NewReader(text)) // no file: a pipe
	p.wants(p.code(p.cmd.Run()), 0, "", `^1 file, 9,000 lines`)
}

// A baseline may come from a named pipe, too: <(git show main:baseline.json).
func TestBroken_BaselinePipe(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, "mail.log", brokenLog(90))
	p := newProduct(t, "check", "--fail-on", "never", "--baseline", "b.json", "--update-baseline", "mail.log")
	p.wants(p.code(p.cmd.Run()), 0, `baseline written: b.json`, `no baseline`)
	written, err := os.ReadFile("b.json")
	if err != nil {
		t.Fatal(err)
	}
	go feed(t, pipeAt(t, "pipe"), written)
	p = newProduct(t, "check", "--fail-on", "never", "--baseline", "pipe", "mail.log")
	p.wants(p.code(p.cmd.Run()), 0, "", `new kinds of unknown reply +0 -> 0`)
}

// What is found in a directory and is no file is left alone, and told.
func TestBroken_Directory(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("logs/old", 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, "logs/mail.log", brokenLog(9))
	pipeAt(t, "logs/pipe")
	l, err := net.Listen("unix", "logs/socket")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for link, to := range map[string]string{"logs/gone": "nowhere", "logs/loop": "loop", "logs/old/up": "..", "logs/zero": "/dev/zero"} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	f := func(code int, stderr, stdout string, args ...string) {
		t.Helper()
		p := newProduct(t, args...)
		p.wants(p.code(p.cmd.Run()), code, stderr, stdout)
	}
	f(0, `^diagnose: skipped logs/gone: no such file\ndiagnose: skipped logs/loop: too many levels of symbolic links\ndiagnose: skipped logs/old/up: it is a link to a directory\n`+
		`diagnose: skipped logs/pipe: it is a named pipe\ndiagnose: skipped logs/socket: it is a socket\ndiagnose: skipped logs/zero: it is a device\n$`, `^1 file, 9 lines`, "-r", "logs")
	// By name they are errors.
	f(3, `^diagnose: cannot open logs/gone: no such file\n$`, "", "logs/gone")
	f(3, `^diagnose: cannot open logs/loop: too many levels of symbolic links\n$`, "", "logs/loop")
	f(3, `^diagnose: cannot read logs/zero: it is a device; name a file, or pipe its text to -\n$`, "", "logs/zero")
	f(3, `^diagnose: cannot read logs/socket: it is a socket; name a file, or pipe its text to -\n$`, "", "logs/socket")
	f(3, `^diagnose: cannot read /dev/zero: it is a device`, `^1 file, 9 lines(.*\n)+incomplete: 1 input problem`, "/dev/zero", "logs/mail.log")
	if _, err := os.Stat("/proc/self/mem"); err == nil { // a file that opens and cannot be read
		f(3, `^diagnose: cannot open /proc/self/mem: input/output error\n`, `incomplete: 1 input problem`, "/proc/self/mem")
	}
	p := newProduct(t)
	p.cmd.Stdin, _ = os.Open("logs")
	p.wants(p.code(p.cmd.Run()), 3, `^diagnose: cannot open standard input: is a directory\n`, `incomplete: 1 input problem`)
	p = &product{t: t, cmd: exec.Command("sh", "-c", "exec diagnose <&-")}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	p.wants(p.code(p.cmd.Run()), 4, `nothing to report: the input is empty\n$`, `Nothing to report`)
}

// Files that change between the look at them and the reading. A pipe behind them in
// the arguments holds the run in between.
func TestBroken_Changing(t *testing.T) {
	text := brokenLog(9000)
	f := func(change func(), code int, stderr, stdout string) {
		t.Helper()
		t.Chdir(t.TempDir())
		put(t, "mail.log", text)
		pipe := pipeAt(t, "pipe")
		p := newProduct(t, "mail.log", "pipe")
		if err := p.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // now the pipe is open, and mail.log looked at
		if err != nil {
			t.Fatal(err)
		}
		change()
		if _, err := w.Write(brokenLog(9)); err != nil {
			t.Error(err)
		}
		w.Close()
		p.wants(p.code(p.cmd.Wait()), code, stderr, stdout)
	}
	f(func() {}, 0, "", `^2 files, 9,009 lines`)
	f(func() { os.Remove("mail.log") }, 3, `^diagnose: cannot open mail.log: no such file\n$`, `^2 files, 9 lines(.*\n)+incomplete: 1 input problem`)
	f(func() { os.Rename("mail.log", "mail.log.1"); put(t, "mail.log", brokenLog(9)) }, 3,
		`^diagnose: mail.log: file was replaced while being read; nothing was readable. Was it rotated\? Run again\n$`, `^2 files, 9 lines(.*\n)+incomplete: 1 input problem`)
	f(func() { os.Truncate("mail.log", 1000) }, 3,
		`^diagnose: mail.log: file shrank while being read at its start; nothing was readable. Was it rotated\? Run again\n$`, `incomplete: 1 input problem`)
}

// Ctrl-C and SIGTERM end a run that waits for a pipe, with the documented code and a
// word, and leave no file.
func TestBroken_Signal(t *testing.T) {
	f := func(signal syscall.Signal, code int, said string, args ...string) {
		t.Helper()
		t.Chdir(t.TempDir())
		pipe := pipeAt(t, "pipe")
		p := newProduct(t, args...)
		stdin, err := p.cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		defer stdin.Close()
		if err := p.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if slices.Contains(args, "pipe") {
			// A writer that comes and stays, or the program might not be there yet.
			w, err := os.OpenFile(pipe, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			_, _ = w.Write(brokenLog(9))
		} else {
			_, _ = stdin.Write(brokenLog(9))
			time.Sleep(300 * time.Millisecond)
		}
		_ = p.cmd.Process.Signal(signal)
		p.wants(p.code(p.cmd.Wait()), code, `^diagnose: `+said+` before the end: the output is not complete; each file is whole, or as it was\n$`, "")
		if names, _ := filepath.Glob("*"); len(names) != 1 {
			t.Errorf("files %v", names)
		}
		if hidden, _ := filepath.Glob(".*"); len(hidden) > 0 {
			t.Errorf("files %v", hidden)
		}
	}
	f(syscall.SIGINT, exitInterrupted, "interrupted", "pipe", "-o", "json=r.json")
	f(syscall.SIGTERM, exitTerminated, "terminated", "pipe", "-o", "json=r.json")
	f(syscall.SIGINT, exitInterrupted, "interrupted", "snapshot", "--to", "s.snap", "pipe")
	f(syscall.SIGINT, exitInterrupted, "interrupted", "-", "-o", "html=r.html")
	f(syscall.SIGTERM, exitTerminated, "terminated", "-", "-o", "html=r.html")
}

// A signal while the report is written: what is said is true of the files that are
// there by then.
func TestBroken_SignalAtOutput(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, "mail.log", brokenLog(9))
	pipeAt(t, "pipe") // nobody reads it
	p := newProduct(t, "mail.log", "-o", "json=r.json", "-o", "csv=pipe")
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat("r.json"); err == nil {
			break
		}
	}
	_ = p.cmd.Process.Signal(syscall.SIGINT)
	p.wants(p.code(p.cmd.Wait()), exitInterrupted, `^diagnose: interrupted before the end: the output is not complete; each file is whole, or as it was\n$`, "")
	if written, err := os.ReadFile("r.json"); err != nil || !json.Valid(written) {
		t.Errorf("r.json: %v, %.100q", err, written)
	}
}

// An output that cannot be written: told with its place, 2, and no part of it is left.
// A reader that goes away is silent.
func TestBroken_Output(t *testing.T) {
	parsertest.Long(t, "it takes minutes with the race detector, and nothing in it runs side by side")
	t.Chdir(t.TempDir())
	put(t, "mail.log", brokenLog(9000))
	f := func(code int, stderr, command string) {
		t.Helper()
		p := &product{t: t, cmd: exec.Command("sh", "-c", command)}
		p.cmd.Stdout, p.cmd.Stderr = io.Discard, &p.err
		p.wants(p.code(p.cmd.Run()), code, stderr, "")
		if names, _ := os.ReadDir("."); len(names) != 1 {
			t.Errorf("%s: left %v", command, names)
		}
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		for _, command := range []string{"diagnose mail.log", "diagnose --json mail.log", "diagnose parse mail.log", "diagnose check mail.log", "diagnose -f html mail.log"} {
			f(2, `^diagnose: cannot write .*no space left on device\n$`, command+" > /dev/full")
		}
		f(2, `no space left on device\n$`, "diagnose -o json=/dev/full mail.log")
	}
	f(2, `file too large\n$`, "ulimit -f 1; diagnose -o html=report.html mail.log")
	f(2, `file too large\n$`, "ulimit -f 1; diagnose check --fail-on never -o html=report.html mail.log")
	f(141, "", "(diagnose parse mail.log; exit $?) | :; exit 141")
	p := newProduct(t, "parse", "mail.log")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	p.cmd.Stdout = w
	err = p.cmd.Run()
	w.Close()
	p.wants(p.code(err), exitClosedPipe, "", "")
}

// peak runs the program and returns the most memory that it was seen to have, in MiB;
// 0 where that is not told. The rusage of a child counts what its parent had.
func (p *product) peak() (mib int, err error) {
	if err := p.cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- p.cmd.Wait() }()
	status := fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid)
	for {
		select {
		case err = <-ended:
			return mib, err
		case <-time.After(5 * time.Millisecond):
		}
		text, _ := os.ReadFile(status)
		if !bytes.HasPrefix(text, []byte("Name:\tdiagnose")) {
			continue // not there yet, or gone
		}
		if _, size, ok := strings.Cut(string(text), "VmHWM:"); ok {
			kib, _, _ := strings.Cut(strings.TrimSpace(size), " ")
			n, _ := strconv.Atoi(kib)
			mib = max(mib, n>>10)
		}
	}
}

// Bombs end early and in bounded memory, with the way past the bound; so do files
// whose header asks for much.
func TestBroken_Bombs(t *testing.T) {
	parsertest.Long(t, "it measures memory, of which the race detector takes its own")
	t.Chdir(t.TempDir())
	f := func(path string, code int, stderr string, args ...string) {
		t.Helper()
		p := newProduct(t, append(args, path)...)
		mib, err := p.peak()
		p.wants(p.code(err), code, stderr, `Nothing to report|incomplete|^1 file`)
		if mib > 100 {
			t.Errorf("%s: %d MiB of memory", path, mib)
		}
	}
	const bomb = ` expands more than 500 times and looks like a decompression bomb; stopped after [0-9,]+ bytes \(line 0\) and used that. If it is a real log, set --max-expand 0 or name the decompressed file\n`
	zeros := make([]byte, 100<<20)
	codecs := []string{"zstd", "gzip", "xz"}
	if !parsertest.Full() { // the others pack slowly
		codecs = codecs[:1]
	}
	for _, codec := range codecs {
		path := put(t, codec, packers[codec](zeros))
		f(path, 3, `^diagnose: `+codec+`: left out [0-9,]+ NUL bytes.*\ndiagnose: `+codec+`: `+codec+bomb)
		f(path, 4, `left out 104,857,600 NUL bytes`, "--max-expand", "0")
	}
	f(filepath.Join(home, "testdata", "broken", "zeros.bz2"), 3, `zeros.bz2: bzip2`+bomb)
	f(filepath.Join(fixtures(), "window.zst"), 3, `zstd needs a larger window than allowed at its start; nothing was readable. Decompress it first \(zstd -dc --long=31\) and name the result\n`)
	f(filepath.Join(fixtures(), "dictionary.xz"), 3, `xz needs a larger window than allowed at its start; nothing was readable. Decompress it first \(xz -dc\) and name the result\n`)
	// A line without an end.
	for i := range zeros {
		zeros[i] = 'a'
	}
	f(put(t, "line.gz", packers["gzip"](zeros)), 4, `line.gz: cut 1 line longer than 65,536 bytes\n`, "--max-expand", "0")
}

// Files that people write are read up to a bound, whatever their name leads to.
func TestBroken_HandWritten(t *testing.T) {
	parsertest.Long(t, "it measures memory, of which the race detector takes its own")
	if _, err := os.Stat("/dev/zero"); err != nil {
		parsertest.Lacks(t, "no /dev/zero", "run it on Unix, with /dev mounted")
	}
	t.Chdir(t.TempDir())
	put(t, "mail.log", brokenLog(9))
	put(t, "laughs.yaml", []byte("a: &a [x]\nb: [*a, *a]\n"))
	put(t, "deep.yaml", []byte("replies: "+strings.Repeat("[", 10_000)))
	put(t, "blank.yaml", []byte("tz: |\n"+strings.Repeat("\n", 100_000)))
	if err := os.Mkdir("rules", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/zero", "rules/a.yaml"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("wide", 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, "wide/a.yaml", []byte("replies:\n- id: wide\n  class: other\n  examples: [x]\n  text: '(x{1000}){1000}'\n"))
	f := func(stderr string, args ...string) {
		t.Helper()
		p := newProduct(t, append(args, "mail.log")...)
		mib, err := p.peak()
		p.wants(p.code(err), 2, stderr, "")
		if mib > 300 { // a baseline may have 64 MiB
			t.Errorf("%v: %d MiB of memory", args, mib)
		}
	}
	const big = ` has more than 262144 bytes, and files of this kind may have no more\n$`
	f(`cannot read settings: /dev/zero`+big, "--config", "/dev/zero")
	f(`cannot read format: /dev/zero`+big, "--format-file", "/dev/zero")
	f(`cannot read rules: .*a.yaml`+big, "--rules", "rules")
	f(`cannot read --baseline: /dev/zero has more than 67,108,864 bytes\n$`, "check", "--baseline", "/dev/zero")
	f(`^diagnose: laughs.yaml:1:4: anchors and aliases are not allowed here\n`, "--config", "laughs.yaml")
	f(`^diagnose: deep.yaml:1:22: nested deeper than 12 levels\n`, "--config", "deep.yaml")
	f(`^diagnose: blank.yaml:102:1: more than 100 empty lines in a row\n`, "--config", "blank.yaml")
	f(`wide/a.yaml:`, "--rules", "wide")
}
