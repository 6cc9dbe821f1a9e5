package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/seed-07ce53fa/diagnose/pkg/cause"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// rulesTestCommand runs the examples of rules and test files.
type rulesTestCommand struct {
	world
	input   inputFlags // only its rules
	manners manners
	junit   word
}

func newRulesTestCommand(w world, runF func(*rulesTestCommand, context.Context, []string) error) *cobra.Command {
	t := &rulesTestCommand{world: w}
	if runF == nil {
		runF = (*rulesTestCommand).main
	}
	cmd := &cobra.Command{
		Use:   "test [FLAGS] [FILE...]",
		Short: "run the examples and tests of the rules",
		Long: `Run tests of the rules: the examples of every rule, and the cases of test files
(*_test.yaml: replies with the class they must have, facts with the cause they must give).
FILE is a rule file, a test file or a folder of them; then only theirs are run. Without one
those of the built-in rules and of --rules are. The exit code is 1 if one fails.`,
		Example: `diagnose rules test                                 the built-in rules
diagnose rules test --rules ./rules                 and yours
diagnose rules test rules/*_test.yaml --junit r.xml`,
		Args: cobra.ArbitraryArgs,
		RunE: settled(w, &t.manners, func(ctx context.Context, args []string) error { return runF(t, ctx, args) }),
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	t.junit.kind = "FILE"
	add(fs, groupOutput, &t.junit, "junit", "", "write the results as JUnit XML, too", "none")
	t.input.rulesFlag(fs)
	t.manners.add(fs)
	complete(cmd)
	return cmd
}

func (t *rulesTestCommand) main(_ context.Context, args []string) error {
	set, results, errs, err := t.run(args)
	if err != nil {
		return err
	}
	if len(errs) > 0 {
		return &failure{exitUsage, errors.Join(errs...)}
	}
	if t.junit.value != "" {
		data, err := junit(results)
		if err != nil {
			return err
		}
		if err := writeFile(t.junit.value, content(data)); err != nil {
			return usagef("cannot write --junit %s: %w", t.junit.value, err)
		}
	}
	var b bytes.Buffer
	failed, checks := 0, 0
	for _, r := range results {
		checks += r.Checks
		if len(r.Errs) == 0 {
			continue
		}
		failed++
		for _, err := range r.Errs {
			fmt.Fprintf(&b, "FAIL  %s\n", report.Visible(failureText(err)))
		}
	}
	fmt.Fprintf(&b, "%s, %d failed (%s); rules %s\n", plural(int64(len(results)), "test"), failed, plural(int64(checks), "check"), set.Version)
	if err := t.put(b.Bytes()); err != nil {
		return err
	}
	if failed > 0 {
		return &failure{code: exitFindings}
	}
	return nil
}

// failureText is one mistake as "file:line:col: what", without the excerpt.
func failureText(err error) string {
	var at *rules.Error
	if !errors.As(err, &at) {
		return report.Visible(err.Error())
	}
	return report.Visible(fmt.Sprintf("%s:%d:%d: %s", at.File, at.Line, at.Column, at.Msg))
}

// run loads the rules and runs what the arguments ask for. errs are mistakes in
// the files, which leave nothing to run.
func (t *rulesTestCommand) run(args []string) (set *rules.Set, results []rules.Result, errs []error, err error) {
	all, err := overlay(t.input.rules.value, args)
	if err != nil {
		return nil, nil, nil, err
	}
	set, errs = rules.LoadFiles(all...)
	if len(errs) > 0 {
		return nil, nil, errs, nil
	}
	// What is to be run: the files that were named, else everything.
	run, of := all, (func(*rules.ReplyRule) bool)(nil)
	if len(args) > 0 {
		if run, err = ruleFiles(args); err != nil {
			return nil, nil, nil, err
		}
		of = func(r *rules.ReplyRule) bool {
			return r.User && slices.ContainsFunc(run, func(f rules.File) bool { return f.Name == r.At.File })
		}
	} else {
		run = append(rules.BuiltinTests(), all...)
	}
	results = set.TestExamples(of)
	for _, f := range run {
		if !rules.IsTestFile(f.Name) {
			continue
		}
		tests, wrong := rules.LoadTests(f, set)
		errs = append(errs, wrong...)
		if len(wrong) == 0 {
			results = append(results, tests.Run(set, decide)...)
		}
	}
	return set, results, errs, nil
}

// decide is what a report makes of facts.
func decide(table *rules.Causes, facts rules.Facts) (string, string, []rules.Verdict) {
	f := cause.Decide(table, facts)
	return f.Cause, f.Severity, f.Verdicts
}
