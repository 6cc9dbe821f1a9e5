package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

// A report whose numbers contradict each other is shown and then called a bug, with a
// code of its own; without the flag nobody looks.
func TestSelfCheck(t *testing.T) {
	f := func(code int, args ...string) *trial {
		t.Helper()
		tr := newTrial(t)
		tr.chain.run = func(context.Context, scan.Config) (*report.Report, error) {
			return &report.Report{Schema: report.Schema, Input: report.Input{
				Files: []report.File{{Path: "mail.log", Format: "postfix", Lines: 10, Understood: 10}}, Lines: 11, Understood: 10, Attempts: 1,
			}}, nil
		}
		if got := tr.run(args...); got != code {
			t.Errorf("%v: exit code %d, want %d: %s", args, got, code, tr.err.String())
		}
		return tr
	}
	log := filepath.Join("testdata", "script", "report.txtar") // any file: it is not read
	f(exitFine, log)
	for _, verb := range []string{"", "check"} {
		tr := f(exitBug, strings.Fields(verb+" --self-check "+log)...)
		for _, said := range []string{"this is a bug in diagnose: lines of all files: 10 is not 11", "attempts of all destinations: 0 is not 1", "do not rely on this report"} {
			if !strings.Contains(tr.err.String(), said) {
				t.Errorf("%q does not say %q", tr.err.String(), said)
			}
		}
		if tr.out.Len() == 0 {
			t.Error("the report is not shown")
		}
	}
}
