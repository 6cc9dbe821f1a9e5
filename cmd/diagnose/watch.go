package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// watchCommand follows a log and prints a line for each window.
type watchCommand struct {
	reading
	window choice
	last   number
	top    number
	dest   words
	all    bool
	json   bool
	watch  func(context.Context, scan.Config, scan.Watching) (*report.Input, error)
}

func newWatchCommand(w world, c chain, runF func(*watchCommand, context.Context, []string) error) *cobra.Command {
	r := &watchCommand{reading: newReading(w, c), watch: c.watch}
	if runF == nil {
		runF = (*watchCommand).main
	}
	cmd := &cobra.Command{
		Use:   "watch [FLAGS] FILE",
		Short: "follow a log: sessions, deferred and accepted, window by window",
		Long: `Follow a log as it grows, rotation included, and print a line for each window of time and
destination as soon as the window is over: the highest number of own sessions at once, the
recipients deferred and accepted, and how the deferred ones changed since the window before:
new, rising, steady, falling, over, or unknown where the log has only a part of one of them.
Times are in UTC. Destinations that defer nothing, and did not in the window before, are left
out. It goes on until Ctrl-C, or until standard input ends.`,
		Example: `diagnose watch /var/log/mail.log                        the last hour, and what comes
diagnose watch --window 1m --for microsoft /var/log/mail.log
journalctl -fu postfix -o short-iso | diagnose watch
diagnose watch --json /var/log/mail.log | jq -r .trend  one JSON object a line`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			paths, err := r.begin(cmd, args)
			if err != nil || paths == nil {
				return err
			}
			return runF(r, cmd.Context(), paths)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	r.input.add(fs, c)
	for _, name := range []string{"recursive", "since", "until", "new-ip", "jobs", "max-expand", "show-addresses", "salt"} {
		// The only error is a flag that is not there.
		_ = fs.MarkHidden(name) // of no use here, but settings may have them
	}
	r.window = choice{"15m", "LENGTH", []string{"1m", "5m", "15m", "1h"}}
	r.last = number{4, 0, 1_000_000, "N"}
	r.top = number{report.DefaultTop, 1, 1_000_000, "N"}
	r.dest.kind = "DEST"
	add(fs, groupOutput, &r.window, "window", "", "how long a window is: 1m, 5m, 15m or 1h", "")
	add(fs, groupOutput, &r.last, "last", "", "begin with the last N windows that the file tells of already", "")
	add(fs, groupOutput, &r.dest, "for", "", "only destinations of this name or platform; repeatable", "all")
	add(fs, groupOutput, &r.top, "top", "", "at most so many destinations for each window, those with most deferred recipients", "")
	addBool(fs, groupOutput, &r.all, "all", "", "all destinations with mail, those that defer nothing, too")
	addBool(fs, groupOutput, &r.json, "json", "", "one JSON object a line")
	r.manners.add(fs)
	complete(cmd)
	return cmd
}

func (r *watchCommand) main(ctx context.Context, args []string) error {
	if len(args) > 1 {
		return usagef("watch follows one log; run it once for each, or diagnose %s for a report", strings.Join(args, " "))
	}
	length, err := time.ParseDuration(r.window.value)
	if err != nil {
		return usagef("--window: %w", err)
	}
	cfg, bad, err := r.config(ctx, args)
	if err != nil {
		return err
	}
	if len(bad) > 0 || len(cfg.Inputs) != 1 {
		return usagef("watch follows one log, and %s stands for %d", args[0], len(cfg.Inputs))
	}
	text := r.In
	out := &watchOutput{watchCommand: r, w: bufio.NewWriter(r.Out)}
	if path := cfg.Inputs[0].Path; path != source.Stdin {
		file, err := source.NewFollow(path, func() bool { return pause(ctx, followEvery) })
		if err != nil {
			return &failure{exitInput, err}
		}
		text, out.backlog = file, true
	}
	live := &source.Live{Path: cfg.Inputs[0].Path}
	ticks := time.NewTicker(followEvery)
	defer ticks.Stop()
	live.Reader = &endingReader{ctx: ctx, r: text, results: make(chan readResult, 1), ticks: ticks.C, now: r.Now, idle: func(quiet time.Duration) { live.Idle(quiet) }}
	cfg.Source.Live = live
	var said []report.Error
	in, err := r.watch(ctx, cfg, scan.Watching{
		Length: length,
		Begun: func(in *report.Input) {
			if ctx.Err() != nil {
				return
			}
			r.manners.sayInput(r.world, in, !r.json)
			said, in.Notes, in.Errors = in.Errors, nil, nil
		},
		Each:    out.take,
		Waiting: out.show,
	})
	if ctx.Err() != nil {
		return out.show() // Ctrl-C is how it ends
	}
	if err == nil {
		err = out.show()
	}
	if err != nil {
		return fmt.Errorf("cannot write rows: %w", err)
	}
	told := r.manners.sayInput(r.world, in, !r.json)
	in.Errors = append(in.Errors, said...)
	return told.failure(inputVerdict(in, r.minUnderstood.value))
}

// followEvery is how often a log is asked for more.
const followEvery = 250 * time.Millisecond

// pause waits for a while, and returns false if the run ends before.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// watchOutput prints windows. Of those that a file tells of when it is opened it holds the
// last ones back until all of it was read.
type watchOutput struct {
	*watchCommand
	w       *bufio.Writer
	backlog bool
	held    []*scan.LiveWindow
	day     string // that of the line before
}

func (o *watchOutput) take(one *scan.LiveWindow) error {
	if !o.backlog {
		return o.print(one)
	}
	if o.held = append(o.held, one); len(o.held) > o.last.value {
		o.held = o.held[1:]
	}
	return nil
}

// show prints what was held back: there is nothing more to read for now.
func (o *watchOutput) show() error {
	held := o.held
	o.backlog, o.held = false, nil
	for _, one := range held {
		if err := o.print(one); err != nil {
			return err
		}
	}
	return o.flush()
}

func (o *watchOutput) flush() error { return o.w.Flush() }

// print prints the rows of a window that are wanted, and in text a line for a window without
// any.
func (o *watchOutput) print(one *scan.LiveWindow) error {
	var shown, more int
	var accepted, deferred int64 // of destinations that are not shown
	for i := range one.Rows {
		row := &one.Rows[i]
		quiet := row.Trend == scan.TrendNone
		switch {
		case !o.wanted(row):
			continue
		case o.all || !quiet && shown < o.top.value:
			shown++
			if err := o.row(row); err != nil {
				return err
			}
			continue
		case !quiet:
			more++
		}
		accepted, deferred = accepted+int64(row.AcceptedRecipients), deferred+int64(row.DeferredRecipients)
	}
	switch {
	case o.json:
		return nil
	case more > 0:
		return o.line(one.Start, fmt.Sprintf("and %s more: deferred %s", plural(int64(more), "destination"), rules.Thousands(deferred)))
	case shown > 0:
		return nil
	case accepted == 0:
		return o.line(one.Start, "no mail")
	}
	return o.line(one.Start, "nothing deferred, accepted "+rules.Thousands(accepted))
}

// wanted says that --for names a destination, as in the report.
func (o *watchOutput) wanted(row *scan.LiveRow) bool {
	return len(o.dest.list) == 0 || slices.ContainsFunc(o.dest.list, func(name string) bool { return beginsWith(name, row.Destination, row.Platform) })
}

func (o *watchOutput) row(row *scan.LiveRow) error {
	if o.json {
		data, err := report.MarshalASCII(row, true)
		if err != nil {
			return err
		}
		_, err = o.w.Write(append(data, '\n'))
		return err
	}
	sessions := "-"
	if row.Sessions != nil {
		sessions = strconv.Itoa(int(*row.Sessions))
	}
	return o.line(row.Start, fmt.Sprintf("%s sessions %s deferred %s accepted %s %s", report.Visible(row.Platform), sessions,
		rules.Thousands(int64(row.DeferredRecipients)), rules.Thousands(int64(row.AcceptedRecipients)), row.Trend))
}

// line prints a line, and before the first one of a day its date.
func (o *watchOutput) line(at time.Time, text string) error {
	if day := at.Format(time.DateOnly); day != o.day {
		o.day = day
		if _, err := io.WriteString(o.w, "-- "+day+" UTC\n"); err != nil {
			return err
		}
	}
	_, err := io.WriteString(o.w, at.Format("15:04")+" "+text+"\n")
	return err
}
