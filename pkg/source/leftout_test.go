package source

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What is left out without an error is told, once for each input and in their order.
func TestLeftOut(t *testing.T) {
	var left LeftOut
	read := func(in Input, meanwhile func()) Input {
		t.Helper()
		for range 2 { // a run may read a file twice
			r, err := Open(in, Options{LeftOut: &left, MaxLine: 1000})
			if err != nil {
				t.Fatal(err)
			}
			meanwhile()
			if _, err := readAll(t, r); err == nil {
				t.Fatal("no end")
			}
			r.Close()
		}
		return in
	}
	quiet := func() {}
	text := string(sample(20))
	holes := read(file(t, "holes.log", []byte(text+strings.Repeat("\x00", 5000)+text+"torn"+strings.Repeat("\x00", 96)+text)), quiet)
	long := read(file(t, "long.log", []byte(text+strings.Repeat("x", 1001)+"\n"+text)), quiet)
	fine := read(file(t, "fine.log", []byte(text)), quiet)
	growing := file(t, "growing.log", []byte(text))
	read(growing, func() { appendTo(t, growing.Path, "more\n") })
	want := []string{
		growing.Path + " grew while being read; used the " + group(int64(len(text)+5)) + " bytes that it had at first",
		holes.Path + ": left out 5,096 NUL bytes, as a crash leaves them in a log; the lines around them count",
		long.Path + ": cut 1 line longer than 1,000 bytes",
	}
	if got := left.Notes([]Input{growing, fine, holes, long}); !slices.Equal(got, want) {
		t.Fatalf("notes\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What was found out of a file does not hold for another of its name.
func TestReopen(t *testing.T) {
	f := func(change func(path string), kind error, want string) {
		t.Helper()
		in := file(t, "mail.log", sample(10))
		r, err := Open(in, Options{})
		if err != nil {
			t.Fatal(err)
		}
		was := r.Stat()
		r.Close()
		change(in.Path)
		r, err = Reopen(in, was, Options{})
		if kind == nil {
			if err != nil {
				t.Fatal(err)
			}
			r.Close()
			return
		}
		if !errors.Is(err, kind) || err.Error() != strings.ReplaceAll(want, "PATH", in.Path) {
			t.Fatalf("error %v, want %s", err, want)
		}
	}
	f(func(string) {}, nil, "")
	f(func(path string) { appendTo(t, path, "more\n") }, nil, "")
	f(func(path string) { os.Truncate(path, 100) }, ErrShrunk, "PATH: file shrank while being read at its start; nothing was readable. Was it rotated? Run again")
	f(func(path string) {
		os.Rename(path, path+".1")
		os.WriteFile(path, bytes.Repeat(sample(10), 9), 0o600)
	}, ErrReplaced, "PATH: file was replaced while being read; nothing was readable. Was it rotated? Run again")
	f(func(path string) { os.Remove(path) }, os.ErrNotExist, "cannot open PATH: no such file")
	if _, err := Reopen(Input{filepath.Join(t.TempDir(), "none")}, nil, Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}
