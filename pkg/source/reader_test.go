package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
)

// f-tests: text in, lines out, joined by |.
func TestNext_LineEnds(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		got, err := linesOf(t, []byte(text), Options{MaxLine: 8})
		if err != io.EOF {
			t.Fatalf("%q: %v", text, err)
		}
		if s := strings.ReplaceAll(strings.TrimSuffix(string(got), "\n"), "\n", "|"); s != want {
			t.Fatalf("%q: lines %q, want %q", text, s, want)
		}
	}
	f("", "")
	f("a", "a")
	f("a\n", "a")
	f("a\nb", "a|b")
	f("a\n\nb\n", "a||b")
	f("a\r\nb\r\n", "a|b")
	f("a\r\nb\r", "a|b")
	f("a\rb\n", "a\rb")
	f("a\n\rb\n", "a|\rb")
	f("a\r\r\nb\n", "a\r|b")
	f("\n", "")
	f("\n\n", "|")
	// classic Mac OS
	f("a\rb\rc", "a|b|c")
	f("a\rb\r", "a|b")
	f("a\r", "a")
	f("\r\rb\r", "||b")
	// exactly MaxLine, with every line end
	f("12345678\nb", "12345678|b")
	f("12345678\r\nb", "12345678|b")
	f("12345678", "12345678")
	f("12345678\r", "12345678")
	f("12345678\rb", "12345678|b")
	// longer
	f("123456789\nb", "12345678|b")
	f("123456789\r\nb", "12345678|b")
	f("12345678\r\r\nb", "12345678|b")
	f("123456789", "12345678")
	f("123456789\rb\r", "12345678|b")
	f("1234567890123456789012345678901234567890\nb\n1234567890", "12345678|b|12345678")
	// byte order mark: at the start of the input only
	f("\xef\xbb\xbfa\nb", "a|b")
	f("\xef\xbb\xbf12345678\n", "12345678")
	f("\xef\xbb\xbf", "")
	f("\xef\xbb\xbf\n", "")
	f("\xef\xbb", "\xef\xbb")
	f("a\n\xef\xbb\xbfb", "a|\xef\xbb\xbfb")
	// NULs of a crash
	f("\x00\x00\x00a\nb", "a|b")
	f("a\n\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00b\nc", "a|b|c")
	f("a\n\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0012345678\nc", "a|12345678|c")
	f("a\nb\x00\x00c\n", "a|b\x00\x00c")
	// A hole tears a line in two, wherever it begins and however long it is.
	for _, n := range []int{nulRun, nulRun + 1, 1000, blockSize, blockSize + 1, 3 * blockSize} {
		hole := strings.Repeat("\x00", n)
		f("a\nb"+hole+"c\nd", "a|b|c|d")
		f("a\nb\r"+hole+"c\r\nd", "a|b|c|d")
		f("a\nb"+hole+"\nd", "a|b|d")
		f("a\nb"+hole+"\r\nd", "a|b|d")
		f("a\nb"+hole, "a|b")
		f("a\nb"+hole+"c"+hole+"d\ne", "a|b|c|d|e")
		f("a\n1234567890"+hole+"c\nd", "a|12345678|c|d")
		f("a\n"+strings.Repeat("x", blockSize)+hole+"c\nd", "a|xxxxxxxx|c|d")
	}
	f("a\n\x00\x00\x00\x00", "a")
	f("\x00\x00\x00\x00", "")
	f("a\n\x00\x00\n\x00b", "a||b")
	f("\xef\xbb\xbf\x00\x00a\n", "a")
	// not UTF-8
	f("m\xfcll\n\xff\n", "m\xfcll|\xff")
}

func TestNext_Counts(t *testing.T) {
	r := stream(t, strings.NewReader("\x00\x00ok\n"+strings.Repeat("x", 1000)+"\n\x00"+strings.Repeat("y", 11)+"\r\nok\n"), Options{MaxLine: 10})
	readAll(t, r)
	if r.LongLines() != 2 || r.NULs() != 3 {
		t.Fatalf("%d long lines and %d NULs, want 2 and 3", r.LongLines(), r.NULs())
	}
	if want := int64(2 + 3 + 1001 + 1 + 13 + 3); r.Offset() != want || r.RawOffset() != want {
		t.Fatalf("offset %d, raw %d, want %d", r.Offset(), r.RawOffset(), want)
	}
}

// The offset is where the next line begins, whatever the blocks.
func TestNext_Offset(t *testing.T) {
	text := sample(5000)
	r := stream(t, iotest.HalfReader(bytes.NewReader(text)), Options{})
	for want := int64(0); ; {
		line, _, err := r.Next()
		if err != nil {
			if want != int64(len(text)) {
				t.Fatalf("ended at %d of %d", want, len(text))
			}
			return
		}
		want += int64(len(line)) + 1
		if r.Offset() != want {
			t.Fatalf("offset %d, want %d", r.Offset(), want)
		}
	}
}

// A classic Mac file is recognised by its first 64 KiB, however they arrive.
func TestNext_MacHead(t *testing.T) {
	long := strings.Repeat("x", headSize-2)
	f := func(text string, want int64, first int) {
		t.Helper()
		for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			reader := stream(t, r, Options{MaxLine: 1 << 20})
			if n := len(reader.Peek(1)[0]); n != first {
				t.Fatalf("a first line of %d bytes, want %d", n, first)
			}
			readAll(t, reader)
			if reader.line != want {
				t.Fatalf("%d lines, want %d", reader.line, want)
			}
		}
	}
	f(long+"\r\nb\r\nc", 3, headSize-2)    // the \n is the last byte of the head
	f("x"+long+"\r\nb\r\n", 2, headSize-1) // the head ends between \r and \n
	f("xx"+long+"\r\nb", 2, headSize)      // it ends before the \r
	f("a\r"+long+"\nb\r", 2, 1)            // the \n is too far away to be seen
	f("a\r"+long[3:]+"\nb\r", 2, headSize-3)
}

// chunks reads a text in pieces of random sizes, some empty.
type chunks struct {
	r   io.Reader
	rnd *rand.Rand
}

func (c *chunks) Read(p []byte) (int, error) {
	if c.rnd.IntN(20) == 0 {
		return 0, nil
	}
	return c.r.Read(p[:min(len(p), 1+c.rnd.IntN(1<<c.rnd.IntN(18)))])
}

// Lines do not depend on block boundaries nor on compression.
func TestNext_SameLinesAnyWay(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for round := range 10 {
		// A text of lines of all lengths around the limit, with all line ends,
		// NULs and odd bytes.
		var text []byte
		maxLine := 1 + rnd.IntN(3000)
		eol := []string{"\n", "\r\n", "\n"}
		if round%5 == 4 {
			eol = []string{"\r"}
		}
		for n := rnd.IntN(1200); n > 0; n-- {
			if rnd.IntN(50) == 0 {
				text = append(text, make([]byte, rnd.IntN(5000))...)
			}
			length := rnd.IntN(200)
			if rnd.IntN(10) == 0 {
				length = max(0, maxLine-3+rnd.IntN(6))
			}
			for range length {
				if len(text) > sniffSize && rnd.IntN(5000) == 0 {
					text = append(text, make([]byte, rnd.IntN(100))...)
				}
				text = append(text, "abc=<>@. \r\xe4"[rnd.IntN(11)])
			}
			if rnd.IntN(8) == 0 && eol[0] == "\n" {
				text = append(text, '\r')
			}
			text = append(text, eol[rnd.IntN(len(eol))]...)
		}
		if rnd.IntN(2) == 0 {
			text = append(text, "the last line has no end"...)
		}
		text = append([]byte("first line, so that this is text"+eol[0]), text...)
		want := reference(text, maxLine)
		for name, compress := range compressors {
			packed := compress(text)
			readers := map[string]io.Reader{
				"whole":  bytes.NewReader(packed),
				"byte":   iotest.OneByteReader(bytes.NewReader(packed)),
				"half":   iotest.HalfReader(bytes.NewReader(packed)),
				"eof":    iotest.DataErrReader(bytes.NewReader(packed)),
				"chunks": &chunks{bytes.NewReader(packed), rnd},
			}
			for kind, raw := range readers {
				r := stream(t, raw, Options{MaxLine: maxLine})
				if round%2 == 0 {
					r.Peek(rnd.IntN(300))
				}
				got, err := readAll(t, r)
				if err != io.EOF {
					t.Fatalf("round %d, %q, %s: %v", round, name, kind, err)
				}
				if !bytes.Equal(got, want) {
					t.Fatalf("round %d, %q, %s: %d bytes of lines, want %d", round, name, kind, len(got), len(want))
				}
				if r.Compression() != name || r.Offset() != int64(len(text)) {
					t.Fatalf("round %d, %s: compression %q, want %q; offset %d, want %d", round, kind, r.Compression(), name, r.Offset(), len(text))
				}
			}
		}
	}
}

// reference cuts lines the plain way: the whole text at once.
func reference(text []byte, maxLine int) (lines []byte) {
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	sep := "\n"
	if !bytes.Contains(text[:min(len(text), headSize)], []byte("\n")) {
		sep = "\r"
	}
	hole := regexp.MustCompile("\x00{32,}")
	for part := range strings.SplitAfterSeq(string(text), sep) {
		part = strings.TrimLeft(part, "\x00")
		line, ended := strings.CutSuffix(part, sep)
		pieces := hole.Split(line, -1)
		for i, piece := range pieces {
			last := i == len(pieces)-1
			if last && (piece == "" && !ended || i > 0 && strings.TrimSuffix(piece, "\r") == "") {
				continue // nothing before the end of the text, or behind a hole
			}
			piece = strings.TrimSuffix(piece, "\r")
			lines = append(append(lines, piece[:min(len(piece), maxLine)]...), '\n')
		}
	}
	return lines
}

func TestNext_HugeLine(t *testing.T) {
	text := io.MultiReader(io.LimitReader(endless{}, 50<<20), strings.NewReader("\nnext\n"))
	r := stream(t, text, Options{})
	line, _, _ := r.Next()
	if len(line) != DefaultMaxLine {
		t.Fatalf("a line of %d bytes, want %d", len(line), DefaultMaxLine)
	}
	if line, no, _ := r.Next(); string(line) != "next" || no != 2 {
		t.Fatalf("line %d is %q", no, line)
	}
	if len(r.buf) > blockSize {
		t.Fatalf("the buffer grew to %d", len(r.buf))
	}
	// A format with long lines can ask for them.
	r = stream(t, io.MultiReader(io.LimitReader(endless{}, 3<<20), strings.NewReader("\nnext\n")), Options{})
	if n := len(r.Peek(1)[0]); n != DefaultMaxLine {
		t.Fatalf("peeked %d bytes", n)
	}
	r.SetMaxLine(4 << 20)
	if line, _, _ := r.Next(); len(line) != 3<<20 {
		t.Fatalf("a line of %d bytes, want %d", len(line), 3<<20)
	}
	if len(r.buf) > 8<<20 {
		t.Fatalf("the buffer grew to %d", len(r.buf))
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestNext_NoProgress(t *testing.T) {
	r := stream(t, io.MultiReader(strings.NewReader("a\nb\n"), stuck{}), Options{})
	text, err := readAll(t, r)
	if string(text) != "a\nb\n" {
		t.Fatalf("lines %q", text)
	}
	if !errors.Is(err, io.ErrNoProgress) {
		t.Fatalf("error %v", err)
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

// A slow stream gives its lines as they come.
func TestNext_Live(t *testing.T) {
	in, out := io.Pipe()
	defer out.Close()
	send := func(s string) { go out.Write([]byte(s)) }
	send("one\n")
	r := stream(t, in, Options{})
	for i, want := range []string{"one", "two", "three"} {
		if i > 0 {
			send(want + "\n")
		}
		if line, _, err := r.Next(); string(line) != want || err != nil {
			t.Fatalf("line %q, error %v", line, err)
		}
	}
}

func TestNext_FileChanges(t *testing.T) {
	f := func(change func(f *os.File), lines int, want error) {
		t.Helper()
		in := file(t, "mail.log", sample(8000)) // 1.6 MB: several blocks
		r, err := Open(in, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		r.Next()
		w, err := os.OpenFile(in.Path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		change(w)
		text, err := readAll2(r)
		if !errors.Is(err, want) {
			t.Fatalf("error %v, want %v", err, want)
		}
		if n := bytes.Count(text, []byte("\n")); lines > 0 && n != lines-1 {
			t.Fatalf("%d lines, want %d", n, lines-1)
		}
	}
	f(func(w *os.File) {}, 8000, io.EOF)
	// It grows: what it had at first is read, or a log that grows faster than it is
	// read would have no end.
	f(func(w *os.File) { w.Seek(0, io.SeekEnd); w.WriteString("one\ntwo\n") }, 8000, io.EOF)
	// It shrinks: told, not silent.
	f(func(w *os.File) { w.Truncate(0) }, 0, ErrShrunk)
	f(func(w *os.File) { w.Truncate(1000) }, 0, ErrShrunk)
	f(func(w *os.File) { w.Truncate(1_000_000) }, 0, ErrShrunk)
	// Emptied and written again, as copytruncate does.
	f(func(w *os.File) { w.Truncate(0); w.WriteString("one\ntwo\n") }, 0, ErrShrunk)
}

// readAll2 is readAll from the second line on.
func readAll2(r *Reader) (text []byte, err error) {
	for {
		line, _, err := r.Next()
		if err != nil {
			return text, err
		}
		text = append(append(text, line...), '\n')
	}
}

func TestPeek(t *testing.T) {
	f := func(text string, n int, o Options, want ...string) {
		t.Helper()
		for _, raw := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text)), bytes.NewReader(gz([]byte(text)))} {
			r := stream(t, raw, o)
			for range 2 { // peeking twice is the same
				var got []string
				for _, line := range r.Peek(n) {
					got = append(got, string(line))
				}
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("Peek(%d) of %.60q: %.100q, want %.100q", n, text, got, want)
				}
			}
			if r.Offset() > 3 {
				t.Fatalf("Peek consumed %d bytes", r.Offset())
			}
			for i := range want {
				if line, no, err := r.Next(); string(line) != want[i] || no != int64(i+1) || err != nil {
					t.Fatalf("line %d is %q, want %q; error %v", no, line, want[i], err)
				}
			}
		}
	}
	f("a\nb\nc\n", 2, Options{}, "a", "b")
	f("a\nb\nc", 5, Options{}, "a", "b", "c")
	f("a\r\nb\r\n", 5, Options{}, "a", "b")
	f("a\rb\r", 1, Options{}, "a")
	f("a\rb\r", 3, Options{}, "a", "b")
	f("", 5, Options{})
	f("a\n", 0, Options{})
	f("\xef\xbb\xbfa\n", 5, Options{}, "a")
	f("\x00\x00a\n", 5, Options{}, "a")
	f("123456\nb\n", 5, Options{MaxLine: 3}, "123", "b")
	f("123456", 5, Options{MaxLine: 3}, "123")
	// Only what is complete within 256 KiB.
	f(strings.Repeat("x", peekSize+9)+"\nb\n", 5, Options{}, strings.Repeat("x", DefaultMaxLine))
	f("a\n"+strings.Repeat("x", peekSize)+"\nb\n", 5, Options{MaxLine: 1 << 20}, "a")
	f(strings.Repeat("x", peekSize)+"\nb\n", 5, Options{MaxLine: 1 << 20})
}

// A hole larger than what Peek looks at does not hide the lines behind it.
func TestPeek_BehindHole(t *testing.T) {
	hole := make([]byte, 5<<20)
	r := stream(t, bytes.NewReader(append(hole, "a\nb\n"...)), Options{})
	if lines := r.Peek(2); len(lines) != 2 || string(lines[0]) != "a" {
		t.Fatalf("peeked %q", lines)
	}
	if text, err := readAll(t, r); string(text) != "a\nb\n" || err != io.EOF {
		t.Fatalf("lines %q, error %v", text, err)
	}
	if r.NULs() != int64(len(hole)) {
		t.Fatalf("%d NULs", r.NULs())
	}
}

func TestPeek_Between(t *testing.T) {
	r := stream(t, bytes.NewReader(sample(3000)), Options{})
	want, _ := linesOf(t, sample(3000), Options{})
	var got []byte
	for i := 0; ; i++ {
		if i%100 == 7 {
			r.Peek(i % 60)
		}
		line, _, err := r.Next()
		if err != nil {
			break
		}
		got = append(append(got, line...), '\n')
	}
	if !bytes.Equal(got, want) {
		t.Fatal("Peek between lines changes them")
	}
}

func TestHead(t *testing.T) {
	text := sample(2000)
	for name, compress := range compressors {
		for _, peek := range []bool{false, true} {
			r := stream(t, iotest.HalfReader(bytes.NewReader(compress(text))), Options{})
			if peek {
				r.Peek(3)
			}
			if !bytes.Equal(r.Head(), text[:headSize]) {
				t.Fatalf("%q: head differs", name)
			}
			got, _ := readAll(t, r)
			if !bytes.Equal(got, text) {
				t.Fatalf("%q: lines after Head differ", name)
			}
			if len(r.Head()) != 0 {
				t.Fatal("a head after the last line")
			}
		}
	}
	r := stream(t, strings.NewReader("\xef\xbb\xbf\x00\x00short"), Options{})
	if string(r.Head()) != "short" {
		t.Fatalf("head %q", r.Head())
	}
}

func TestNext_NoAllocation(t *testing.T) {
	text := sample(60000)
	for name, compress := range compressors {
		if name == "xz" {
			continue // the decoder allocates for each match
		}
		r := stream(t, bytes.NewReader(compress(text)), Options{})
		r.Peek(100)
		const lines = 10000
		// Plain text: none at all. The decoders have tables of their own per block.
		limit := 0.0
		if name != "" {
			limit = lines / 100
		}
		if got := testing.AllocsPerRun(4, func() {
			for range lines {
				if _, _, err := r.Next(); err != nil {
					t.Fatal(err)
				}
			}
		}); got > limit {
			t.Errorf("%q: %v allocations per %d lines", name, got, lines)
		}
	}
}
