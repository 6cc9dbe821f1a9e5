package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-07ce53fa/diagnose/pkg/baseline"
	"github.com/seed-07ce53fa/diagnose/pkg/check"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// checkCommand holds logs against limits and a baseline.
type checkCommand struct {
	reading
	format    choice
	json      bool
	output    outputFlag
	all       bool
	dest      words
	ips       addresses
	baseline  word
	update    bool
	failOn    choice
	selfCheck bool
}

func newCheckCommand(w world, c chain, runF func(*checkCommand, context.Context, []string) error) *cobra.Command {
	k := &checkCommand{reading: newReading(w, c)}
	if runF == nil {
		runF = (*checkCommand).main
	}
	cmd := &cobra.Command{
		Use:   "check [FLAGS] PATH...",
		Short: "hold logs against limits and a baseline, for CI",
		Long: `Hold logs against the limits of the rules and, with --baseline, against an earlier run: what
got worse, where, and by how much. The exit code is 1 if a guard fails or a destination has a
finding at the level of --fail-on or above. With a baseline, what was beyond its limit before
fails only if it got worse.

A small sample does not fail by chance: shares fail only where chance does not explain them.
The baseline is small JSON meant for git; it has no addresses. Limits are thresholds
(diagnose rules thresholds), set by --set or the settings. See docs/ci.md.`,
		Example: `diagnose check logs/*.gz                         the limits alone
diagnose check --baseline base.json --update-baseline logs/*.gz   write the baseline
diagnose check --baseline base.json logs/*.gz    and hold later logs against it
diagnose check --format github -o sarif=d.sarif -o junit=d.xml logs/*.gz`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			paths, err := k.begin(cmd, args)
			if err != nil || paths == nil {
				return err
			}
			if k.json {
				if cmd.Flags().Changed("format") && k.format.value != "json" {
					return usagef("--json and --format %s contradict each other", k.format.value)
				}
				k.format.value = "json"
			}
			return runF(k, cmd.Context(), paths)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	k.input.add(flags, c)
	k.sender.add(flags)
	k.format = choice{"text", "FORMAT", checkFormats()}
	k.output.formats = checkFormats()
	k.dest.kind, k.baseline.kind = "DEST", "FILE"
	k.failOn = choice{"watch", "LEVEL", failLevels()}
	add(flags, groupOutput, &k.format, "format", "f", "form of the result on standard output", "")
	addBool(flags, groupOutput, &k.json, "json", "", "the same as --format json")
	add(flags, groupOutput, &k.output, "output", "o", "write the result to a file, too; repeatable", "none")
	addBool(flags, groupOutput, &k.all, "all", "", "list all destinations")
	add(flags, groupOutput, &k.dest, "for", "", "only destinations of this name, MX or domain; repeatable", "all")
	add(flags, groupOutput, &k.ips, "ip", "", "only attempts from these sending IPs; repeatable", "all")
	add(flags, groupVerdict, &k.baseline, "baseline", "", "hold the logs against this file, too", "limits only")
	addBool(flags, groupVerdict, &k.update, "update-baseline", "", "write what the logs say to the file of --baseline, and exit with 0")
	add(flags, groupVerdict, &k.failOn, "fail-on", "", "exit with 1 from this level on", "")
	k.addUnderstood(flags)
	addBool(flags, groupVerdict, &k.selfCheck, "self-check", "", "hold the numbers of the report against each other; exit with 70 on a bug")
	k.manners.add(flags)
	complete(cmd)
	return cmd
}

// main reads, compares and judges.
func (k *checkCommand) main(ctx context.Context, args []string) error {
	switch {
	case k.update && k.baseline.value == "":
		return usagef("--update-baseline needs --baseline FILE, the file to write")
	case k.update && (len(k.dest.list) > 0 || len(k.ips.list) > 0):
		return usagef("--update-baseline would lose all destinations but some; leave --for and --ip out")
	}
	old, err := k.readBaseline()
	if err != nil {
		return err
	}
	cfg, bad, err := k.config(ctx, args)
	if err != nil {
		return err
	}
	cfg.IPs = k.ips.list
	if err := k.clashes(paths(cfg.Inputs)); err != nil {
		return err
	}
	if k.baseline.value != "" && isSnapshot(k.baseline.value) {
		if old, err = k.baselineOf(ctx, cfg); err != nil {
			return err
		}
	}
	rep, err := k.read(ctx, cfg, bad)
	if err != nil {
		return err
	}
	var bug error
	if k.selfCheck {
		bug = bugs(rep)
	}
	held := old
	if len(k.dest.list) > 0 {
		if rep.Groups, err = selectGroups(rep.Groups, k.dest.list); err != nil {
			return err
		}
		held = old.Only(rep.Groups)
	}
	said := k.manners.sayInput(k.world, &rep.Input, k.format.value == "text")
	code, say := inputVerdict(&rep.Input, k.minUnderstood.value)
	if code == exitFine && rep.Input.Attempts == 0 {
		code, say = exitNothing, "nothing to check: no delivery attempts in the input"
	}
	result := check.Evaluate(rep, check.Options{Guards: cfg.Rules.Guards, Thresholds: cfg.Rules.Thresholds, Causes: cfg.Rules.Causes,
		FailOn: k.failOn.value, Baseline: held, File: k.baseline.value})
	if err := k.write(&cfg, rep, result, args); err != nil {
		return err
	}
	if bug != nil {
		return bug
	}
	if k.update {
		return k.updateBaseline(&cfg, rep, old, said, code, say)
	}
	if code == exitFine && result.Failed > 0 {
		code = exitFindings
	}
	return said.failure(code, say)
}

// readBaseline reads the file of --baseline, which need not exist if it is to be
// written.
func (k *checkCommand) readBaseline() (*baseline.Baseline, error) {
	file := k.baseline.value
	if file == "" {
		return nil, nil
	}
	if isSnapshot(file) {
		if k.update {
			return nil, usagef("--baseline %s is a snapshot; name another file for --update-baseline", file)
		}
		return nil, nil // baselineOf makes one of it
	}
	data, err := readAtMost(file, maxBaseline)
	switch {
	case errors.Is(err, fs.ErrNotExist) && k.update:
		return nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, usagef("cannot read --baseline %s: there is no such file; write it with --update-baseline", file)
	case err != nil:
		return nil, usagef("cannot read --baseline: %w", err)
	}
	b, err := baseline.Parse(data)
	if err != nil {
		return nil, usagef("cannot read --baseline %s: %w", file, err)
	}
	return b, nil
}

// baselineOf is the baseline that --update-baseline would write of the logs that a
// snapshot was made of.
func (k *checkCommand) baselineOf(ctx context.Context, cfg scan.Config) (*baseline.Baseline, error) {
	cfg.Inputs = []source.Input{{Path: k.baseline.value}}
	cfg.Since, cfg.Until, cfg.Progress = time.Time{}, time.Time{}, nil
	cfg.Source.LeftOut = nil
	rep, err := k.run(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if len(rep.Input.Errors) > 0 {
		return nil, usagef("cannot take --baseline from %s: %s", k.baseline.value, report.ErrorText(rep.Input.Errors[0]))
	}
	return baseline.Of(rep, cfg.Rules.Thresholds.Int(rules.EnoughRefusals), nil), nil
}

// clashes refuses outputs that would overwrite an input or the baseline, and a
// baseline that is an input.
func (k *checkCommand) clashes(inputs []string) error {
	if path := k.output.clashes(inputs); path != "" {
		return usagef("--output: %s is an input; it would be overwritten", path)
	}
	if k.baseline.value == "" {
		return nil
	}
	same := func(f outputFile) bool { return filepath.Clean(f.path) == filepath.Clean(k.baseline.value) }
	if slices.ContainsFunc(k.output.list, same) || k.output.clashes([]string{k.baseline.value}) != "" {
		return usagef("--output: %s is the baseline; it would be overwritten", k.baseline.value)
	}
	if (&outputFlag{list: []outputFile{{path: k.baseline.value}}}).clashes(inputs) != "" {
		return usagef("--baseline: %s is an input", k.baseline.value)
	}
	return nil
}

// updateBaseline writes the baseline, unless the input was not read well: half an
// input would make later checks compare with half the numbers.
func (k *checkCommand) updateBaseline(cfg *scan.Config, rep *report.Report, old *baseline.Baseline, said told, code int, say string) error {
	if code != exitFine {
		if say != "" {
			say += "; "
		}
		return &failure{code, errors.New(say + "the baseline was not written")}
	}
	b := baseline.Of(rep, cfg.Rules.Thresholds.Int(rules.EnoughRefusals), old)
	data, err := b.Marshal()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(k.baseline.value), 0o777); err != nil {
		return usagef("cannot write --baseline: %w", err)
	}
	if err := writeFile(k.baseline.value, content(data)); err != nil {
		return usagef("cannot write --baseline %s: %w", k.baseline.value, err)
	}
	if !k.manners.quiet {
		k.say(k.color(k.manners.color.value, k.ErrTerminal), fmt.Sprintf("baseline written: %s, %s, rules %s", k.baseline.value, plural(int64(len(b.Destinations)), "destination"), b.Rules))
	}
	return said.failure(code, say)
}
