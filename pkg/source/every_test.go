package source

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"io"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
)

// Cut at every byte: an error or the clean end of a member, the text a beginning, and
// for the formats that give text as it comes all of it that is readable, but for the
// last match (258 bytes, RFC 1951 3.2.5): a decoder may look ahead for it.
func TestNext_EveryCut(t *testing.T) {
	parsertest.Long(t, "it takes minutes with the race detector, and nothing in it runs side by side")
	readable := map[string]func([]byte) int{
		"gzip": func(b []byte) int {
			z, err := gzip.NewReader(bytes.NewReader(b))
			if err != nil {
				return 0
			}
			text, _ := io.ReadAll(z)
			return len(text)
		},
		"bzip2": func(b []byte) int {
			text, _ := io.ReadAll(bzip2.NewReader(bytes.NewReader(b)))
			return len(text)
		},
	}
	for name, b := range small(t, 20) {
		text := whole(t, b)
		for cut := 10; cut < len(b); cut++ {
			r := stream(t, bytes.NewReader(b[:cut]), Options{})
			got, err := readAll(t, r)
			if err == io.EOF {
				if r.Offset() != int64(len(text)/2) {
					t.Fatalf("%s cut at %d of %d: %d bytes of text and no error", name, cut, len(b), r.Offset())
				}
			} else if broken(t, err, ErrTruncated); r.Offset() > 0 && !bytes.HasPrefix(text, got[:r.Offset()]) {
				t.Fatalf("%s cut at %d: the text is not the beginning", name, cut)
			}
			if least, ok := readable[r.Compression()]; ok && int(r.Offset())+258+8 < least(b[:cut]) {
				t.Fatalf("%s cut at %d: %d bytes of text, the library has %d", name, cut, r.Offset(), least(b[:cut]))
			}
		}
	}
}

// Every single bit that is flipped is noticed, or changes no text.
func TestNext_EveryBit(t *testing.T) {
	parsertest.Long(t, "it takes minutes with the race detector, and nothing in it runs side by side")
	for name, b := range small(t, 2) {
		text := whole(t, b)
		bad := bytes.Clone(b)
		for bit := range len(b) * 8 {
			bad[bit/8] ^= 1 << (bit % 8)
			r, err := Open(Input{Stdin}, Options{Stdin: bytes.NewReader(bad), MaxWindow: 8 << 20})
			var p *PathError
			switch {
			case err == nil:
				got, err := readAll(t, r)
				r.Close()
				var e *Error
				if err == io.EOF && r.Compression() != "" && !bytes.Equal(got, text) || err != io.EOF && !errors.As(err, &e) {
					t.Fatalf("%s with bit %d flipped: %v, the text differs without an error", name, bit, err)
				}
			case !errors.As(err, &p) || p.Kind != NotText:
				t.Fatalf("%s with bit %d flipped: %v", name, bit, err)
			}
			bad[bit/8] = b[bit/8]
		}
	}
}

// small is a text of a few lines, twice in a row, in every compression.
func small(t testing.TB, lines int) map[string][]byte {
	all := map[string][]byte{}
	for name, compress := range compressors {
		if name != "" {
			all[name] = join(compress(sample(lines)), compress(sample(lines)))
		}
	}
	// "a\nb\n" by bzip2.
	one := unhex("425a68313141592653593c854112000001410000103000200030cc0c7a8271772453850903c8541120")
	all["bzip2"] = join(one, one)
	for name, b := range all {
		if len(whole(t, b))%2 != 0 {
			t.Fatalf("%s: the text is not twice the same", name)
		}
	}
	return all
}
