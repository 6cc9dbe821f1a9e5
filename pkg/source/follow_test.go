package source

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A log is followed over what happens to one: it grows, it is rotated by renaming, with what
// its writer still has to say, and by copying and cutting.
func TestFollow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mail.log")
	add := func(name, text string) func() {
		return func() {
			f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.WriteString(text); err != nil {
				t.Fatal(err)
			}
		}
	}
	do := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	old := path + ".1"
	steps := []func(){
		add(path, "two\nthr"),
		add(path, "ee\n"),
		func() { do(os.Rename(path, old)); add(path, "")() }, // as logrotate creates it
		add(old, "still in the old one\n"),
		func() {},
		add(old, "and now\n"),
		add(path, "new file\n"),
		func() {}, // it looks at the old one once more
		func() { do(os.Truncate(path, 0)) },
		add(path, "cut\n"),
		add(path, "broken off"),
		func() { do(os.Rename(path, old)); add(path, "next\n")() },
		func() {},
	}
	add(path, "one\n")()
	f, err := NewFollow(path, func() bool {
		if len(steps) == 0 {
			return false
		}
		steps[0]()
		steps = steps[1:]
		return true
	})
	do(err)
	got, err := io.ReadAll(f)
	want := "one\ntwo\nthree\nstill in the old one\nand now\nnew file\ncut\nbroken off\nnext\n"
	if err != nil || string(got) != want {
		t.Errorf("%q, %v\nwant %q", got, err, want)
	}
}

func TestNewFollow_Refuses(t *testing.T) {
	dir := t.TempDir()
	f := func(path string, want Kind) {
		t.Helper()
		_, err := NewFollow(path, func() bool { return false })
		if p, ok := errors.AsType[*PathError](err); !ok || p.Kind != want {
			t.Errorf("%s: %v, want kind %v", path, err, want)
		}
	}
	f(filepath.Join(dir, "none"), NotFound)
	f(dir, Directory)
}

// Of an input that goes on no more is read ahead than is there.
func TestOpen_Live(t *testing.T) {
	pr, pw := io.Pipe()
	go func() { _, _ = pw.Write([]byte("one\ntwo\nthr")) }()
	r, err := Open(Input{Path: "mail.log"}, Options{Live: &Live{Path: "mail.log", Reader: pr}})
	if err != nil {
		t.Fatal(err)
	}
	if n := r.Waiting(); !r.Live() || n != 2 || len(r.Peek(n)) != 2 {
		t.Errorf("live %t, %d lines waiting", r.Live(), n)
	}
	packed := strings.NewReader("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	if _, err = Open(Input{Path: "mail.log"}, Options{Live: &Live{Path: "mail.log", Reader: packed}}); err == nil {
		t.Error("a compressed input is no log that grows")
	}
}
