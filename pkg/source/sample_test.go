package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// sample is a log of so many lines, always the same. testdata/sample.* are
// sample(800) as the compressors themselves wrote it.
func sample(lines int) []byte {
	var b bytes.Buffer
	for i := range lines {
		fmt.Fprintf(&b, "Mar  1 %02d:%02d:%02d mail postfix/smtp[%d]: %09X: to=<user%d@example.com>, relay=mx%d.example.net[192.0.2.%d]:25, "+
			"delay=%d.%d, delays=0.1/0/0.3/%d, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as %d)\n",
			i/3600%24, i/60%60, i%60, 2000+i%17, int64(i)*2654435761%(1<<36), i*7%1000, i%5, i%250, i%9, i%10, i%3, i*31)
	}
	return b.Bytes()
}

// compressors are those that Go can write with. bzip2 has only the files in testdata.
var compressors = map[string]func(text []byte) []byte{
	"":     func(text []byte) []byte { return text },
	"gzip": gz,
	"zstd": func(text []byte) []byte {
		var b bytes.Buffer
		z, _ := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
		return write(&b, z, text)
	},
	"xz": func(text []byte) []byte {
		var b bytes.Buffer
		z, _ := xz.WriterConfig{DictCap: 1 << 16}.NewWriter(&b)
		return write(&b, z, text)
	},
}

func gz(text []byte) []byte {
	var b bytes.Buffer
	return write(&b, gzip.NewWriter(&b), text)
}

func write(b *bytes.Buffer, z io.WriteCloser, text []byte) []byte {
	if _, err := z.Write(text); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// fixture is a file of testdata.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// file writes a file into the test's directory.
func file(t testing.TB, name string, content []byte) Input {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return Input{path}
}

// stream opens bytes as standard input.
func stream(t testing.TB, r io.Reader, o Options) *Reader {
	t.Helper()
	o.Stdin = r
	reader, err := Open(Input{Stdin}, o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { reader.Close() })
	return reader
}

// readAll returns all lines, each ended with \n, and the error that ended them.
func readAll(t testing.TB, r *Reader) (text []byte, err error) {
	t.Helper()
	for want := int64(1); ; want++ {
		line, no, err := r.Next()
		if err != nil {
			if no != want-1 {
				t.Fatalf("end: line number %d, want %d", no, want-1)
			}
			if _, _, again := r.Next(); again != err {
				t.Fatalf("the end changed from %v to %v", err, again)
			}
			return text, err
		}
		if no == want-1 && r.NULs() >= nulRun {
			want = no // a hole tore the line
		}
		if no != want {
			t.Fatalf("line number %d, want %d", no, want)
		}
		text = append(append(text, line...), '\n')
	}
}

// linesOf is readAll of bytes on standard input.
func linesOf(t testing.TB, content []byte, o Options) (text []byte, err error) {
	t.Helper()
	return readAll(t, stream(t, bytes.NewReader(content), o))
}

// broken checks the fields of an *Error and returns its text.
func broken(t testing.TB, err, kind error) string {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, kind) {
		t.Fatalf("error %v (%T), want an *Error that is %q", err, err, kind)
	}
	return err.Error()
}
