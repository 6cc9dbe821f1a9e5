package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// TestMain lets the test stand for the program: run starts itself to write logs, to measure
// and for the floors.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "gen", "floor", "measure", "hold":
			if os.Args[1] == "hold" {
				hold()
				return
			}
			main()
			return
		}
	}
	os.Exit(m.Run())
}

var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "diagnose")
	build := exec.Command("go", "build", "-pgo=off", "-o", path, "github.com/seed-07ce53fa/diagnose/cmd/diagnose")
	build.Stderr = os.Stderr
	return path, build.Run()
})

// diagnose is the program, built once.
func diagnose(t *testing.T) string {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatalf("cannot build diagnose: %v", err)
	}
	return path
}
