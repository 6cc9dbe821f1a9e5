package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// A profile is written that a compiler takes: protocol buffers, compressed
// (github.com/google/pprof/blob/main/proto/profile.proto).
func TestProfile(t *testing.T) {
	out := filepath.Join(t.TempDir(), "default.pgo")
	if err := dispatch([]string{"profile", "--out", out, "--size", "1MiB", "--rounds", "1"}, os.Stdout, os.Stderr); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	if err != nil || !bytes.HasPrefix(text, []byte{0x1f, 0x8b}) {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	f := func(args ...string) {
		t.Helper()
		if err := dispatch(append([]string{"profile"}, args...), os.Stdout, os.Stderr); err == nil {
			t.Errorf("no error: %q", args)
		}
	}
	f("--size", "much")
	f("--out", filepath.Join(out, "x"), "--size", "1MiB")
}
