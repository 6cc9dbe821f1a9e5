package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A temporary file is private, can be read back, and nothing of it is left.
func TestScratch(t *testing.T) {
	dir := t.TempDir()
	f, err := world{Temp: dir}.scratch()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("rows")); err != nil {
		t.Fatal(err)
	}
	if fi, err := f.(scratch).Stat(); err != nil || fi.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v, %v", fi.Mode(), err)
	}
	var b [3]byte
	if _, err := f.ReadAt(b[:], 1); err != nil || string(b[:]) != "ows" {
		t.Errorf("%q, %v", b, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("%s is left", left)
	}
	if _, err := f.Write([]byte("rows")); err == nil || !strings.Contains(err.Error(), "set TMPDIR to a folder that exists and has room") {
		t.Errorf("%v", err)
	}
}

// Rows of messages beyond memory go to such a file.
func TestRowsOfMessagesOnDisk(t *testing.T) {
	var log bytes.Buffer
	const messages = 10_000
	for i := range messages {
		at := fmt.Sprintf("2026-05-20T09:%02d:%02d+00:00 mx1", i/60%60, i%60)
		fmt.Fprintf(&log, "%s postfix/smtp[7]: B%05X: to=<u%d@example.net>, relay=mx1.example.net[203.0.113.21]:25, delay=1, delays=0.1/0/0.4/0.5, dsn=2.0.0, status=sent (250 2.0.0 OK)\n", at, i, i)
		fmt.Fprintf(&log, "%s postfix/qmgr[8]: B%05X: removed\n", at, i)
	}
	path := filepath.Join(t.TempDir(), "mail.log")
	if err := os.WriteFile(path, log.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	rows := func(temp string) (code int, out, said string) {
		tr := newTrial(t)
		tr.chain, tr.Temp = realChain(), temp
		code = tr.run("parse", "--messages", "--json", "--max-memory", "16M", path)
		return code, tr.out.String(), tr.err.String()
	}
	code, out, said := rows(t.TempDir())
	if n := strings.Count(out, "\n"); code != 0 || n != messages {
		t.Errorf("exit code %d, %d rows: %s", code, n, said)
	}
	none := filepath.Join(t.TempDir(), "none")
	code, _, said = rows(none)
	if want := "cannot keep rows of messages in a temporary file: "; code != exitUsage || !strings.Contains(said, want) || !strings.Contains(said, none) || !strings.Contains(said, "set TMPDIR") {
		t.Errorf("exit code %d: %s", code, said)
	}
}
