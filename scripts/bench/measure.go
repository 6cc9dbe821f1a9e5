package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// usageOf is what the kernel counted for a process and those it waited for.
type usageOf struct {
	Wall float64 `json:"wall"` // seconds
	CPU  float64 `json:"cpu"`  // seconds, user and system
	Peak int64   `json:"peak"` // bytes of resident memory
}

// command is a program to be measured. Its standard output goes into a file: some programs
// do less when nobody reads them (GNU grep stops at the first hit when it writes to /dev/null).
type command struct {
	name  string // in the document
	argv  []string
	env   []string
	plain int64 // bytes of text that it reads, decompressed
}

// run runs the command once. The process that forks passes its own peak memory on to its
// child, up to exec (Linux counts the old address space, too): so a small one stands in
// between, this program as "measure".
func (c command) run(self, output string) (usageOf, error) {
	out, err := os.Create(output)
	if err != nil {
		return usageOf{}, err
	}
	defer func() { _ = out.Close() }()
	r, w, err := os.Pipe()
	if err != nil {
		return usageOf{}, err
	}
	defer func() { _ = r.Close() }()
	var stderr bytes.Buffer
	cmd := exec.Command(self, append([]string{"measure"}, c.argv...)...)
	cmd.Env = append(os.Environ(), c.env...)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = out, &stderr, []*os.File{w}
	if err := cmd.Start(); err != nil {
		return usageOf{}, errors.Join(err, w.Close())
	}
	if err := w.Close(); err != nil { // the end of the child's copy is then the end of the report
		return usageOf{}, err
	}
	var u usageOf
	decodeErr := json.NewDecoder(r).Decode(&u)
	if err := cmd.Wait(); err != nil {
		return u, fmt.Errorf("cannot measure %s: %w: %s", strings.Join(c.argv, " "), err, tail(stderr.String()))
	}
	return u, decodeErr
}

// measureCommand runs a program and writes what it used as JSON to file descriptor 3.
func measureCommand(argv []string) error {
	if len(argv) == 0 {
		return errors.New("nothing to measure")
	}
	report := os.NewFile(3, "usage")
	syscall.CloseOnExec(3)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	begin := time.Now()
	err := cmd.Run()
	wall := time.Since(begin).Seconds()
	if err != nil {
		return err
	}
	used, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return errors.New("this system does not count what a process uses")
	}
	cpu := time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
	return json.NewEncoder(report).Encode(usageOf{Wall: wall, CPU: cpu, Peak: used.Maxrss << 10})
}

// tail is the end of a text, for messages.
func tail(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > 400 {
		text = "..." + text[len(text)-400:]
	}
	return text
}
