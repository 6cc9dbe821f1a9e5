package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/seed-07ce53fa/diagnose/rules"
)

func readDoc(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// acceptsCheck says that a command line of check is one: its flags are all known.
func acceptsCheck(t *testing.T, args []string) {
	t.Helper()
	tr := newTrial(t)
	ran := false
	cmd := newCheckCommand(tr.world, tr.chain, func(_ *checkCommand, _ context.Context, paths []string) error {
		ran = len(paths) > 0 && !slices.Contains(paths, "-")
		return nil
	})
	cmd.SetArgs(args)
	if err := cmd.Execute(); err != nil || !ran {
		t.Errorf("diagnose check %q: %v", args, err)
	}
}

// The examples of docs/ci.md are command lines that work, in YAML and shell that can be
// read, and every guard is explained under the address that SARIF gives for it.
func TestCIDocs(t *testing.T) {
	doc := readDoc(t, "docs/ci.md")
	commands := regexp.MustCompile(`(?m)\bdiagnose check ([^\n'`+"`"+`)]*)`).FindAllStringSubmatch(doc, -1)
	if len(commands) < 7 {
		t.Fatalf("%d examples", len(commands))
	}
	for _, m := range commands {
		line, _, _ := strings.Cut(m[1], " 2>")
		acceptsCheck(t, strings.Fields(line))
	}
	blocks := regexp.MustCompile("(?s)```(yaml|sh)\n(.*?)```").FindAllStringSubmatch(doc, -1)
	if len(blocks) < 4 {
		t.Errorf("%d blocks of YAML and shell", len(blocks))
	}
	for _, b := range blocks {
		if b[1] == "yaml" {
			var v map[string]any
			if err := yaml.Unmarshal([]byte(b[2]), &v); err != nil {
				t.Errorf("%v in\n%s", err, b[2])
			}
			continue
		}
		sh := exec.Command("sh", "-n")
		sh.Stdin = strings.NewReader(b[2])
		if out, err := sh.CombinedOutput(); err != nil {
			t.Errorf("%v: %s in\n%s", err, out, b[2])
		}
	}
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range set.Guards {
		if !strings.Contains(doc, "\n### "+g.ID+"\n") {
			t.Errorf("docs/ci.md does not explain %s", g.ID)
		}
		for _, id := range []string{g.Limit, "check.worse"} {
			if id != "" && !strings.Contains(doc, "`"+id+"`") {
				t.Errorf("docs/ci.md does not name %s of %s", id, g.ID)
			}
		}
	}
	if !strings.Contains(doc, "\n### Findings\n") {
		t.Error("docs/ci.md does not explain findings")
	}
}

// The action hands its inputs on as they are: what looks like shell stays text.
func TestAction(t *testing.T) {
	var action struct {
		Inputs map[string]struct{ Default string }
		Runs   struct {
			Using string
			Steps []struct {
				ID, Shell, Run, Uses string
				Env                  map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(readDoc(t, "action.yml")), &action); err != nil {
		t.Fatal(err)
	}
	steps := action.Runs.Steps
	last := steps[len(steps)-1]
	if action.Runs.Using != "composite" || last.Shell != "bash" || strings.Contains(last.Run, "${{") {
		t.Fatalf("%+v", action.Runs)
	}
	dir := t.TempDir()
	stub := "#!/bin/sh\n" + // "go build ... -o FILE": a program that prints its arguments and fails
		`while [ "$1" != -o ]; do shift; done; printf '#!/bin/sh\nprintf "%%s\\n" "$@" >"$RUNNER_TEMP/args"; exit 1\n' >"$2"; chmod +x "$2"` + "\n"
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(stub), 0o755); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{"paths": "a b.log\n$(touch pwned)\n\n`touch pwned`;--help", "baseline": "base line.json", "fail-on": "normal", "args": "--tz=UTC\n--set=window=\"$HOME\"", "output": "out put"}
	run := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", last.Run)
	run.Dir = dir
	run.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "RUNNER_TEMP=" + dir, "GITHUB_OUTPUT=" + filepath.Join(dir, "output")}
	for name, expression := range last.Env {
		input := strings.TrimSuffix(strings.TrimPrefix(expression, "${{ inputs."), " }}")
		if _, ok := action.Inputs[input]; !ok && name != "ACTION" {
			t.Errorf("%s is %s, which is no input", name, expression)
		}
		run.Env = append(run.Env, name+"="+values[input])
	}
	if out, err := run.CombinedOutput(); run.ProcessState == nil || run.ProcessState.ExitCode() != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	data, err := os.ReadFile(filepath.Join(dir, "args"))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	want := []string{"check", "--format", "github", "--fail-on=normal", "-o", "sarif=out put/diagnose.sarif", "-o", "junit=out put/diagnose.xml", "-o", "json=out put/diagnose.json",
		"--baseline=base line.json", "--tz=UTC", `--set=window="$HOME"`, "--", "a b.log", "$(touch pwned)", "`touch pwned`;--help"}
	if !slices.Equal(got, want) {
		t.Errorf("arguments %q, want %q", got, want)
	}
	acceptsCheck(t, got[1:])
	if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
		t.Error("an input was run as shell")
	}
	if out, _ := os.ReadFile(filepath.Join(dir, "output")); string(out) != "exit-code=1\n" {
		t.Errorf("output %q", out)
	}
}

// Without arguments on a terminal, check shows its help instead of hanging.
func TestCheckWithoutArguments(t *testing.T) {
	tr := newTrial(t)
	tr.InTerminal = true
	tr.In = failingReader{t}
	code := tr.run("check")
	if out := tr.out.String(); code != exitFine || !strings.Contains(out, "usage: diagnose check") || !strings.Contains(out, "--update-baseline") || strings.Count(out, "\n") > 24 {
		t.Errorf("exit code %d: %s%s", code, out, tr.err.String())
	}
}
