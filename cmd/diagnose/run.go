package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// Exit codes; "diagnose help exit-codes" explains them.
const (
	exitFine        = 0
	exitFindings    = 1
	exitUsage       = 2
	exitInput       = 3
	exitNothing     = 4
	exitBug         = 70 // EX_SOFTWARE of sysexits.h
	exitInterrupted = 130
	exitTerminated  = 143
	exitClosedPipe  = 141
)

// failure is an error with its exit code. Without an error it only sets the code:
// what there is to say was said.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string {
	if f.err == nil {
		return ""
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// run runs the command line and returns the exit code: the only place that turns
// errors into codes.
func run(ctx context.Context, args []string, w world, c chain) int {
	if args == nil {
		args = []string{}
	}
	var helpErr error // cobra has no way to return it
	root := newRoot(w, c, args, &helpErr)
	root.SetArgs(args)
	root.SetIn(w.In)
	root.SetOut(w.Out)
	root.SetErr(w.ErrOut)
	ended := make(chan error, 1)
	go func() { ended <- root.ExecuteContext(ctx) }()
	gone, err := wait(ctx, ended)
	if gone {
		return interrupted(ctx, w) // the command may still write helpErr
	}
	if err == nil {
		err = helpErr
	}

	var f *failure
	switch {
	case err == nil:
		return exitFine
	case errors.Is(err, errClosedPipe):
		return exitClosedPipe
	case ctx.Err() != nil:
		return interrupted(ctx, w)
	case !errors.As(err, &f):
		f = &failure{exitUsage, err}
	}
	if f.err != nil {
		color := w.color("auto", w.ErrTerminal)
		for _, e := range split(f.err) {
			w.say(color, e.Error())
		}
	}
	return f.code
}

// grace is how long a command may take to end after an interrupt. What reads a named
// pipe that nobody writes to, or a disk that is gone, never ends by itself.
const grace = time.Second

// wait waits for the end of a command; gone says that it was left behind.
func wait(ctx context.Context, ended <-chan error) (gone bool, err error) {
	select {
	case err = <-ended:
		return false, err
	case <-ctx.Done():
	}
	select {
	case err = <-ended:
		return false, err
	case <-time.After(grace):
		return true, nil
	}
}

// interrupted says that a signal ended the run, and returns its exit code.
func interrupted(ctx context.Context, w world) int {
	code, why := exitInterrupted, "interrupted"
	var s signalled
	if errors.As(context.Cause(ctx), &s) && s.signal == os.Signal(syscall.SIGTERM) {
		code, why = exitTerminated, "terminated"
	}
	w.say(w.color("auto", w.ErrTerminal), why+" before the end: the output is not complete; each file is whole, or as it was")
	return code
}

// split takes joined errors apart.
func split(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, split(e)...)
		}
		return all
	}
	return []error{err}
}

// newRoot is "diagnose" with all its commands. The report has no verb of its own.
func newRoot(w world, c chain, args []string, helpErr *error) *cobra.Command {
	root := newReportCommand(w, c, nil)
	root.AddCommand(newCheckCommand(w, c, nil), newParseCommand(w, c, nil), newClassifyCommand(w, nil), newExplainCommand(w, c, nil), newFormatsCommand(w, c, nil), newPolicyCommand(w, c, nil),
		newRulesCommand(w), newSnapshotCommand(w, c, nil), newTicketCommand(w, c, nil), newVersionCommand(w), newWatchCommand(w, c, nil))
	root.SetHelpCommand(newHelpCommand(w, c))
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { *helpErr = showHelp(w, cmd, wantsShort(args)) })
	root.SetFlagErrorFunc(flagError)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.Version = version()
	root.SetVersionTemplate(root.Name() + " {{.Version}}\n")
	addVersion(root.Flags())
	root.CompletionOptions.HiddenDefaultCmd = false
	return root
}

// flagError says what is wrong with a flag in our words.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			return usagef("unknown flag -%s; see %s --help", name, cmd.CommandPath())
		}
		hint := strings.Replace(meant(name, flagNames(cmd)), "mean ", "mean --", 1)
		if hint == "" {
			hint = "; see " + cmd.CommandPath() + " --help"
		}
		return usagef("unknown flag --%s%s", name, hint)
	case errors.As(err, &missing):
		f := missing.GetFlag()
		want := f.Value.Type()
		if c, ok := f.Value.(*choice); ok {
			want = orList(c.allowed)
		}
		return usagef("flag --%s needs a value: %s", f.Name, want)
	case errors.As(err, &invalid):
		return usagef("--%s: %w", invalid.GetFlag().Name, reason(invalid.Unwrap(), invalid.GetValue()))
	}
	return &failure{exitUsage, err}
}

func flagNames(cmd *cobra.Command) []string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// orElse is the first text that is not empty.
func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// meant is "; did you mean X?" for the candidate nearest to a mistyped word.
func meant(word string, candidates []string) string {
	return strings.ReplaceAll(rules.DidYouMean(word, candidates), `"`, "")
}
