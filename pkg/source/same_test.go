package source

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
)

func TestSame(t *testing.T) {
	text := sample(1500) // more than one block
	other := bytes.Clone(text)
	other[len(other)-10] ^= 1
	reverse := [...]Relation{Different: Different, Equal: Equal, Prefix: Extension, Extension: Prefix}
	f := func(a, b []byte, want Relation) {
		t.Helper()
		x, y := file(t, "mail.log.1", a), file(t, "mail.log.1.gz", b)
		got, err := Same(x, y, Options{})
		if got != want || err != nil {
			t.Fatalf("%v, error %v, want %v", got, err, want)
		}
		if got, err := Same(y, x, Options{}); got != reverse[want] || err != nil {
			t.Fatalf("the other way: %v, error %v, want %v", got, err, reverse[want])
		}
	}
	for _, b := range compressors {
		whole := b(text)
		for _, a := range compressors {
			f(a(text), whole, Equal)
			f(a(text[:len(text)-1]), whole, Prefix)
			f(a(text[:100]), whole, Prefix)
			f(a(other), whole, Different)
			f(a(text[1:1000]), whole, Different)
			f(a(nil), whole, Prefix)
			f(a(nil), b(nil), Equal)
		}
	}
	f(fixture(t, "members.gz"), fixture(t, "streams.xz"), Equal)
	// A copy that was being compressed when the disk filled up.
	f(fixture(t, "sample.gz")[:9000], sample(800), Prefix)
	f(append(fixture(t, "sample.gz"), "garbage"...), sample(800), Equal)
	// Byte order marks, NULs and line ends count.
	f([]byte("\xef\xbb\xbfa\n"), []byte("a\n"), Different)
	f([]byte("a\r\n"), []byte("a\n"), Different)
}

func TestSame_OneFile(t *testing.T) {
	in := file(t, "mail.log", sample(3))
	link := in.Path + ".link"
	if err := os.Link(in.Path, link); err != nil {
		parsertest.Lacks(t, "cannot make a hard link: "+err.Error(), "set TMPDIR to a folder on a disk that holds them")
	}
	if got, err := Same(in, Input{link}, Options{}); got != Equal || err != nil {
		t.Fatalf("%v, %v", got, err)
	}
}

func TestSame_Failure(t *testing.T) {
	good := file(t, "mail.log", sample(3))
	f := func(in Input, kind Kind) {
		t.Helper()
		for _, pair := range [][2]Input{{in, good}, {good, in}} {
			got, err := Same(pair[0], pair[1], Options{Stdin: bytes.NewReader(sample(3))})
			var p *PathError
			if got != Different || !errors.As(err, &p) || p.Kind != kind || p.Path != in.Path {
				t.Fatalf("%v, %v, want an error of kind %d", got, err, kind)
			}
		}
	}
	f(Input{Stdin}, Special)
	f(Input{good.Path + "x"}, NotFound)
	f(Input{t.TempDir()}, Directory)
	f(file(t, "mail.pdf", []byte("%PDF-1.7\n")), NotText)
}

func TestRelation_String(t *testing.T) {
	for r, want := range map[Relation]string{Different: "different", Equal: "equal", Prefix: "prefix", Extension: "extension", 9: "invalid"} {
		if r.String() != want {
			t.Fatalf("%d is %q, want %q", r, r, want)
		}
	}
}
