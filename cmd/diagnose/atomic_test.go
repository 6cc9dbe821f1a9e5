package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// alone checks that a folder has these files and nothing else: no file half written.
func alone(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, e := range entries {
		have = append(have, e.Name())
	}
	if strings.Join(have, " ") != strings.Join(names, " ") {
		t.Errorf("the folder has %q, want %q", have, names)
	}
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s has %q, %v; want %q", filepath.Base(path), got, err, want)
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "r.json")
	f := func(want string) {
		t.Helper()
		if err := writeFile(path, content([]byte(want))); err != nil {
			t.Fatal(err)
		}
		holds(t, path, want)
		alone(t, dir, "r.json")
	}
	f("new")
	f("")
	f(strings.Repeat("longer than any buffer ", 10_000))
	f("shorter")
}

// Whatever goes wrong in the middle, the old file stays and nothing is left beside it.
func TestWriteFileFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "r.json")
	broken := errors.New("broken")
	f := func(write func(io.Writer) error) {
		t.Helper()
		for _, old := range []string{"", "old"} {
			_ = os.Remove(path)
			var names []string
			if old != "" {
				if err := os.WriteFile(path, []byte(old), 0o644); err != nil {
					t.Fatal(err)
				}
				names = []string{"r.json"}
			}
			func() {
				defer func() {
					if r := recover(); r != nil && r != broken {
						panic(r)
					}
				}()
				if err := writeFile(path, write); !errors.Is(err, broken) {
					t.Errorf("error %v, want %v", err, broken)
				}
			}()
			alone(t, dir, names...)
			if old != "" {
				holds(t, path, old)
			}
		}
	}
	f(func(io.Writer) error { return broken })
	f(func(w io.Writer) error { _, _ = w.Write(make([]byte, 1<<20)); return broken })
	f(func(w io.Writer) error { _, _ = w.Write([]byte("part")); panic(broken) })

	for _, bad := range []string{filepath.Join(dir, "nowhere", "r.json"), dir} {
		err := writeFile(bad, content([]byte("x")))
		if err == nil || strings.Contains(err.Error(), beside) {
			t.Errorf("%s: %v, want an error in the words of the user", bad, err)
		}
	}
	alone(t, dir, "r.json")
}

// Readers see one whole content or another, however often it is replaced.
func TestWriteFileWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r")
	text := func(i int) []byte { return bytes.Repeat([]byte{'a' + byte(i%26)}, 100_000) }
	if err := writeFile(path, content(text(0))); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			got, err := os.ReadFile(path)
			if err != nil || len(got) != 100_000 || bytes.Count(got, got[:1]) != len(got) {
				t.Errorf("a reader sees %d bytes, %v", len(got), err)
				return
			}
		}
	})
	for i := range 100 {
		if err := writeFile(path, content(text(i))); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	wg.Wait()
}

// Many writers of one file do not meet in the file beside it.
func TestWriteFileTogether(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "r")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if err := writeFile(path, content(fmt.Appendf(nil, "writer %d", i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	alone(t, dir, "r")
}
