package scan_test

import (
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

// little is so little detail that almost all of a log is summed up: about 700 attempts.
const little = 50_000

// What is summed up does not depend on files and workers either.
func TestAnySplitSummedUp(t *testing.T) {
	log := traffic(5)
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole.log")
	write(t, whole, log)
	rep := run(t, scan.Config{Jobs: 1, Detail: little / 4, Streams: declared()}, whole)
	if !summedUp(rep) {
		t.Fatalf("nothing was summed up: %v", rep.Input.Notes)
	}
	want := essence(t, rep)
	r := rand.New(rand.NewPCG(11, 99))
	for n := range 6 {
		paths := split(t, r, log, t.TempDir(), 1+r.IntN(9))
		if got := essence(t, run(t, scan.Config{Jobs: 1 + n%4, Detail: little / 4, Streams: declared()}, paths...)); got != want {
			t.Fatalf("split %d into %d files differs:\n%s", n, len(paths), firstDifference(want, got))
		}
	}
}

// summedUp says that the report says so.
func summedUp(rep *report.Report) bool {
	for _, n := range rep.Input.Notes {
		if strings.Contains(n, "lost their exact times") {
			return true
		}
	}
	return false
}

// Verdicts of real logs stay what they are when almost all of them is summed up, and so
// does all that is counted.
func TestSummedUpLabLogs(t *testing.T) {
	root := filepath.Join(parsertest.Corpora(t), "lab-logs")
	paths, err := filepath.Glob(filepath.Join(root, "*", "*.log.gz"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no logs in %s: %v", root, err)
	}
	bounded, worst := 0, 0.0
	for _, path := range paths {
		exact, got := run(t, scan.Config{}, path), run(t, scan.Config{Detail: little}, path)
		if summedUp(got) {
			bounded++
		}
		if len(exact.Groups) != len(got.Groups) {
			t.Fatalf("%s: %d groups, want %d", path, len(got.Groups), len(exact.Groups))
		}
		for i := range exact.Groups {
			e, g := &exact.Groups[i], &got.Groups[i]
			if e.Destination != g.Destination || e.Severity != g.Severity || e.Cause != g.Cause || e.Counts != g.Counts || e.State != g.State ||
				!reflect.DeepEqual(e.Refusals, g.Refusals) || !reflect.DeepEqual(fates(e), fates(g)) {
				t.Errorf("%s, %s: %s, %s, %s, want %s, %s, %s", path, e.Destination, g.Severity, g.Cause, g.State, e.Severity, e.Cause, e.State)
			}
			worst = max(worst, e.Confidence-g.Confidence, g.Confidence-e.Confidence)
		}
	}
	t.Logf("%d of %d logs were summed up; confidence moved by up to %.2f", bounded, len(paths), worst)
	if bounded < len(paths)/3 || worst > 0.15 {
		t.Errorf("%d of %d logs were summed up; confidence moved by up to %.2f", bounded, len(paths), worst)
	}
}

func fates(g *report.Group) report.Outcome {
	o := g.Outcome
	o.ByRetry, o.MedianS, o.P90S, o.SlowestS = nil, nil, nil, nil
	return o
}
