package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/scripts/sim"
)

func TestFiles(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new")
	var out bytes.Buffer
	simulate := func(args ...string) {
		t.Helper()
		if err := run(append(args, "-out", folder), &out, io.Discard); err != nil {
			t.Fatal(err)
		}
	}
	simulate("-scenario", "own-limit", "-scale", "0.05", "-seed", "3")
	simulate("-scenario", "trust", "-scale", "0.1", "-stamps", "micro", "-long-ids", "-gz")

	want, truth, err := sim.Run("own-limit", sim.Options{Seed: 3, Scale: 0.05})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(folder, "own-limit.log")); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the log differs: %v", err)
	}
	var got sim.Truth
	text, err := os.ReadFile(filepath.Join(folder, "own-limit.truth.json"))
	if err := errors.Join(err, json.Unmarshal(text, &got)); err != nil || got.Accepted != truth.Accepted || got.Seed != 3 || got.Cause != "none" {
		t.Errorf("truth %s: %v", text, err)
	}

	file, err := os.Open(filepath.Join(folder, "trust.log.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	log, err := io.ReadAll(z)
	if err != nil || !strings.HasPrefix(string(log), "2026-05-20T00:00:00.000000+00:00 mail01 postfix/") {
		t.Errorf("%v: %.80s", err, log)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 4 {
		t.Errorf("%v %v: want two logs, two truths and nothing else", left, err)
	}
	if !strings.Contains(out.String(), "own-limit.log: ") {
		t.Errorf("it said %q", out.String())
	}
}

func TestList(t *testing.T) {
	var out bytes.Buffer
	if err := run([]string{"-list"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n"); n != len(sim.Scenarios()) || !strings.Contains(out.String(), "retry-hammer         queue-pressure  ") {
		t.Errorf("%d lines:\n%s", n, out.String())
	}
}

func TestMistakes(t *testing.T) {
	f := func(want string, args ...string) {
		t.Helper()
		err := run(append(args, "-out", t.TempDir()), io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
	f("no scenario: give -scenario")
	f("there is none of that name", "-scenario", "nonsense")
	f(`cannot write stamps "hours"`, "-scenario", "trust", "-stamps", "hours")
	f("must be above 0", "-scenario", "trust", "-scale", "0")
	if err := run([]string{"trust"}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), `unexpected argument "trust"`) {
		t.Error(err)
	}
	if err := run([]string{"-help"}, io.Discard, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Error(err)
	}
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"-scenario", "trust", "-out", blocked}, io.Discard, io.Discard); err == nil {
		t.Error("a file was taken for a folder")
	}
}
