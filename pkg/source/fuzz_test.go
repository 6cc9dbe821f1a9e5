package source

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// Whatever the bytes: Open and Next end, do not panic, keep memory bounded, and
// tell the same lines however the bytes arrive.
func FuzzOpen(f *testing.F) {
	for name := range compressors {
		f.Add(compressors[name](sample(4)), uint16(80))
	}
	f.Add([]byte("a\r\nb\n"), uint16(1))
	f.Add([]byte("a\rb\r"), uint16(64))
	f.Add([]byte("\xef\xbb\xbf\x00\x00a\n\x00\nb"), uint16(3))
	f.Add(fixture(f, "window.zst"), uint16(100))
	f.Add(fixture(f, "dictionary.xz"), uint16(100))
	// "a\nb\n" by bzip2, and by xz in two blocks.
	for _, hex := range []string{
		"425a68313141592653593c854112000001410000103000200030cc0c7a8271772453850903c8541120",
		"fd377a585a00000ae1fb0ca10200210116000000742fe5a3010001610a00000087428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7" +
			"0200210116000000742fe5a3010001620a0000000263829989b6fd954f72baaf2fc64bc2e2f01d692d4de72986ea808f6e99813f" +
			"0002320232020000c2df6998b6e9df1c02000000000a595a",
	} {
		b := unhex(hex)
		if text, err := linesOf(f, b, Options{}); string(text) != "a\nb\n" || err != io.EOF {
			f.Fatalf("%q, %v", text, err)
		}
		f.Add(b, uint16(100))
	}
	f.Add(join(gz(nil), gz([]byte("a\nb")), []byte("garbage")), uint16(2))

	f.Fuzz(func(t *testing.T, content []byte, longest uint16) {
		// Bounds so small that hostile headers meet them.
		o := Options{MaxLine: 1 + int(longest), MaxRatio: 200, RatioFrom: 1 << 20, MaxWindow: 1 << 20}
		first, err := fuzzRead(t, bytes.NewReader(content), o)
		// Errors may differ: a decoder that is asked for less gives more before it fails.
		second, err2 := fuzzRead(t, iotest.HalfReader(bytes.NewReader(content)), o)
		if err == io.EOF && err2 == io.EOF && !bytes.Equal(first, second) {
			t.Fatalf("lines depend on how the bytes arrive: %q and %q", first, second)
		}
	})
}

func fuzzRead(t *testing.T, raw io.Reader, o Options) (text []byte, err error) {
	o.Stdin = raw
	r, err := Open(Input{Stdin}, o)
	if err != nil {
		var p *PathError
		if !errors.As(err, &p) || p.Error() == "" {
			t.Fatalf("Open: %v (%T)", err, err)
		}
		return nil, err
	}
	defer r.Close()
	var peeked [][]byte
	for _, line := range r.Peek(10) {
		peeked = append(peeked, bytes.Clone(line))
	}
	offset := r.Offset()
	for {
		line, no, err := r.Next()
		if err != nil {
			var e *Error
			if err != io.EOF && (!errors.As(err, &e) || e.Line != no || e.Offset != r.Offset() || e.Error() == "") {
				t.Fatalf("end: %v (%T)", err, err)
			}
			break
		}
		if len(line) > o.MaxLine || bytes.IndexByte(line, r.sep) >= 0 || no < 1 {
			t.Fatalf("line %d of %d bytes, separator %q: %q", no, len(line), r.sep, line)
		}
		if len(peeked) > 0 {
			if !bytes.Equal(line, peeked[0]) {
				t.Fatalf("line %d is %q, peeked %q", no, line, peeked[0])
			}
			peeked = peeked[1:]
		}
		if now := r.Offset(); now <= offset {
			t.Fatalf("line %d: no progress at offset %d", no, now)
		} else {
			offset = now
		}
		if len(text) < 1<<20 {
			text = append(append(text, line...), '\n')
		}
	}
	if limit := int64(o.RatioFrom) + o.MaxRatio*r.RawOffset() + 2*blockSize; r.codec != plain && r.Offset() > limit {
		t.Fatalf("read %d bytes from %d, more than %d", r.Offset(), r.RawOffset(), limit)
	}
	if len(r.buf) > blockSize+2*(o.MaxLine+2) {
		t.Fatalf("a buffer of %d bytes", len(r.buf))
	}
	_, _, err = r.Next()
	return text, err
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// A file name never makes a date that a calendar does not have.
func FuzzNameDate(f *testing.F) {
	f.Add("maillog-20260301.gz")
	f.Add("2026-03-01_20260302143059")
	f.Fuzz(func(t *testing.T, name string) {
		day := nameDate(name)
		if !day.IsZero() && (day.Year() < 1980 || day.Year() > 2099) {
			t.Fatalf("%q: %v", name, day)
		}
		if day.IsZero() {
			return
		}
		// It stands in the name.
		for _, layout := range []string{"20060102", "2006-01-02", "2006_01_02", "2006.01.02"} {
			if bytes.Contains([]byte(name), []byte(day.Format(layout))) {
				return
			}
		}
		t.Fatalf("%q holds no %v", name, day)
	})
}

// Patterns come from the user, but names in directories from anywhere.
func FuzzExpand(f *testing.F) {
	f.Add("*.log", false)
	f.Add("[", true)
	f.Add("a\x00*", true)
	f.Add("-", false)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, arg string, recursive bool) {
		t.Chdir(dir)
		if len(arg) > 0 && (arg[0] == '/' || bytes.Contains([]byte(arg), []byte(".."))) {
			return // not out of the empty directory
		}
		inputs, _, errs := Expand([]string{arg}, recursive)
		if len(inputs)+len(errs) == 0 {
			t.Fatalf("%q gives neither input nor error", arg)
		}
		for _, err := range errs {
			var p *PathError
			if !errors.As(err, &p) || p.Kind == 0 {
				t.Fatalf("%q: %v", arg, err)
			}
		}
	})
}
