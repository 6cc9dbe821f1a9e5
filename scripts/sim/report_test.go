package sim

import (
	"bytes"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

func builtin(t *testing.T) *rules.Set {
	t.Helper()
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// reported reads a log that ends at a time, with so many bytes of detail; 0 is the default.
func reported(t *testing.T, set *rules.Set, log []byte, last time.Time, pool string, detail int64) *report.Report {
	t.Helper()
	rep, err := scan.Run(t.Context(), scan.Config{
		Inputs: []source.Input{{Path: source.Stdin}}, Source: source.Options{Stdin: bytes.NewReader(log)},
		Year: last.Year(), Now: last, Rules: set, Pool: pool, Detail: detail,
	})
	if err != nil {
		t.Fatal(err)
	}
	return rep
}
