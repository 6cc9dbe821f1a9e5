package source

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
)

// Every log of the collection is taken for text and gives all its lines.
func TestOpen_Corpora(t *testing.T) {
	dir := parsertest.Corpora(t)
	inputs, _, errs := Expand([]string{filepath.Join(dir, "corpora"), filepath.Join(dir, "lab-logs")}, true)
	if len(errs) > 0 || len(inputs) == 0 {
		t.Fatalf("%d inputs, errors %v", len(inputs), errs)
	}
	read := 0
	for _, in := range inputs {
		content, err := os.ReadFile(in.Path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Open(in, Options{MaxLine: 64 << 20})
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		text, err := readAll(t, r)
		if n := r.LongLines(); n > 0 {
			t.Errorf("%v: %d lines are longer than 64 MiB", in, n)
		}
		r.Close()
		if err != io.EOF {
			t.Errorf("%v", err)
		}
		if r.Compression() == "" && !bytes.Equal(text, reference(content, 64<<20)) {
			t.Errorf("%v: other lines than those of the whole text", in)
		}
		read++
	}
	t.Logf("read %d files", read)
}
