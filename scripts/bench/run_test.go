package main

import (
	"bytes"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
)

// held is what the child of TestMeasure keeps in memory.
const held = 48 << 20

// hold is that child: it fills memory and takes its time.
func hold() {
	b := make([]byte, held)
	for i := range b {
		b[i] = byte(i)
	}
	time.Sleep(50 * time.Millisecond)
	runtime.KeepAlive(b)
}

// What a command used is its own: not the memory of who measures it.
func TestMeasure(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ballast := bytes.Repeat([]byte("x"), 3*held)
	out := filepath.Join(t.TempDir(), "out")
	u, err := command{argv: []string{self, "hold"}}.run(self, out)
	if err != nil {
		t.Fatal(err)
	}
	if u.Peak < held || u.Peak > 2*held {
		t.Errorf("peak %d for a process that holds %d", u.Peak, held)
	}
	if u.Wall < 0.05 || u.CPU <= 0 || u.CPU > u.Wall*float64(runtime.NumCPU())+0.1 {
		t.Errorf("wall %v, CPU %v", u.Wall, u.CPU)
	}
	if _, err := (command{argv: []string{self, "floor", "gz", "/no such file"}}).run(self, out); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a command that fails: %v", err)
	}
	runtime.KeepAlive(ballast)
}

func TestFloors(t *testing.T) {
	dir := t.TempDir()
	files, truth, err := generate(dir, settings{Kind: "mailgun", Size: 1 << 20, Parts: 2, Seed: 1, Rate: 8, Deferrals: 1})
	if err != nil {
		t.Fatal(err)
	}
	f := func(kind string, want int64, names ...string) {
		t.Helper()
		var out bytes.Buffer
		if err := floorCommand(append([]string{kind}, names...), &out); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(out.String()); got != strconv.FormatInt(want, 10) {
			t.Errorf("floor %s: %s, want %d", kind, got, want)
		}
	}
	f("json", int64(truth.All.Deferred+truth.All.Bounced+truth.Expired), files...)
	for _, programs := range []string{os.Getenv("PATH"), ""} { // with gzip and zstd, and without
		t.Setenv("PATH", programs)
		gz, zst := filepath.Join(dir, "a.gz"), filepath.Join(dir, "a.zst")
		for name, p := range map[string]packer{gz: gzipper, zst: zstdder} {
			os.Remove(name)
			if err := p.pack(name, files...); err != nil {
				t.Fatal(err)
			}
		}
		f("gz", truth.Bytes, gz)
		f("zst", 2*truth.Bytes, zst, zst)
	}
}

// The runner from end to end, with a small log and one peer, which is not a real one. Every
// row of our own has its numbers, and a row says so when its peer is missing.
func TestRun(t *testing.T) {
	parsertest.Long(t, "it runs diagnose some fifty times")
	dir := t.TempDir()
	program, out := diagnose(t), filepath.Join(dir, "performance.md")
	t.Setenv("PATH", "")
	if err := os.WriteFile(filepath.Join(dir, "rg"), []byte("#!/bin/sh\necho $#\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	args := []string{"run", "--data", filepath.Join(dir, "data"), "--size", "1MiB", "--rounds", "1", "--diagnose", program, "--peers", dir, "--out", out}
	if err := dispatch(args, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	missing := map[string]int{}
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, " | ")
		if len(cells) != 7 || cells[0] == "| measured" {
			continue
		}
		rows++
		verdict := strings.Trim(cells[6], " |\n")
		switch {
		case strings.HasPrefix(verdict, "not measured: "):
			missing[strings.Fields(verdict)[2]]++
		case verdict != "goal met" && verdict != "must met" && verdict != "**missed**":
			t.Errorf("row %q ends with %q", cells[0], verdict)
		case cells[2] == "" || strings.Contains(cells[2], "NaN") || !strings.Contains(cells[3], ".."):
			t.Errorf("row %q has no numbers: %s and %s", cells[0], cells[2], cells[3])
		}
	}
	if rows != 15 {
		t.Errorf("%d rows, want 15", rows)
	}
	for _, peer := range []string{"zcat", "jq", "pflogsumm", "eximstats"} {
		if missing[peer] != 1 {
			t.Errorf("%d rows say that %s is missing, want 1", missing[peer], peer)
		}
		delete(missing, peer)
	}
	if len(missing) > 0 {
		t.Errorf("missing, too: %v", missing)
	}
	for _, want := range []string{"1 rounds", "gave the same CSV report", "`rg -c status=deferred, 8 plain files`", "github.com/klauspost/compress v", runtime.Version()} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	f := func(want string, args ...string) {
		t.Helper()
		if err := dispatch(args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
	dir := t.TempDir()
	f("no command")
	f(`unknown command "walk"`, "walk")
	f("give the folder of the logs with --data", "run")
	f("at least one round", "run", "--data", dir, "--rounds", "0")
	f("the smallest log is 1MiB", "run", "--data", dir, "--size", "4KiB")
	f("nothing to read", "floor", "gz")
	f(`unknown floor "xz"`, "floor", "xz", "a")
}

func TestCells(t *testing.T) {
	f := func(r result, want string) {
		t.Helper()
		if got := strings.Join(r.cells(), " | "); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	r := row{what: "a", against: "b", goal: 1.5, must: 1.8}
	f(result{row: r, values: []float64{1.6, 1.2, 1.3}}, "a | b | 1.30 | 1.20..1.60 | 1.50 | 1.80 | goal met")
	f(result{row: r, values: []float64{1.6, 1.7}}, "a | b | 1.65 | 1.60..1.70 | 1.50 | 1.80 | must met")
	f(result{row: r, values: []float64{2}}, "a | b | 2.00 | 2.00..2.00 | 1.50 | 1.80 | **missed**")
	r.missing = "jq"
	f(result{row: r}, "a | b | - | - | 1.50 | 1.80 | not measured: jq is not here")
	f(result{row: row{what: "a", goal: 1. / 40, must: 1. / 25}, values: []float64{1. / 50}}, "a | - | 1/50 | 1/50..1/50 | 1/40 | 1/25 | goal met")
	f(result{row: row{what: "a", goal: 32 << 20, must: 64 << 20, unit: mebibytes}, values: []float64{33 << 20}}, "a | - | 33.0 MiB | 33.0 MiB..33.0 MiB | 32.0 MiB | 64.0 MiB | must met")
	f(result{row: row{what: "a", goal: 120, must: 250, unit: bytesEach}, values: []float64{99.6}}, "a | - | 100 B | 100 B..100 B | 120 B | 250 B | goal met")
}

func TestMedian(t *testing.T) {
	f := func(want float64, values ...float64) {
		t.Helper()
		if got := median(values); got != want && (!math.IsNaN(got) || !math.IsNaN(want)) {
			t.Errorf("%v: %v, want %v", values, got, want)
		}
	}
	f(math.NaN())
	f(3, 3)
	f(2, 3, 1, 2)
	f(2.5, 4, 1, 2, 3)
}
