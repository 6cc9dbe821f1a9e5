package main

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
)

// whole is the text of all files, one after the other.
func whole(t *testing.T, files []string) string {
	t.Helper()
	var b strings.Builder
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasSuffix(text, []byte("\n")) {
			t.Errorf("%s ends within a line", name)
		}
		b.Write(text)
	}
	return b.String()
}

func TestSameSettingsSameLog(t *testing.T) {
	for _, kind := range []string{"postfix", "exim", "mailgun"} {
		log := func(seed uint64, parts int) string {
			files, truth, err := generate(t.TempDir(), settings{Kind: kind, Size: 1 << 20, Parts: parts, Seed: seed, Rate: 8, Deferrals: 1})
			if err != nil {
				t.Fatal(err)
			}
			if len(files) != parts {
				t.Errorf("%s: %d files, want %d", kind, len(files), parts)
			}
			text := whole(t, files)
			if int64(len(text)) != truth.Bytes || int64(strings.Count(text, "\n")) != truth.Lines {
				t.Errorf("%s: %d bytes and %d lines; the truth says %d and %d", kind, len(text), strings.Count(text, "\n"), truth.Bytes, truth.Lines)
			}
			return text
		}
		first := log(1, 1)
		if log(1, 1) != first {
			t.Errorf("%s: the same settings gave another log", kind)
		}
		if log(1, 4) != first {
			t.Errorf("%s: in four parts it is another log", kind)
		}
		if log(2, 1) == first {
			t.Errorf("%s: another seed gave the same log", kind)
		}
	}
}

// A log that a folder holds from an earlier run is as good as a new one.
func TestVersion(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("processors but amd64 round floating-point numbers differently, so that the log is another one: run it on amd64")
	}
	hash := fnv.New64a()
	for _, s := range []settings{{Kind: "postfix"}, {Kind: "postfix", ISO: true, LongIDs: true}, {Kind: "exim"}, {Kind: "mailgun"}} {
		s.Size, s.Parts, s.Seed, s.Rate, s.Deferrals = 1<<20, 1, 1, 0.05, 1
		files, _, err := generate(t.TempDir(), s)
		if err != nil {
			t.Fatal(err)
		}
		hash.Write([]byte(whole(t, files)))
	}
	if got := fmt.Sprintf("%d: %x", version, hash.Sum64()); got != "1: fcbeee4c447bb209" {
		t.Errorf("the generator writes other logs: raise its version, and expect %q here", got)
	}
}

// The longer log begins with the shorter one: both come from one simulation.
func TestLongerLogBeginsAlike(t *testing.T) {
	s := settings{Kind: "postfix", Size: 1 << 20, Parts: 2, Seed: 1, Rate: 8, Deferrals: 1}
	short, _, err := generate(t.TempDir(), s)
	if err != nil {
		t.Fatal(err)
	}
	s.Size, s.Parts = 4*s.Size, 4*s.Parts
	long, _, err := generate(t.TempDir(), s)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(whole(t, long), whole(t, short)) {
		t.Error("they differ")
	}
}

func TestDeferralsAndRate(t *testing.T) {
	of := func(rate, deferrals float64) *truth {
		_, truth, err := generate(t.TempDir(), settings{Kind: "postfix", Size: 2 << 20, Parts: 1, Seed: 1, Rate: rate, Deferrals: deferrals})
		if err != nil {
			t.Fatal(err)
		}
		return truth
	}
	share := func(t *truth) float64 { return float64(t.All.Deferred) / float64(t.All.Delivered) }
	calm, troubled, fast := of(8, 1), of(8, 8), of(80, 1)
	if share(calm) < 0.05 || share(calm) > 0.2 || share(troubled) < 5*share(calm) || troubled.MaxOpen < 2*calm.MaxOpen {
		t.Errorf("deferred over delivered: %.2f, and %.2f with 8 times the deferrals; %d and %d open", share(calm), share(troubled), calm.MaxOpen, troubled.MaxOpen)
	}
	if hours := calm.Hours / fast.Hours; hours < 8 || hours > 12 {
		t.Errorf("ten times the rate made the log %.1f times shorter", hours)
	}
}

func TestGenRefuses(t *testing.T) {
	f := func(want string, args ...string) {
		t.Helper()
		if err := dispatch(append([]string{"gen"}, args...), io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
	dir := t.TempDir()
	f("give its folder with --out")
	f(`unknown kind "sendmail"`, "--kind", "sendmail", "--out", dir)
	f(`cannot read the size "1GB"`, "--size", "1GB", "--out", dir)
	f("at least one part", "--parts", "0", "--out", dir)
	f("a rate above 0", "--rate", "0", "--out", dir)
}

func TestParseSize(t *testing.T) {
	f := func(text string, want int64) {
		t.Helper()
		if got, err := parseSize(text); got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
	f("1GiB", 1<<30)
	f("256MiB", 256<<20)
	f("3KiB", 3<<10)
	f("17", 17)
	f("", 0)
	f("0MiB", 0)
	f("-1MiB", 0)
	f("1.5GiB", 0)
	f("99999999999GiB", 0)
}

func TestSeconds(t *testing.T) {
	f := func(micro int64, want string) {
		t.Helper()
		if got := string(seconds(nil, micro)); got != want {
			t.Errorf("%d us: %s, want %s", micro, got, want)
		}
	}
	f(0, "0")
	f(4_999, "0")
	f(5_000, "0.01")
	f(100_000, "0.1")
	f(996_000, "1")
	f(1_000_000, "1")
	f(1_240_000, "1.2")
	f(9_970_000, "10")
	f(12_400_000, "12")
	f(86_400_000_000, "86400")
}

// Events come out by time; those of one time in the order of their planning.
func TestAgenda(t *testing.T) {
	var a agenda
	for slot, at := range []int64{5, 1, 3, 3, 1, 9, 3, 2, 5, 1} {
		a.push(event{at: at, slot: int32(slot)})
	}
	want := []int32{1, 4, 9, 7, 2, 3, 6, 0, 8, 5}
	for i, slot := range want {
		if e := a.pop(); e.slot != slot {
			t.Errorf("event %d is that of slot %d, want %d", i, e.slot, slot)
		}
	}
}

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		sim := newSimulation(settings{Kind: "postfix", Size: 8 << 20, Rate: 8, Deferrals: 1, Seed: 1}, newPostfix)
		for sim.truth.Bytes < sim.Size {
			if sim.step() {
				sim.buffer = sim.buffer[:0]
			}
		}
		if sim.truth.Lines < 50_000 {
			b.Fatalf("only %d lines", sim.truth.Lines)
		}
		b.SetBytes(sim.truth.Bytes)
	}
}
