package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"diagnose": checkedMain})
}

// checkedMain is main with every report checked (pkg/selfcheck), asked for or not.
func checkedMain() {
	c := realChain()
	made := c.run
	c.run = func(ctx context.Context, cfg scan.Config) (*report.Report, error) {
		rep, err := made(ctx, cfg)
		if err == nil {
			err = bugs(rep)
		}
		return rep, err
	}
	ctx, stop := interruptible()
	code := run(ctx, os.Args[1:], system(), c)
	stop()
	os.Exit(code)
}

// The stories of testdata/script are the product's tests: what is typed, what is
// printed, which exit code.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(e *testscript.Env) error {
			// Nothing of the machine that runs the tests may change the result.
			for _, name := range []string{"NO_COLOR", "CLICOLOR_FORCE", "XDG_CONFIG_HOME", "DIAGNOSE_CONFIG", "DIAGNOSE_RULES", "TERM"} {
				e.Setenv(name, "")
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": exitsWith, "gzip": compress},
	})
}

// exitsWith is "code N PROGRAM ARG...": the program must exit with code N.
func exitsWith(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N PROGRAM ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// compress is "gzip FROM TO [BYTES]": with BYTES only so many of the result.
func compress(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: gzip FROM TO [BYTES]")
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	ts.Check(w.Close())
	data := b.Bytes()
	if len(args) > 2 {
		n, err := strconv.Atoi(args[2])
		ts.Check(err)
		data = data[:n]
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data, 0o666))
}
