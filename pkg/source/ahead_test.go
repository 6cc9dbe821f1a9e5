package source_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-07ce53fa/diagnose/pkg/source"
)

// raggedText has lines of all lengths, some longer than a block, NULs and carriage returns.
func raggedText(r *rand.Rand, size int) []byte {
	var b bytes.Buffer
	for b.Len() < size {
		n := r.IntN(200)
		switch r.IntN(400) {
		case 0:
			n = r.IntN(700 << 10)
		case 1, 2, 3:
			n = r.IntN(70 << 10)
		case 4:
			b.Write(make([]byte, r.IntN(100)))
		}
		for range n {
			b.WriteByte(byte(' ' + r.IntN(90)))
		}
		if r.IntN(10) == 0 {
			b.WriteByte('\r')
		}
		b.WriteByte('\n')
	}
	b.WriteString("the end")
	return b.Bytes()
}

// gzipMembers and zstdFrames compress a text in two halves.
func gzipMembers(t *testing.T, text []byte) []byte {
	var out bytes.Buffer
	for _, part := range [][]byte{text[:len(text)/2], text[len(text)/2:]} {
		z := gzip.NewWriter(&out)
		if _, err := z.Write(part); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

func zstdFrames(t *testing.T, text []byte) []byte {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	return z.EncodeAll(text[len(text)/2:], z.EncodeAll(text[:len(text)/2], nil))
}

// linesOf reads a file to its end: number and text of each line, and the error.
func linesOf(r *source.Reader) (list []string) {
	for {
		line, no, err := r.Next()
		if err != nil {
			return append(list, fmt.Sprint(no, err))
		}
		list = append(list, fmt.Sprint(no, string(line)))
	}
}

// A Reader that reads ahead and lends its lines gives the same ones, and they stay as
// they are until their memory is turned over.
func TestAheadAndLent(t *testing.T) {
	for seed := range uint64(6) {
		text := raggedText(rand.New(rand.NewPCG(seed, 1)), 2<<20)
		for name, file := range map[string][]byte{
			"plain": text, "gzip": gzipMembers(t, text), "zstd": zstdFrames(t, text),
			"broken": gzipMembers(t, text)[:300<<10],
		} {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, file, 0o600); err != nil {
				t.Fatal(err)
			}
			open := func() *source.Reader {
				r, err := source.Open(source.Input{Path: path}, source.Options{})
				if err != nil {
					t.Fatal(err)
				}
				return r
			}
			r := open()
			want := linesOf(r)
			r.Close()

			r = open()
			r.Ahead(source.NewBlocks(1 << 20))
			var got []string
			var lent [][]byte
			var numbers []int64
			settle := func() {
				for i, line := range lent {
					got = append(got, fmt.Sprint(numbers[i], string(line)))
				}
				lent, numbers = lent[:0], numbers[:0]
			}
			var memory []byte
			r.Lend(func() []byte {
				if memory == nil {
					return make([]byte, 256<<10)
				}
				return memory
			}, func(used []byte) {
				settle()
				memory = used
				for i := range used { // as another reader would
					used[i] = '!'
				}
			})
			for {
				line, no, err := r.Next()
				if err != nil {
					settle()
					got = append(got, fmt.Sprint(no, err))
					break
				}
				lent, numbers = append(lent, line), append(numbers, no)
			}
			r.Close()
			if !slices.Equal(got, want) {
				t.Errorf("%s, seed %d: %d lines, want %d", name, seed, len(got), len(want))
			}
		}
	}
}

// Closing a Reader ends the goroutine that reads ahead, wherever it is.
func TestCloseEndsReadingAhead(t *testing.T) {
	text := raggedText(rand.New(rand.NewPCG(1, 1)), 4<<20)
	path := filepath.Join(t.TempDir(), "log.gz")
	if err := os.WriteFile(path, gzipMembers(t, text), 0o600); err != nil {
		t.Fatal(err)
	}
	memory := source.NewBlocks(512 << 10)
	for n := range 20 {
		r, err := source.Open(source.Input{Path: path}, source.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r.Ahead(memory)
		for range n * 20 {
			if _, _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Close(); err != nil { // waits for the goroutine
			t.Error(err)
		}
	}
}
