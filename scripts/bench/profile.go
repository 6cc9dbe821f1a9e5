package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// profileCommand records where diagnose spends its time, for the compiler: it inlines and
// lays out what is hot (go.dev/doc/pgo).
func profileCommand(args []string, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("profile", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("out", "cmd/diagnose/default.pgo", "`file` of the profile")
	size := flags.String("size", "256MiB", "`size` of the Postfix log; those of other kinds have a quarter of it")
	rounds := flags.Int("rounds", 12, "`number` of times that each log is read")
	if err := flags.Parse(args); err != nil {
		return err
	}
	bytes, err := parseSize(*size)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "profile")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	var logs []source.Input
	for i, s := range []settings{
		{Kind: "postfix", Size: bytes, Parts: 1, Seed: 1, Rate: 8, Deferrals: 1},
		{Kind: "postfix", Size: bytes / 4, Parts: 1, Seed: 2, ISO: true, LongIDs: true, Rate: 8, Deferrals: 1},
		{Kind: "exim", Size: bytes / 4, Parts: 1, Seed: 1, Rate: 8, Deferrals: 1},
		{Kind: "mailgun", Size: bytes / 4, Parts: 1, Seed: 1, Rate: 8, Deferrals: 1},
	} {
		files, _, err := generate(filepath.Join(dir, strconv.Itoa(i)), s)
		if err != nil {
			return err
		}
		name := files[0]
		if s.ISO { // one of them is compressed
			name += ".gz"
			if err := gzipper.pack(name, files...); err != nil {
				return err
			}
		}
		logs = append(logs, source.Input{Path: name})
	}
	f, err := os.Create(*out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	for range *rounds {
		for _, log := range logs {
			if err := reportOn(log); err != nil {
				return err
			}
		}
	}
	return nil
}

// reportOn reads a log and writes the report in two of its forms.
func reportOn(log source.Input) error {
	set, err := rules.Builtin()
	if err != nil {
		return err
	}
	rep, err := scan.Run(context.Background(), scan.Config{Inputs: []source.Input{log}, Rules: set, Now: time.Now(), Jobs: 1})
	if err != nil {
		return err
	}
	return errors.Join(report.WriteText(io.Discard, rep, report.TextOptions{}), report.WriteJSON(io.Discard, rep, true))
}
