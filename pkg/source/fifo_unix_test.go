//go:build unix

package source

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
)

// A named pipe that is named is read as a stream; one that lies in a directory
// is left alone, for nobody may ever write to it.
func TestOpen_NamedPipe(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		parsertest.Lacks(t, "cannot make a named pipe: "+err.Error(), "set TMPDIR to a folder on a disk that holds them")
	}
	os.WriteFile(filepath.Join(dir, "mail.log"), sample(1), 0o600)
	inputs, _, errs := Expand([]string{path}, false)
	if len(inputs) != 1 || len(errs) != 0 {
		t.Fatalf("inputs %v, errors %v", inputs, errs)
	}
	below, skipped, errs := Expand([]string{dir}, true)
	if len(below) != 1 || len(skipped) != 1 || skipped[0].Path != path || len(errs) != 0 {
		t.Fatalf("inputs %v, skipped %v, errors %v", below, skipped, errs)
	}
	go func() {
		w, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Error(err)
			return
		}
		w.Write(gz(sample(5000)))
		w.Close()
	}()
	r, err := Open(inputs[0], Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if at, from := r.Anchor(); !at.IsZero() || from != "" {
		t.Fatalf("anchor %v from %q: the date of a pipe is now", at, from)
	}
	if !r.Once() {
		t.Fatal("a pipe can be read only once")
	}
	if text, _ := readAll(t, r); !bytes.Equal(text, sample(5000)) || r.Size() != -1 {
		t.Fatalf("%d bytes, size %d", len(text), r.Size())
	}
	if _, err := Same(inputs[0], file(t, "a", nil), Options{}); err == nil {
		t.Fatal("a pipe was compared")
	}
}
