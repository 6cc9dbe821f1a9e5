package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// rulesLintCommand looks for mistakes in rule files.
type rulesLintCommand struct {
	world
	input   inputFlags // only its rules
	manners manners
}

func newRulesLintCommand(w world, runF func(*rulesLintCommand, context.Context, []string) error) *cobra.Command {
	l := &rulesLintCommand{world: w}
	if runF == nil {
		runF = (*rulesLintCommand).main
	}
	cmd := &cobra.Command{
		Use:   "lint [FLAGS] [FILE...]",
		Short: "find mistakes in rule files",
		Long: `Find every mistake in rule files and in the tests beside them: YAML that is wrong, names
that nobody knows, rules without a source or an example, examples that another rule takes.
FILE may be a folder; without one the built-in rules and those of --rules are looked at.
Each mistake is told with its place and its line; then the exit code is 2.`,
		Example: `diagnose rules lint rules/local.yaml
diagnose rules lint --rules ./rules`,
		Args: cobra.ArbitraryArgs,
		RunE: settled(w, &l.manners, func(ctx context.Context, args []string) error { return runF(l, ctx, args) }),
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	l.input.rulesFlag(fs)
	l.manners.add(fs)
	complete(cmd)
	return cmd
}

func (l *rulesLintCommand) main(_ context.Context, args []string) error {
	files, err := overlay(l.input.rules.value, args)
	if err != nil {
		return err
	}
	errs := rules.Lint(files...)
	what := plural(int64(len(files)), "file")
	if len(args) == 0 {
		errs = append(errs, lintBuiltin()...)
		if what = "the built-in rules"; len(files) > 0 {
			what += " and " + plural(int64(len(files)), "file")
		}
	}
	if len(errs) > 0 {
		return &failure{exitUsage, errors.Join(append(errs, fmt.Errorf("%s in %s", plural(int64(len(errs)), "mistake"), what))...)}
	}
	return l.put([]byte("no mistakes in " + what + "\n"))
}

// lintBuiltin runs the examples of the built-in rules and reads their tests.
func lintBuiltin() (errs []error) {
	set, err := rules.Builtin()
	if err != nil {
		return split(err)
	}
	errs = set.Test()
	for _, f := range rules.BuiltinTests() {
		_, wrong := rules.LoadTests(f, set)
		errs = append(errs, wrong...)
	}
	return errs
}
