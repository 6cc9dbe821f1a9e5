package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
)

// brokenLog is a Postfix log of n delivery lines, every third of them deferred.
func brokenLog(n int) []byte {
	var b bytes.Buffer
	at := time.Date(2026, 5, 20, 9, 0, 0, 0, time.UTC)
	for i := range n {
		fmt.Fprintf(&b, "%s mx1 postfix/smtp[201]: 4A%04X: to=<u%d@hotmail.com>, relay=hotmail-com.olc.protection.outlook.com[203.0.113.11]:25, delay=1.2, delays=0.1/0.1/0.5/0.5, ",
			at.Add(time.Duration(i)*time.Second).Format("2006-01-02T15:04:05.000000-07:00"), i, i)
		if i%3 == 0 {
			b.WriteString("dsn=4.7.652, status=deferred (host hotmail-com.olc.protection.outlook.com[203.0.113.11] said: 451 4.7.652 The mail server [192.0.2.10] has exceeded the maximum number of connections. (S3115) (in reply to MAIL FROM command))\n")
		} else {
			b.WriteString("dsn=2.0.0, status=sent (250 2.0.0 OK)\n")
		}
	}
	return b.Bytes()
}

// packers are the compressions that Go can write; bzip2 it can only read.
var packers = map[string]func([]byte) []byte{
	"gzip": func(text []byte) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(text)
		_ = z.Close()
		return b.Bytes()
	},
	"zstd": func(text []byte) []byte {
		z, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		return z.EncodeAll(text, nil)
	},
	"xz": func(text []byte) []byte {
		var b bytes.Buffer
		z, _ := xz.WriterConfig{DictCap: 1 << 16}.NewWriter(&b)
		_, _ = z.Write(text)
		_ = z.Close()
		return b.Bytes()
	},
}

// product is one run of the built program in a directory of its own.
type product struct {
	t        *testing.T
	cmd      *exec.Cmd
	out, err bytes.Buffer
}

func newProduct(t *testing.T, args ...string) *product {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	p := &product{t: t, cmd: exec.CommandContext(ctx, "diagnose", args...)}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	return p
}

// code waits for the end and returns the exit code.
func (p *product) code(err error) int {
	p.t.Helper()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	if code := p.cmd.ProcessState.ExitCode(); code >= 0 {
		return code
	}
	p.t.Fatalf("%v: ended by %v: %s", p.cmd.Args, p.cmd.ProcessState, p.err.String())
	return -1
}

// wants holds what was said and reported against patterns; an empty one wants nothing.
func (p *product) wants(code, want int, stderr, stdout string) {
	p.t.Helper()
	if code != want || !matches(stderr, p.err.String()) || !matches(stdout, p.out.String()) {
		p.t.Errorf("%s\nexit code %d, want %d\nstderr, want %q:\n%s\nstdout, want %q:\n%.600s", strings.Join(p.cmd.Args, " "), code, want, stderr, p.err.String(), stdout, p.out.String())
	}
	if strings.Contains(p.err.String(), "goroutine ") {
		p.t.Errorf("%v: a crash", p.cmd.Args)
	}
}

func matches(pattern, text string) bool {
	return pattern == "" && text == "" || pattern != "" && regexp.MustCompile(pattern).MatchString(text)
}

func put(t *testing.T, path string, content []byte) string {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Each kind of broken compressed file: a message with file and place and what was
// kept, 3, and the report of what was readable.
func TestBroken_Compressed(t *testing.T) {
	parsertest.Long(t, "it takes minutes with the race detector, and nothing in it runs side by side")
	t.Chdir(t.TempDir())
	text := brokenLog(9000) // several blocks of every format
	garbage := []byte("garbage after the end\n")
	f := func(name string, content []byte, code int, stderr, stdout string) {
		t.Helper()
		p := newProduct(t, put(t, name, content))
		p.wants(p.code(p.cmd.Run()), code, stderr, stdout)
	}
	for codec, pack := range packers {
		good, two := pack(text), pack(brokenLog(20))
		flipped := bytes.Clone(good)
		flipped[len(good)/2] ^= 1
		zeros := make([]byte, 64)
		some := `^1 file, [1-9][0-9,]* lines, postfix, `
		f(codec+"-cut", good[:len(good)/2], 3, `^diagnose: `+codec+`-cut: `+codec+` ends early (after [1-9][0-9,]* bytes \(line [1-9][0-9,]*\); used what was readable|at its start; nothing was readable)\n$`, `^incomplete: 1 input problem; |\nincomplete: 1 input problem; `)
		f(codec+"-last", good[:len(good)-1], 3, codec+`-last: `+codec+` ends early after [0-9,]+ bytes \(line [0-9,]+\); used what was readable\n$`, some)
		f(codec+"-bit", flipped, 3, codec+`-bit: `+codec+` (is corrupt|fails its checksum) (after [0-9,]+ bytes \(line [0-9,]+\)|at its start)`, `incomplete: 1 input problem`)
		f(codec+"-garbage", append(bytes.Clone(good), garbage...), 3, codec+` ends after [0-9,]+ bytes \(line 9,000\) and something else follows; ignored the rest\n$`, `^1 file, 9,000 lines`)
		f(codec+"-empty", pack(nil), 4, `nothing to report: the input is empty\n$`, `^1 file, 0 lines`)
		f(codec+"-members.log", bytes.Join([][]byte{pack(nil), good, pack(nil), two, pack(nil)}, nil), 0, "", `^1 file, 9,020 lines`)
		f(codec+"-middle", bytes.Join([][]byte{two, flipped, two}, nil), 3, codec+` (is corrupt|fails its checksum) after .*; used what was readable.*; left the rest\n$`, `incomplete: 1 input problem`)
		f(codec+"-twice", pack(good), 3, codec+`-twice: not a text log \(`+codec+` inside `+codec+`\); decompress it once and name the result\n`, `incomplete: 1 input problem`)
		if codec != "zstd" { // where zeros begin no frame
			f(codec+"-padded", append(bytes.Clone(good), zeros...), 0, "", `^1 file, 9,000 lines`)
		}
		f(codec+".zip", good, 0, "", `^1 file, 9,000 lines`)
		f(codec+"-magic", good[:6], 3, codec+` ends early at its start; nothing was readable|not a text log`, `Nothing to report`)
	}
	f("plain.gz", text, 0, "", `^1 file, 9,000 lines`)
	bz, err := os.ReadFile(filepath.Join(fixtures(), "sample.bz2"))
	if err != nil {
		t.Fatal(err)
	}
	f("cut.bz2", bz[:len(bz)/2], 3, `cut.bz2: bzip2 ends early `, `incomplete: `)
	f("garbage.bz2", append(bytes.Clone(bz), garbage...), 3, `bzip2 ends after [0-9,]+ bytes \(line 800\) and something else follows; ignored the rest\n`, `^1 file, 800 lines`)
	bz[len(bz)/2] ^= 1
	f("bit.bz2", bz, 3, `bit.bz2: bzip2 (is corrupt|fails its checksum) `, `incomplete: `)
}

// fixtures is the folder with fixtures that the compressors themselves made. home is
// the folder of the tests, which they leave.
func fixtures() string {
	return filepath.Join(home, "..", "..", "pkg", "source", "testdata")
}

var home, _ = os.Getwd()

// Each kind of odd text: what is readable counts, and what was left out is told.
func TestBroken_Text(t *testing.T) {
	parsertest.Long(t, "it takes minutes with the race detector, and nothing in it runs side by side")
	t.Chdir(t.TempDir())
	text := brokenLog(90)
	lines := bytes.SplitAfter(text, []byte("\n"))
	half := len(bytes.Join(lines[:45], nil))
	f := func(name string, content []byte, code int, stderr, stdout string) {
		t.Helper()
		p := newProduct(t, put(t, name, content))
		p.wants(p.code(p.cmd.Run()), code, stderr, stdout)
	}
	insert := func(at int, what string) []byte {
		return bytes.Join([][]byte{text[:at], []byte(what), text[at:]}, nil)
	}
	const all = `^1 file, 90 lines, postfix, 2026-05-20 09:00 to 09:01 UTC; 100% understood\n(.*\n)+WATCH +Microsoft consumer .* 30 +60 `
	f("fine.log", text, 0, "", all)
	f("crlf.log", bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")), 0, "", all)
	f("cr.log", bytes.ReplaceAll(text, []byte("\n"), []byte("\r")), 0, "", all)
	f("bom.log", append([]byte("\xef\xbb\xbf"), text...), 0, "", all)
	f("noend.log", text[:len(text)-1], 0, "", all)
	f("nuls.log", insert(half, strings.Repeat("\x00", 100_000)), 0, `^diagnose: nuls.log: left out 100,000 NUL bytes, as a crash leaves them in a log; the lines around them count\n$`, all)
	// A hole inside a line: both parts count, and the line behind is not lost.
	f("torn.log", insert(half+40, strings.Repeat("\x00", 100_000)+string(lines[45])), 0, `left out 100,000 NUL bytes`, `^1 file, 92 lines, postfix, (.*\n)+WATCH +Microsoft consumer .* 31 +60 `)
	f("tail.log", append(bytes.Clone(text), make([]byte, 4096)...), 0, `left out 4,096 NUL bytes`, all)
	f("zeros.log", make([]byte, 100_000), 4, `left out 100,000 NUL bytes(.*\n)*diagnose: nothing to report: the input is empty\n$`, `^1 file, 0 lines`)
	f("long.log", insert(half, strings.Repeat("x", 70_000)+"\n"+strings.Repeat("y", 7_000_000)+"\n"), 0, `^diagnose: long.log: cut 2 lines longer than 65,536 bytes\n$`, `^1 file, 92 lines, .*\(2 not\)(.*\n)+WATCH +Microsoft consumer .* 30 +60 `)
	f("mixed.log", insert(half, "m\xfcller \xff\xfe caf\xc3\xa9\n"), 0, "", `^1 file, 91 lines, .*\(1 not\)(.*\n)+WATCH +Microsoft consumer .* 30 +60 `)
	f("utf16.log", []byte("\xff\xfe"+strings.Join(strings.Split(string(text), ""), "\x00")+"\x00"), 3, `utf16.log: not a text log \(UTF-16 text\); convert it with iconv -f UTF-16 -t UTF-8 and name the result\n`, `Nothing to report`)
	f("blank.log", bytes.Repeat([]byte("\n"), 1000), 4, `none of 1,000 lines was recognised`, `Nothing to report`)
	f("elf", []byte("\x7fELF\x02\x01\x01\x00"+strings.Repeat("\x00", 100)), 3, `elf: not a text log \(ELF program\); name the log files themselves\n`, `Nothing to report`)
	f("db", []byte("SQLite format 3\x00\x10\x00"), 3, `db: not a text log \(SQLite database\)`, `Nothing to report`)
	f("a.7z", []byte("7z\xbc\xaf\x27\x1c\x00\x04"), 3, `a.7z: not a text log \(7-Zip archive`, `Nothing to report`)
	f("a.rar", []byte("Rar!\x1a\x07\x01\x00"), 3, `a.rar: not a text log \(RAR`, `Nothing to report`)
	f("a.pdf", []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), 3, `a.pdf: not a text log \(PDF document\)`, `Nothing to report`)
	// A clock that jumps: nothing is lost, and the period shows it.
	jump := func(to string) []byte {
		moved := bytes.ReplaceAll(bytes.Join(lines[45:60], nil), []byte("2026-05-20T09"), []byte(to))
		return bytes.Join([][]byte{text[:half], moved, bytes.Join(lines[60:], nil)}, nil)
	}
	f("forward.log", jump("2038-01-19T03"), 0, "", `^1 file, 90 lines, postfix, 2026-05-20 09:00 to 2038-01-19 03:00 UTC; 100%(.*\n)+WATCH +Microsoft consumer .* 30 +60 `)
	f("back.log", jump("1970-01-01T00"), 0, "", `^1 file, 90 lines, postfix, 1970-01-01 00:00 to 2026-05-20 09:01 UTC; 100%(.*\n)+WATCH +Microsoft consumer .* 30 +60 `)
	f("winter.log", jump("2026-05-20T08"), 0, "", `^1 file, 90 lines, postfix, 2026-05-20 08:00 to 09:01 UTC; 100%(.*\n)+WATCH +Microsoft consumer .* 30 +60 `)
	f("falling.log", append(bytes.Join(lines[45:], nil), text[:half]...), 0, "", all)
}
