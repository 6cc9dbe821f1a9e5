package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/snapshot"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
)

// snapshotCommand keeps what was read for later runs.
type snapshotCommand struct {
	reading
	to    word
	write func(context.Context, scan.Config, []report.Error, io.Writer) (*report.Input, error)
}

func newSnapshotCommand(w world, c chain, runF func(*snapshotCommand, context.Context, []string) error) *cobra.Command {
	s := &snapshotCommand{reading: newReading(w, c), write: c.snapshot}
	if runF == nil {
		runF = (*snapshotCommand).main
	}
	cmd := &cobra.Command{
		Use:   "snapshot --to FILE [FLAGS] PATH...",
		Short: "keep what was read, to report on it later or elsewhere",
		Long: `Write what the logs tell to a file that all commands read like a log: about half the size of
the .gz, without the addresses of recipients. The report of several snapshots is that of all
their logs together, so that each host writes one and one place reads them. Filters and rules
count where the snapshot is read. See docs/snapshots.md.`,
		Example: `diagnose snapshot --to mx1.snap /var/log/mail.log*   on each host
diagnose mx1.snap mx2.snap                           one report of all
ssh mx1 diagnose snapshot --to - /var/log/mail.log | diagnose -
diagnose check --baseline may.snap logs/*.gz         an earlier time as baseline`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			paths, err := s.begin(cmd, args)
			if err != nil || paths == nil {
				return err
			}
			return runF(s, cmd.Context(), paths)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	s.input.add(fs, c)
	for _, name := range []string{"since", "until", "new-ip", "rules", "set"} {
		// The only error is a flag that is not there.
		_ = fs.MarkHidden(name) // of no use here, but settings may have them
	}
	s.to.kind = "FILE"
	add(fs, groupOutput, &s.to, "to", "", "the file to write, - for standard output", "none")
	s.addUnderstood(fs)
	s.manners.add(fs)
	complete(cmd)
	return cmd
}

func (s *snapshotCommand) main(ctx context.Context, args []string) error {
	switch {
	case s.to.value == "":
		return usagef("snapshot needs --to FILE, the file to write, or --to - for standard output")
	case s.to.value == source.Stdin && s.OutTerminal:
		return usagef("--to -: a snapshot is no text for a terminal; pipe it, or name a file")
	case s.input.since.value != "" || s.input.until.value != "":
		return usagef("a snapshot holds all that the logs tell; give --since and --until to the command that reads it")
	}
	cfg, bad, err := s.config(ctx, args)
	if err != nil {
		return err
	}
	if (&outputFlag{list: []outputFile{{path: s.to.value}}}).clashes(paths(cfg.Inputs)) != "" {
		return usagef("--to: %s is an input; it would be overwritten", s.to.value)
	}
	in, err := s.writeTo(ctx, &cfg, bad)
	if err != nil {
		return err
	}
	in.Errors = append(bad, in.Errors...)
	in.Notes = append(in.Notes, cfg.Source.LeftOut.Notes(cfg.Inputs)...)
	said := s.manners.sayInput(s.world, in, true)
	if s.to.value != source.Stdin {
		s.note(fmt.Sprintf("snapshot written: %s, %s, %s", s.to.value, plural(int64(len(in.Files)), "file"), plural(in.Lines, "line")))
	}
	return said.failure(inputVerdict(in, s.minUnderstood.value))
}

// writeTo writes the snapshot, to a file only as a whole.
func (s *snapshotCommand) writeTo(ctx context.Context, cfg *scan.Config, bad []report.Error) (in *report.Input, err error) {
	defer sayWaiting(s.world, &s.manners, cfg.Inputs)()
	stop := showProgress(s.world, &s.manners, cfg.Progress)
	defer stop()
	write := func(w io.Writer) (err error) {
		in, err = s.write(ctx, *cfg, bad, w)
		return err
	}
	if s.to.value == source.Stdin {
		out := bufio.NewWriterSize(s.Out, 64<<10)
		if err := errors.Join(write(out), out.Flush()); err != nil {
			return nil, fmt.Errorf("cannot write the snapshot: %w", err)
		}
		return in, nil
	}
	if err := writeFileUntil(ctx, s.to.value, write); err != nil {
		return nil, usagef("cannot write --to %s: %w", s.to.value, err)
	}
	return in, nil
}

// isSnapshot says that a file is a snapshot, compressed or not.
func isSnapshot(path string) bool {
	if fi, err := os.Stat(path); err != nil || !fi.Mode().IsRegular() {
		return false // a look would swallow what a pipe has only once
	}
	r, err := source.Open(source.Input{Path: path}, source.Options{Binary: []string{snapshot.Magic}})
	if err != nil {
		return false
	}
	defer r.Close()
	return r.Binary()
}
