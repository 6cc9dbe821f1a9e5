package source

import (
	"bytes"
	"io"
	"testing"
)

const benchLines = 250_000 // about 50 MB

// BenchmarkNext is the cost of lines from memory; the difference to "plain" is
// the decoder's. Compare within one run only.
func BenchmarkNext(b *testing.B) {
	text := sample(benchLines)
	for _, name := range []string{"", "gzip", "zstd"} {
		packed := compressors[name](text)
		b.Run(map[string]string{"": "plain"}[name]+name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				r, err := Open(Input{Stdin}, Options{Stdin: bytes.NewReader(packed)})
				if err != nil {
					b.Fatal(err)
				}
				lines, bytes := 0, 0
				for {
					line, _, err := r.Next()
					if err != nil {
						if err != io.EOF {
							b.Fatal(err)
						}
						break
					}
					lines++
					bytes += len(line) + 1
				}
				if lines != benchLines || bytes != len(text) {
					b.Fatalf("%d lines of %d bytes, want %d of %d", lines, bytes, benchLines, len(text))
				}
				r.Close()
			}
		})
	}
}

// BenchmarkDecode is the decoders alone, to hold BenchmarkNext against.
func BenchmarkDecode(b *testing.B) {
	text := sample(benchLines)
	for _, name := range []string{"gzip", "zstd"} {
		packed := compressors[name](text)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			buf := make([]byte, blockSize)
			for b.Loop() {
				r, err := Open(Input{Stdin}, Options{Stdin: bytes.NewReader(packed)})
				if err != nil {
					b.Fatal(err)
				}
				total := r.end
				for r.err == nil {
					n, err := r.text.Read(buf)
					total, r.err = total+n, err
				}
				if total != len(text) || r.err != io.EOF {
					b.Fatalf("%d bytes, want %d; %v", total, len(text), r.err)
				}
				r.Close()
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	packed := gz(sample(200))
	b.ReportAllocs()
	for b.Loop() {
		r, err := Open(Input{Stdin}, Options{Stdin: bytes.NewReader(packed)})
		if err != nil {
			b.Fatal(err)
		}
		if n := len(r.Peek(300)); n != 200 {
			b.Fatalf("peeked %d lines, want 200", n)
		}
		r.Close()
	}
}
