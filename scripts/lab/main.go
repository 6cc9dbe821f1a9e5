// Command lab lets a real Postfix or Exim send mail to receivers that refuse by rule, and
// writes down the log and what the receivers counted:
//
//	go run ./scripts/lab list
//	go run ./scripts/lab run burst-mail --mta postfix --out DIR
//
// It needs root: everything runs in namespaces of its own, with a loopback device and no
// way out, and is gone when it ends. docs/lab.md tells how it works and what it showed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(2)
	}
}

const usage = `usage: lab list
       lab run SCENARIO [FLAGS]   one run; -help lists the flags
       lab loop SCENARIO [FLAGS]  a run, the policy for its log, and a run with that policy
       lab all DIR [DOCUMENT]     all of that, with both MTAs; the tables go into the document
       lab table DIR              of the runs in DIR/SCENARIO/NAME: what the log says and what was true`

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return errors.New(usage)
	}
	switch verb := args[0]; {
	case verb == "list" && len(args) == 1:
		return list(stdout)
	case verb == "run" && len(args) > 1:
		j, err := readFlags(args[1], args[2:], stderr)
		if err != nil {
			return err
		}
		truth, err := j.run(ctx)
		if err != nil {
			return fmt.Errorf("cannot run %s with %s: %w", j.Scenario, j.MTA, err)
		}
		_, err = fmt.Fprintln(stdout, j.Out+": "+sentence(&truth.Summary))
		return err
	case verb == "table" && len(args) == 2:
		f, err := find(ctx, args[1])
		if err != nil {
			return err
		}
		_, err = io.WriteString(stdout, f.String())
		return errors.Join(err, f.wrong())
	case verb == "loop" && len(args) > 1:
		return loopCommand(ctx, args[1], args[2:], stdout, stderr)
	case verb == "all" && (len(args) == 2 || len(args) == 3):
		return runAll(ctx, args[1], strings.Join(args[2:], ""), stdout)
	// How the lab calls itself in the namespaces; see outside.go.
	case verb == verbInit && len(args) == 2:
		return initNamespace(args[1])
	case verb == verbInside && len(args) == 2:
		return inside(ctx, args[1])
	}
	return fmt.Errorf("cannot understand %q\n%s", strings.Join(args, " "), usage)
}

// loopCommand closes the loop of one scenario below a folder.
func loopCommand(ctx context.Context, name string, args []string, stdout, stderr io.Writer) error {
	j, err := readFlags(name, args, stderr)
	if err != nil {
		return err
	}
	if err := j.ready(); err != nil {
		return err
	}
	if err := os.MkdirAll(j.Out, 0o755); err != nil {
		return err
	}
	program := filepath.Join(j.Out, "diagnose")
	if err := buildDiagnose(ctx, program); err != nil {
		return err
	}
	c, err := closeLoop(ctx, unlessDone, program, j.Out, name, j.MTA)
	if err != nil {
		return fmt.Errorf("cannot close the loop of %s with %s: %w", name, j.MTA, err)
	}
	_, err = io.WriteString(stdout, loopHead+c.String())
	return err
}

func list(w io.Writer) error {
	for _, name := range scenarioNames() {
		s, err := loadScenario(name)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%-15s %-15s %s\n", name, s.Cause, s.About); err != nil {
			return err
		}
	}
	return nil
}

func readFlags(scenario string, args []string, stderr io.Writer) (*job, error) {
	j := &job{Scenario: scenario}
	flags := flag.NewFlagSet("lab run SCENARIO", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&j.MTA, "mta", mtaPostfix, "postfix or exim")
	flags.StringVar(&j.Out, "out", ".", "write into this `folder`, made if it is not there")
	flags.BoolVar(&j.Micro, "micro", false, "Postfix: RFC 3339 stamps with microseconds from a syslog daemon, instead of its own log file with whole seconds")
	flags.BoolVar(&j.LongIDs, "long-ids", false, "Postfix: long queue ids")
	flags.BoolVar(&j.Plain, "plain", false, "Exim: its own log_selector, with whole seconds and little else")
	flags.BoolVar(&j.TLS, "tls", false, "all receivers offer STARTTLS, and it is used")
	flags.StringVar(&j.Policy, "policy", "", "apply this `file` first: the output of diagnose policy -f json")
	flags.DurationVar(&j.At, "at", 0, "apply the policy after this time instead of before the first message")
	flags.DurationVar(&j.For, "for", 0, "end after this time at the latest instead of the scenario's own")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("cannot use argument %q: after the scenario come flags, see -help", flags.Arg(0))
	}
	var err error
	if j.Out, err = filepath.Abs(j.Out); err != nil {
		return nil, err
	}
	if j.Policy != "" {
		if j.Policy, err = filepath.Abs(j.Policy); err != nil {
			return nil, err
		}
	}
	return j, nil
}
