// Command testsum reads the output of "go test -json" and prints what a person wants
// to see: one line per package, the whole output of what failed, why tests were
// skipped, and as last line "N passed, N failed".
//
// It counts cases, not frames: a test with subtests counts through its subtests, a
// fuzz target as one whatever its seeds, and a package that fails without a failing
// test (it does not compile, it panics, it times out) counts as one failure.
//
//	go test -json ./... | go run ./scripts/testsum
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

func main() {
	passed, failed, err := summarise(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
	}
	if err != nil || failed > 0 || passed == 0 {
		os.Exit(1)
	}
}

// event is one line of "go test -json" (go doc test2json; build-output: go help buildjson).
type event struct {
	Time                          time.Time
	Action, Package, Test, Output string
}

// test names one test; Name is empty for the package itself.
type test struct{ pkg, name string }

type summary struct {
	w              io.Writer
	output         map[test][]string
	parents        map[test]bool // has subtests
	failures       map[string]int
	skips          map[string]int
	first, last    time.Time
	passed, failed int
	err            error
}

// summarise copies the summary of r to w and returns how many cases passed and failed.
// Lines that are no events (the build prints some) are copied as they are.
func summarise(r io.Reader, w io.Writer) (passed, failed int, err error) {
	s := summary{
		w: w, output: map[test][]string{}, parents: map[test]bool{}, failures: map[string]int{}, skips: map[string]int{},
	}
	in := bufio.NewReader(r)
	for s.err == nil {
		line, err := in.ReadString('\n')
		if line != "" {
			s.line(line)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return s.passed, s.failed, fmt.Errorf("cannot read test events: %w", err)
		}
	}

	for _, reason := range slices.Sorted(maps.Keys(s.skips)) {
		s.printf("skipped %d: %s\n", s.skips[reason], reason)
	}
	s.printf("tests took %s\n%d passed, %d failed\n", s.last.Sub(s.first).Round(time.Second), s.passed, s.failed)
	return s.passed, s.failed, s.err
}

func (s *summary) line(line string) {
	var e event
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
		s.printf("%s", line)
		return
	}
	if !e.Time.IsZero() {
		if s.first.IsZero() {
			s.first = e.Time
		}
		s.last = e.Time
	}

	t := test{e.Package, e.Test}
	switch e.Action {
	case "run":
		for parent := t.name; ; {
			i := strings.LastIndexByte(parent, '/')
			if i < 0 {
				break
			}
			parent = parent[:i]
			s.parents[test{t.pkg, parent}] = true
		}
	case "build-output":
		s.printf("%s", e.Output)
	case "output":
		if t.name == "" && isPackageLine(e.Output) {
			s.printf("%s", e.Output)
			return
		}
		s.output[t] = append(s.output[t], e.Output)
	case "pass", "fail", "skip":
		s.end(t, e.Action)
	}
}

// end counts a test or package that has ended, and shows its output if it failed.
func (s *summary) end(t test, action string) {
	if action == "fail" {
		s.printf("%s", strings.Join(s.output[t], ""))
	}
	defer delete(s.output, t)

	if t.name == "" {
		if action == "fail" && s.failures[t.pkg] == 0 {
			s.failed++
		}
		return
	}
	if top, _, sub := strings.Cut(t.name, "/"); sub && strings.HasPrefix(top, "Fuzz") {
		return
	}
	leaf := !s.parents[t] || strings.HasPrefix(t.name, "Fuzz")
	switch {
	case action == "fail" && (leaf || !s.subtestFailed(t)):
		s.failed++
		s.failures[t.pkg]++
		s.failures[t.pkg+"\x00"+t.name]++
	case action == "pass" && leaf:
		s.passed++
	case action == "skip" && leaf:
		s.skips[reason(s.output[t])]++
	}
}

// subtestFailed says whether a failure below t has been counted already.
func (s *summary) subtestFailed(t test) bool {
	for name := range s.failures {
		if strings.HasPrefix(name, t.pkg+"\x00"+t.name+"/") {
			return true
		}
	}
	return false
}

func (s *summary) printf(format string, args ...any) {
	if s.err == nil {
		_, s.err = fmt.Fprintf(s.w, format, args...)
	}
}

// isPackageLine recognises the one line that go test prints for each package.
func isPackageLine(line string) bool {
	return strings.HasPrefix(line, "ok  \t") || strings.HasPrefix(line, "FAIL\t") || strings.HasPrefix(line, "?   \t")
}

// reason finds what t.Skip said: the line "    file_test.go:12: reason".
func reason(output []string) string {
	for _, line := range slices.Backward(output) {
		if _, said, ok := strings.Cut(line, "_test.go:"); ok {
			if _, said, ok = strings.Cut(said, ": "); ok {
				return strings.TrimSpace(said)
			}
		}
	}
	return "no reason given"
}
