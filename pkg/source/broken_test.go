package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// What the compressors themselves wrote is read whole.
func TestNext_Fixtures(t *testing.T) {
	want := sample(800)
	f := func(name, compression string) {
		t.Helper()
		r, err := Open(Input{"testdata/" + name}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		got, err := readAll(t, r)
		if err != io.EOF || !bytes.Equal(got, want) {
			t.Fatalf("%s: %d bytes of %d, error %v", name, len(got), len(want), err)
		}
		if r.Compression() != compression || r.Size() != r.RawOffset() || r.Size() != int64(len(fixture(t, name))) {
			t.Fatalf("%s: compression %q, size %d, read %d", name, r.Compression(), r.Size(), r.RawOffset())
		}
	}
	f("sample.gz", "gzip")
	f("members.gz", "gzip")
	f("sample.bz2", "bzip2")
	f("streams.bz2", "bzip2")
	f("sample.xz", "xz")
	f("blocks.xz", "xz")
	f("streams.xz", "xz")
	f("sample.zst", "zstd")
	f("frames.zst", "zstd")
}

// packed is a small text in every compression, and one with two streams in it.
func packed(t testing.TB) map[string][]byte {
	all := map[string][]byte{}
	for name, compress := range compressors {
		if name == "" {
			continue
		}
		all[name] = compress(sample(40))
		all[name+" twice"] = join(compress(sample(40)), compress(sample(3)))
	}
	for _, name := range []string{"sample.bz2", "streams.bz2", "blocks.xz", "streams.xz", "frames.zst", "members.gz"} {
		all[name] = fixture(t, name)
	}
	return all
}

// whole is the text of packed bytes that must be good.
func whole(t testing.TB, b []byte) []byte {
	t.Helper()
	text, err := linesOf(t, b, Options{})
	if err != io.EOF {
		t.Fatal(err)
	}
	return text
}

// Cut anywhere, an input gives the beginning of its text, then says that it ends
// early, unless the cut is between two streams.
func TestNext_Truncated(t *testing.T) {
	for name, b := range packed(t) {
		text := whole(t, b)
		step := max(1, len(b)/80)
		clean := 0
		for cut := 10; cut < len(b); cut += step {
			r := stream(t, bytes.NewReader(b[:cut]), Options{})
			got, err := readAll(t, r)
			// readAll ends every line; the last one here may be cut.
			if r.Offset() > 0 && (r.Offset() > int64(len(text)) || !bytes.HasPrefix(text, got[:r.Offset()])) {
				t.Fatalf("%s cut at %d: the text is not the beginning", name, cut)
			}
			switch {
			case err == io.EOF:
				clean++
			case !strings.Contains(broken(t, err, ErrTruncated), " ends early "):
				t.Fatalf("%s cut at %d: %v", name, cut, err)
			}
		}
		if clean > 4 {
			t.Errorf("%s: %d cuts unnoticed", name, clean)
		}
	}
	// Most of what stands before the cut is given.
	for name, least := range map[string]int{"sample.gz": 75000, "sample.bz2": 90000, "blocks.xz": 60000, "members.gz": 75000} {
		b := fixture(t, name)
		got, err := linesOf(t, b[:len(b)*2/3], Options{})
		broken(t, err, ErrTruncated)
		if len(got) < least {
			t.Errorf("%s: %d bytes of text before the cut, want %d", name, len(got), least)
		}
	}
}

// No flipped byte makes a panic or an endless loop, and none changes the text
// without an error.
func TestNext_Corrupt(t *testing.T) {
	for name, b := range packed(t) {
		text := whole(t, b)
		silent := 0
		step := max(1, len(b)/80)
		tried := 0
		for at := 4; at < len(b); at += step {
			tried++
			bad := bytes.Clone(b)
			bad[at] ^= 0x55
			r, err := Open(Input{Stdin}, Options{Stdin: bytes.NewReader(bad)})
			if err != nil {
				var p *PathError
				if !errors.As(err, &p) || p.Kind != NotText {
					t.Fatalf("%s with byte %d changed: %v", name, at, err)
				}
				continue
			}
			got, err := readAll(t, r)
			r.Close()
			var e *Error
			switch {
			case err == io.EOF && bytes.Equal(got, text):
				silent++ // a time stamp or name in a header
			case err == io.EOF && !strings.Contains(name, "streams.xz") && !strings.Contains(name, "frames.zst"):
				t.Fatalf("%s with byte %d changed: the text differs without an error", name, at)
			case err == io.EOF:
				// made without checksums
			case !errors.As(err, &e) || e.Compression != r.Compression():
				t.Fatalf("%s with byte %d changed: %v", name, at, err)
			}
		}
		if silent > tried/8 {
			t.Errorf("%s: %d of %d changes unnoticed", name, silent, tried)
		}
	}
}

func TestNext_BrokenText(t *testing.T) {
	good := gz([]byte("one\ntwo\nthree\n"))
	f := func(content []byte, kind error, lines, want string) {
		t.Helper()
		got, err := linesOf(t, content, Options{MaxRatio: 100, RatioFrom: 1 << 20})
		if string(got) != lines {
			t.Fatalf("lines %.100q, want %q", got, lines)
		}
		if s := broken(t, err, kind); s != "standard input: "+want {
			t.Fatalf("error\n%s\nwant\nstandard input: %s", s, want)
		}
	}
	f(good[:len(good)-1], ErrTruncated, "one\ntwo\nthree\n", "gzip ends early after 14 bytes (line 3); used what was readable")
	f([]byte("\x1f\x8b"), ErrTruncated, "", "gzip ends early at its start; nothing was readable")
	f([]byte("\x1f\x8b\x08\x00"), ErrTruncated, "", "gzip ends early at its start; nothing was readable")
	f([]byte("\x28\xb5\x2f\xfd"), ErrTruncated, "", "zstd ends early at its start; nothing was readable")
	f([]byte("\x28\xb5\x2f\xfd\x04"), ErrTruncated, "", "zstd ends early at its start; nothing was readable")
	f([]byte("\xfd7zXZ\x00"), ErrTruncated, "", "xz ends early at its start; nothing was readable")
	f([]byte("BZh9"), ErrTruncated, "", "bzip2 ends early at its start; nothing was readable")
	f(append(good[:len(good)-8:len(good)-8], "\x00\x00\x00\x00\x0e\x00\x00\x00"...), ErrCorrupt, "one\ntwo\nthree\n",
		"gzip fails its checksum after 14 bytes (line 3); used what was readable, some of which may be damaged; left the rest")
	f([]byte("\x1f\x8b\x07\x00\x00\x00\x00\x00\x00\x00\x00"), ErrCorrupt, "", "gzip is corrupt at its start: gzip: invalid header; nothing was readable")
	f(join(good, good[:7]), ErrTruncated, "one\ntwo\nthree\n", "gzip ends early after 14 bytes (line 3); used what was readable")
	f(join(good, good, []byte("garbage")), ErrTrailing, "one\ntwo\nthree\none\ntwo\nthree\n",
		"gzip ends after 28 bytes (line 6) and something else follows; ignored the rest")
	f(join(compressors["zstd"]([]byte("one\n")), []byte("garbage")), ErrTrailing, "one\n",
		"zstd ends after 4 bytes (line 1) and something else follows; ignored the rest")
	f(join(compressors["xz"]([]byte("one\n")), []byte("garbage")), ErrTrailing, "one\n",
		"xz ends after 4 bytes (line 1) and something else follows; ignored the rest")
	f(fixture(t, "window.zst"), ErrWindow, "",
		"zstd needs a larger window than allowed at its start; nothing was readable. Decompress it first (zstd -dc --long=31) and name the result")
	f(fixture(t, "dictionary.xz"), ErrWindow, "",
		"xz needs a larger window than allowed at its start; nothing was readable. Decompress it first (xz -dc) and name the result")
	_, err := linesOf(t, join(fixture(t, "streams.bz2"), []byte("garbage")), Options{})
	if s := broken(t, err, ErrTrailing); !strings.Contains(s, "bzip2 ends after "+group(int64(len(sample(800))))+" bytes (line 800)") || !err.(*Error).Warning() {
		t.Fatal(s)
	}
	// With a larger window they are read.
	for _, name := range []string{"window.zst", "dictionary.xz"} {
		if got, err := linesOf(t, fixture(t, name), Options{MaxWindow: 256 << 20}); err != io.EOF || string(got) != "Mar  1 00:00:00 mail postfix/smtp[1]: one line\n" {
			t.Fatalf("%s: %q, %v", name, got, err)
		}
	}
}

// Padding, empty members and empty inputs are no errors.
func TestNext_Padding(t *testing.T) {
	f := func(want string, parts ...[]byte) {
		t.Helper()
		if got, err := linesOf(t, join(parts...), Options{}); err != io.EOF || string(got) != want {
			t.Fatalf("lines %q, want %q; error %v", got, want, err)
		}
	}
	zeros := make([]byte, 1000)
	a, b, empty := gz([]byte("a\n")), gz([]byte("b\n")), gz(nil)
	f("", nil)
	f("", empty)
	f("", empty, empty)
	f("a\n", a, zeros)
	f("a\nb\n", a, zeros, b)
	f("a\nb\n", empty, a, empty, empty, b, empty)
	f("ab\n", gz([]byte("a")), b) // a line may span members
	for _, name := range []string{"xz", "zstd"} {
		compress := compressors[name]
		f("", compress(nil))
		f("a\nb\n", compress(nil), compress([]byte("a\n")), compress(nil), compress([]byte("b\n")))
	}
	f("a\n", compressors["xz"]([]byte("a\n")), zeros)
}

// xz here and in the library give the same for the same bytes.
func TestXZ_LikeLibrary(t *testing.T) {
	for _, name := range []string{"sample.xz", "blocks.xz", "streams.xz"} {
		b := fixture(t, name)
		lib, err := xz.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		want, err := io.ReadAll(lib)
		if err != nil {
			t.Fatal(err)
		}
		if got := whole(t, b); !bytes.Equal(got, want) {
			t.Fatalf("%s: %d bytes, the library has %d", name, len(got), len(want))
		}
	}
}

func TestNext_Bomb(t *testing.T) {
	f := func(name string, content []byte, o Options, bomb bool) {
		t.Helper()
		r := stream(t, bytes.NewReader(content), o)
		for {
			if _, _, err := r.Next(); err != nil {
				if (err != io.EOF) != bomb {
					t.Fatalf("%s: %v", name, err)
				}
				if bomb && !strings.Contains(broken(t, err, ErrBomb), " expands more than "+group(r.text.ratio)+" times and looks like a decompression bomb; stopped after ") {
					t.Fatal(err)
				}
				break
			}
		}
		if limit := r.text.from + max(r.text.ratio, 0)*r.RawOffset() + blockSize; bomb && r.Offset() > limit {
			t.Fatalf("%s: read %d bytes, more than %d", name, r.Offset(), limit)
		}
	}
	zeros := make([]byte, 70<<20)
	lines := bytes.Repeat([]byte("Mar  1 00:00:00 mail postfix/smtp[1]: the same line again and again\n"), 1_100_000)
	for _, name := range []string{"gzip", "zstd"} {
		compress := compressors[name]
		f(name+" of zeros", compress(zeros), Options{}, true)
		// One line over and over is a log to gzip (260 to 300 times), not to the others (1600 to 11000).
		f(name+" of lines", compress(lines), Options{}, name == "zstd")
		f(name+" of lines, allowed", compress(lines), Options{MaxRatio: -1}, false)
		f(name+" of lines, ratio allowed", compress(lines), Options{MaxRatio: 1 << 20}, false)
		f(name+" of lines, size allowed", compress(lines), Options{RatioFrom: 200 << 20}, false)
		f(name+", small", compress(zeros[:1<<20]), Options{}, false)
		f(name+", a real log", compress(sample(20000)), Options{RatioFrom: 1}, false)
	}
	// Plain text has no ratio.
	f("plain", lines, Options{RatioFrom: 1, MaxRatio: 1}, false)
}

// A reader that fails in the middle.
func TestNext_ReadError(t *testing.T) {
	bad := errors.New("input/output error")
	for name, compress := range compressors {
		b := compress(sample(5000))
		r := stream(t, io.MultiReader(bytes.NewReader(b[:len(b)/2]), failing{bad}), Options{})
		text, err := readAll(t, r)
		if s := broken(t, err, ErrRead); !errors.Is(err, bad) || !strings.Contains(s, "cannot be read on after ") ||
			!strings.Contains(s, ": input/output error; used what was readable") {
			t.Fatalf("%q: %v", name, err)
		}
		if len(text) < 30000 && name != "xz" {
			t.Fatalf("%q: %d bytes of text before the error", name, len(text))
		}
	}
	_, err := Open(Input{Stdin}, Options{Stdin: failing{bad}})
	if err == nil || err.Error() != "cannot open standard input: input/output error" {
		t.Fatalf("Open: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// A decoder that panics is an input that is corrupt.
func TestGuard_Panic(t *testing.T) {
	g := &guard{dec: panics{}, raw: &meter{}, codec: xzipped}
	n, err := g.Read(make([]byte, 10))
	if n != 0 || !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "cannot cope") {
		t.Fatalf("%d, %v", n, err)
	}
}

type panics struct{}

func (panics) Read([]byte) (int, error) { panic("a decoder that cannot cope") }

func TestError_Texts(t *testing.T) {
	f := func(e *Error, want string) {
		t.Helper()
		if e.Error() != want {
			t.Fatalf("%s\nwant\n%s", e, want)
		}
	}
	// As in the description of the program's messages.
	f(&Error{"logs/mail.log.3.gz", 412_003, 41_210_880, "gzip", &detail{kind: ErrTruncated}},
		"logs/mail.log.3.gz: gzip ends early after 41,210,880 bytes (line 412,003); used what was readable")
	f(&Error{"logs/mail.log", 2, 200, "", &detail{kind: ErrShrunk}},
		"logs/mail.log: file shrank while being read after 200 bytes (line 2); used what was readable. Was it rotated? Run again")
	f(&Error{"a\x1b[31m\nb", 2, 200, "xz", fmt.Errorf("odd")},
		`"a\x1b[31m\nb": xz cannot be read on after 200 bytes (line 2): odd; used what was readable`)
	for n, want := range map[int64]string{0: "0", 12: "12", 999: "999", 1000: "1,000", 41210880: "41,210,880", -1000: "-1,000", -100: "-100"} {
		if got := group(n); got != want {
			t.Fatalf("%d: %s, want %s", n, got, want)
		}
	}
	if !errors.Is(&Error{Err: &detail{kind: ErrCorrupt, err: zstd.ErrCRCMismatch}}, zstd.ErrCRCMismatch) {
		t.Fatal("the cause is not wrapped")
	}
}
