package parsertest

import (
	"os"
	"testing"
)

// Full says that nothing is left out for the sake of time, and that the machine has
// everything tests need: CI_FULL=1, which .ci/run sets.
func Full() bool { return os.Getenv("CI_FULL") != "" }

// Lacks ends a test that this machine cannot run: what is missing, and what to do about
// it ("no strace in PATH", "apt-get install strace"). With CI_FULL it fails instead.
func Lacks(t testing.TB, what, remedy string) {
	t.Helper()
	if Full() {
		t.Fatalf("%s: %s", what, remedy)
	}
	t.Skipf("%s: %s", what, remedy)
}

// Long leaves a test out of a run with -short, such as that of the race detector.
func Long(t testing.TB, why string) {
	t.Helper()
	if testing.Short() {
		t.Skip(why + "; run go test without -short (make test)")
	}
}
