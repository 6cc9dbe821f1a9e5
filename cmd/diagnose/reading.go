package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
)

// reading is what all commands share that read logs and make something of their
// report.
type reading struct {
	world
	input         inputFlags
	sender        senderFlags
	manners       manners
	minUnderstood percent
	run           func(context.Context, scan.Config) (*report.Report, error)
}

func newReading(w world, c chain) reading {
	return reading{world: w, run: c.run, minUnderstood: percent{minUnderstood}}
}

// minUnderstood is the share of lines, in percent, below which input is a problem.
const minUnderstood = 50

// addUnderstood defines --min-understood.
func (r *reading) addUnderstood(fs *pflag.FlagSet) {
	add(fs, groupVerdict, &r.minUnderstood, "min-understood", "", "exit with 3 if less of the lines is understood", "")
}

// begin settles the flags and returns the paths to read: standard input where none
// is named. On a terminal that would wait for the keyboard: it shows the help instead
// and returns no paths.
func (r *reading) begin(cmd *cobra.Command, args []string) ([]string, error) {
	path, err := settle(r.world, cmd.Flags(), r.manners.config.value)
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		if r.InTerminal {
			return nil, showHelp(r.world, cmd, true)
		}
		args = []string{source.Stdin}
	}
	r.manners.say(r.world, "settings: "+orNone(path))
	return args, nil
}

// config turns flags and paths into what the library reads.
func (r *reading) config(ctx context.Context, args []string) (scan.Config, []report.Error, error) {
	cfg, bad, err := r.input.scanConfig(ctx, r.world, args)
	if err != nil {
		return cfg, nil, err
	}
	r.manners.say(r.world, "rules: version "+cfg.Rules.Version)
	return cfg, bad, r.sender.apply(&cfg)
}

// read makes the report of the inputs, with a progress line. bad are the arguments
// that gave no input.
func (r *reading) read(ctx context.Context, cfg scan.Config, bad []report.Error) (*report.Report, error) {
	defer sayWaiting(r.world, &r.manners, cfg.Inputs)()
	stop := showProgress(r.world, &r.manners, cfg.Progress)
	rep, err := r.run(ctx, cfg)
	stop()
	if err != nil {
		return nil, err
	}
	rep.Input.Errors = append(bad, rep.Input.Errors...)
	rep.Input.Notes = append(rep.Input.Notes, cfg.Source.LeftOut.Notes(cfg.Inputs)...)
	return rep, nil
}

// note says what is no error, unless quiet.
func (r *reading) note(text string) {
	if !r.manners.quiet {
		r.say(r.color(r.manners.color.value, r.ErrTerminal), text)
	}
}
