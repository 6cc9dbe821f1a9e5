//go:build unix

package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
)

// A file keeps its permission bits whatever the umask is; a new one gets those of any
// new file.
func TestWriteFileMode(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	usual := modeOf(t, plain)
	path := filepath.Join(dir, "r")
	f := func(mode, want fs.FileMode) {
		t.Helper()
		if mode != 0 {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
		}
		if err := writeFile(path, content([]byte("x"))); err != nil {
			t.Fatal(err)
		}
		if got := modeOf(t, path); got != want {
			t.Errorf("mode %o, want %o", got, want)
		}
	}
	f(0, usual)
	f(0o600, 0o600)
	f(0o666, 0o666)
	f(0o640, 0o640)

	if os.Getuid() == 0 {
		t.Log("the superuser may write any file; that a protected one is refused is not tested")
		return
	}
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	if err := writeFile(path, content([]byte("y"))); err == nil {
		t.Error("a file that may not be written was replaced")
	}
	holds(t, path, "x")
}

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return fi.Mode().Perm()
}

// A link stays one; the file behind it is written, there or not yet there.
func TestWriteFileLinks(t *testing.T) {
	dir := t.TempDir()
	for _, sub := range []string{"real", "links"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	f := func(to string) {
		t.Helper()
		link := filepath.Join(dir, "links", "r")
		_ = os.Remove(link)
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"first", "second"} {
			if err := writeFile(link, content([]byte(text))); err != nil {
				t.Fatal(err)
			}
			holds(t, filepath.Join(dir, "real", "r"), text)
		}
		if got, err := os.Readlink(link); err != nil || got != to {
			t.Errorf("the link is %q, %v", got, err)
		}
		alone(t, filepath.Join(dir, "links"), "r")
		alone(t, filepath.Join(dir, "real"), "r")
		if err := os.Remove(filepath.Join(dir, "real", "r")); err != nil {
			t.Fatal(err)
		}
	}
	f("../real/r")
	f(filepath.Join(dir, "real", "r"))
}

// What is no regular file is written to, and stays what it is.
func TestWriteFileDevices(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	got := make(chan string)
	go func() {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
		}
		got <- string(data)
	}()
	if err := writeFile(path, content([]byte("through a pipe"))); err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != "through a pipe" {
		t.Errorf("the reader got %q", s)
	}
	alone(t, dir, "fifo")

	if err := writeFile(os.DevNull, content([]byte("x"))); err != nil {
		t.Error(err)
	}
	if fi, err := os.Stat(os.DevNull); err != nil || fi.Mode()&fs.ModeDevice == 0 {
		t.Errorf("%s is a device no more: %v", os.DevNull, err)
	}
	if _, err := os.Stat("/dev/full"); err != nil {
		parsertest.Lacks(t, "no /dev/full", "run it on Linux, with /dev mounted")
	}
	full := filepath.Join(dir, "full") // through a link, as a file of the user might be
	if err := os.Symlink("/dev/full", full); err != nil {
		t.Fatal(err)
	}
	if err := writeFile(full, content([]byte("x"))); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("a full device says %v", err)
	}
	alone(t, dir, "fifo", "full")
}

// A real disk that is full: the old file stays, the message says so, nothing is left.
func TestWriteFileFullDisk(t *testing.T) {
	const mounted = "DIAGNOSE_TEST_FULL_DISK"
	if dir := os.Getenv(mounted); dir != "" {
		path := filepath.Join(dir, "r")
		if err := writeFile(path, content([]byte("old"))); err != nil {
			t.Fatal(err)
		}
		err := writeFile(path, content(make([]byte, 1<<20)))
		if err == nil || err.Error() != "no space left on device" {
			t.Errorf("a full disk says %v", err)
		}
		holds(t, path, "old")
		alone(t, dir, "r")
		return
	}
	dir := t.TempDir()
	mount := `mount -t tmpfs -o size=64k none "$1"`
	if out, err := exec.Command("unshare", "-rm", "sh", "-c", mount, "sh", dir).CombinedOutput(); err != nil {
		parsertest.Lacks(t, fmt.Sprintf("cannot mount a small disk: %v %s", err, out), "run it as root, with unshare (apt-get install util-linux mount)")
	}
	cmd := exec.Command("unshare", "-rm", "sh", "-c", mount+` && exec "$0" -test.run '^TestWriteFileFullDisk$'`, os.Args[0], dir)
	cmd.Env = append(os.Environ(), mounted+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
