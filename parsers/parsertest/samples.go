package parsertest

import (
	"os"
	"path/filepath"
	"testing"
)

// Corpora returns the folder of the real logs that tests read, or skips the test. They
// belong to other projects, so they are not in this repository: the variable
// DIAGNOSE_CORPORA names a folder with corpora/ (logs, INDEX.tsv), lab-logs/ (logs of MTAs
// and what their receivers counted) and data/ (labelled replies).
func Corpora(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("DIAGNOSE_CORPORA")
	if dir == "" {
		t.Skip("no real logs: set DIAGNOSE_CORPORA to the folder that holds corpora, lab-logs and data (CONTRIBUTING.md says what they are)")
	}
	return dir
}

// LabLogs returns the lab logs whose file name matches a pattern, such as
// "postfix.log.gz"; their folders are named after the scenarios. It skips the test where
// there are no real logs.
func LabLogs(t testing.TB, pattern string) []string {
	t.Helper()
	dir := Corpora(t)
	logs, err := filepath.Glob(filepath.Join(dir, "lab-logs", "*", pattern))
	if err != nil || len(logs) == 0 {
		t.Fatalf("no lab-logs/*/%s in %s: %v", pattern, dir, err)
	}
	return logs
}
