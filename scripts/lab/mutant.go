package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// mutants are policies that are wrong in one way each; a loop that lets one pass proves
// nothing. They are Postfix's.
func mutants() []string { return []string{"cap-5", "rate-delay", "backoff-only", "no-transport"} }

// mutantScenario is where they run.
const mutantScenario = "ci-before"

// mutantFolder has the runs of wrong policies below the folder of the scenario.
const mutantFolder = "mutants"

// runMutant runs the scenario with the policy in a file made wrong.
func runMutant(ctx context.Context, run runner, folder, policy, how string) error {
	out := filepath.Join(folder, mutantScenario, mutantFolder, how)
	file := out + policySuffix
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	if err := mutate(policy, file, how); err != nil {
		return err
	}
	return run(ctx, &job{Scenario: mutantScenario, MTA: mtaPostfix, Out: out, Policy: file})
}

// mutate makes the policy in a file wrong.
func mutate(from, to, how string) error {
	s, err := readSheet(from)
	if err != nil {
		return err
	}
	changed := false
	for i := range s.Files {
		f := &s.Files[i]
		was := f.Text
		switch file := filepath.Base(f.Path); {
		case how == "cap-5" && file == "main.cf":
			f.Text = eachLine(was, func(l string) string {
				if key, _, ok := strings.Cut(l, " = "); ok && strings.Contains(key, "_destination_concurrency") {
					return key + " = 5"
				}
				return l
			})
		case how == "cap-5" && file == "master.cf":
			f.Text = eachLine(was, func(l string) string {
				if w := strings.Fields(l); len(w) == 8 && w[7] == "smtp" {
					w[6] = "5"
					return strings.Join(w, " ")
				}
				return l
			})
		case how == "rate-delay" && file == "main.cf":
			f.Text = was + "microsoft_destination_rate_delay = 1s\n"
		case how == "backoff-only", how == "no-transport" && strings.HasPrefix(file, "transport"):
			f.Text = ""
		}
		changed = changed || f.Text != was
	}
	switch how {
	case "backoff-only": // 15 minutes and 4 hours in the lab's time
		s.Apply = []string{"postconf -e 'minimal_backoff_time = 30s' 'maximal_backoff_time = 480s'", "postfix reload"}
	case "no-transport":
		s.Apply = []string{"postfix reload"}
	}
	if !changed {
		return fmt.Errorf("the policy has nothing in it that %s could make wrong", how)
	}
	return writeSheet(to, s)
}

func eachLine(text string, f func(string) string) string {
	list := strings.Split(text, "\n")
	for i := range list {
		list[i] = f(list[i])
	}
	return strings.Join(list, "\n")
}

// asPrinted is the policy that is right.
const asPrinted = "as-printed"

const mutantHead = "| policy | refused before | after | accepted | queue | loop |\n|---|---|---|---|---|---|\n"

// mutantCells are a row of the table of wrong policies.
func (c *closed) mutantCells(how string) []string {
	_, before, _ := c.at(c.before)
	accepted, after, _ := c.at(c.after)
	return []string{strings.ReplaceAll(how, "-", " "), fmt.Sprint(before), fmt.Sprint(after), fmt.Sprint(accepted), ended(c.after), c.verdict()}
}
