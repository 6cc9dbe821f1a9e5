package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestTruth holds the diagnosis of all runs of `make lab` against what the receivers
// counted: numbers, verdict, limit and peak, with both MTAs and all kinds of stamps.
func TestTruth(t *testing.T) {
	folder := os.Getenv("DIAGNOSE_LAB")
	if folder == "" {
		t.Skip("DIAGNOSE_LAB is not set: run `make lab`, and set it to the folder of its runs")
	}
	runs, err := filepath.Glob(filepath.Join(folder, "*", "*", truthFile))
	if err != nil || len(runs) == 0 {
		t.Fatalf("no runs in %s: %v", folder, err)
	}
	for _, run := range runs {
		run = filepath.Dir(run)
		t.Run(filepath.Base(filepath.Dir(run))+"/"+filepath.Base(run), func(t *testing.T) { told(t, run) })
	}
}
