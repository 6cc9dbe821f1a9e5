// Command simulate writes the log of a simulated Postfix and the truth about it.
//
//	go run ./scripts/simulate -list
//	go run ./scripts/simulate -scenario burst -out DIR
//
// It writes DIR/<scenario>.log (-gz: .log.gz) and DIR/<scenario>.truth.json. The same
// flags give the same files, byte for byte. "-scenario all" writes every scenario.
package main

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/seed-07ce53fa/diagnose/scripts/sim"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "simulate:", err)
		os.Exit(2)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("simulate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	list := flags.Bool("list", false, "list the scenarios and what a reader of each log ought to find")
	name := flags.String("scenario", "", "the `name` of a scenario, or all")
	out := flags.String("out", ".", "write into this `folder`, made if it is not there")
	seed := flags.Uint64("seed", 1, "`number` that chooses one of the possible logs")
	scale := flags.Float64("scale", 1, "multiply the number of messages by this `factor`; batches become shorter, other traffic thinner")
	stamps := flags.String("stamps", "seconds", "seconds (RFC 3164, without a year) or micro (RFC 3339 with microseconds)")
	long := flags.Bool("long-ids", false, "long queue ids, as with enable_long_queue_ids = yes")
	zip := flags.Bool("gz", false, "compress the log")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: everything is a flag, see -help", flags.Arg(0))
	}
	if *list {
		for _, s := range sim.Scenarios() {
			if _, err := fmt.Fprintf(stdout, "%-20s %-15s %s\n", s.Name, s.Cause, s.About); err != nil {
				return err
			}
		}
		return nil
	}
	if *stamps != "seconds" && *stamps != "micro" {
		return fmt.Errorf("cannot write stamps %q: it is seconds or micro", *stamps)
	}
	if *scale <= 0 {
		return fmt.Errorf("cannot scale by %v: it must be above 0", *scale)
	}
	names := []string{*name}
	switch *name {
	case "":
		return errors.New("no scenario: give -scenario NAME, or -list to see them")
	case "all":
		names = names[:0]
		for _, s := range sim.Scenarios() {
			names = append(names, s.Name)
		}
	}
	if err := os.MkdirAll(*out, 0o755); err != nil {
		return err
	}
	for _, n := range names {
		o := sim.Options{Seed: *seed, Scale: *scale, Micro: *stamps == "micro", LongIDs: *long}
		path, truth, err := write(*out, n, o, *zip)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(stdout, "%s: %d messages, %d accepted, refused %v\n", path, truth.Messages, truth.Accepted, truth.Refusals); err != nil {
			return err
		}
	}
	return nil
}

// write makes the two files of one scenario. The log gets its name when it is whole.
func write(folder, name string, o sim.Options, zip bool) (path string, truth sim.Truth, err error) {
	file, err := os.CreateTemp(folder, ".simulate-*")
	if err != nil {
		return "", truth, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close(), os.Remove(file.Name()))
		}
	}()
	var w io.WriteCloser = file
	path = filepath.Join(folder, name+".log")
	if zip {
		w, path = gzip.NewWriter(file), path+".gz"
	}
	if truth, err = sim.Write(w, name, o); err != nil {
		return path, truth, err
	}
	if zip {
		if err := w.Close(); err != nil {
			return path, truth, err
		}
	}
	text, err := json.MarshalIndent(truth, "", " ")
	if err != nil {
		return path, truth, err
	}
	if err := os.WriteFile(filepath.Join(folder, name+".truth.json"), append(text, '\n'), 0o644); err != nil {
		return path, truth, err
	}
	if err := errors.Join(file.Chmod(0o644), file.Close()); err != nil {
		return path, truth, err
	}
	return path, truth, os.Rename(file.Name(), path)
}
