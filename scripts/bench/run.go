package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// result is a row and what came out of it.
type result struct {
	row
	rounds [][]usageOf // per round, per command
	values []float64   // per round
}

func runCommand(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.SetOutput(stderr)
	dir := flags.String("data", "", "`folder` of the logs, which are written if they are not there; it takes eight times the size")
	out := flags.String("out", "docs/performance.md", "`file` of the table")
	size := flags.String("size", "1GiB", "`size` of the Postfix log")
	rounds := flags.Int("rounds", 5, "`number` of times that the commands of a row take turns")
	program := flags.String("diagnose", "", "measure this `program` (default: built from this tree)")
	peers := flags.String("peers", "", "`folder` of unpacked Debian packages with peers that are not installed, see scripts/bench/peers.sh")
	only := flags.String("only", "", "run only the rows with this `text` in them, and leave the file alone")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *dir == "" || *rounds < 1 || flags.NArg() > 0 {
		return errors.New("cannot measure: give the folder of the logs with --data, at least one round, and flags only")
	}
	bytes, err := parseSize(*size)
	if err != nil {
		return err
	}
	if bytes < 1<<20 {
		return fmt.Errorf("cannot measure with %s: the smallest log is 1MiB", *size)
	}
	t := tools{diagnose: *program, folder: *peers}
	if *dir, err = filepath.Abs(*dir); err != nil {
		return err
	}
	if err := os.MkdirAll(*dir, 0o755); err != nil {
		return err
	}
	if t.self, err = os.Executable(); err != nil {
		return err
	}
	if t.diagnose == "" {
		t.diagnose = filepath.Join(*dir, "diagnose")
		build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", t.diagnose, "./cmd/diagnose")
		build.Stderr = stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("cannot build diagnose: %w; run from the root of the repository", err)
		}
	}
	d, err := prepare(*dir, t.self, bytes)
	if err != nil {
		return err
	}
	same, err := t.sameReports(d, *dir)
	if err != nil {
		return err
	}
	var results []result
	for _, r := range t.rows(d) {
		if !strings.Contains(r.what+" / "+r.against, *only) {
			continue
		}
		res, err := measure(r, t.self, filepath.Join(*dir, "output"), *rounds)
		if err != nil {
			return err
		}
		results = append(results, res)
		if _, err := fmt.Fprintln(stderr, strings.Join(res.cells(), " | ")); err != nil {
			return err
		}
	}
	if *only != "" {
		_, err = fmt.Fprintln(stdout, verdict(results))
		return err
	}
	text := document(t, d, results, *size, *rounds, same)
	if err := os.WriteFile(*out, []byte(text), 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s: %s\n", *out, verdict(results))
	return err
}

// measure lets the commands of a row take turns, after a round that does not count. A busy
// moment of the machine then hits both, and the ratio of a round stays what it is.
func measure(r row, self, output string, rounds int) (result, error) {
	res := result{row: r}
	if r.missing != "" {
		return res, nil
	}
	for round := range rounds + 1 {
		used := make([]usageOf, len(r.commands))
		for i, c := range r.commands {
			var err error
			if used[i], err = c.run(self, output); err != nil {
				return res, err
			}
		}
		if round > 0 {
			res.rounds = append(res.rounds, used)
			res.values = append(res.values, r.value(used))
		}
	}
	return res, nil
}

// sameReports holds the reports of all ways to read the log against each other: speed
// counts for nothing if they differ. It returns what was compared.
func (t tools) sameReports(d *data, dir string) (string, error) {
	var first string
	ways := []command{
		t.own(1, d.plain), t.own(2, d.plain), t.own(4, d.plain),
		t.own(1, d.gz), t.own(2, d.gz), t.own(1, d.zst), t.own(2, d.one),
	}
	for i, c := range ways {
		name := filepath.Join(dir, "report.csv")
		c.argv = append(c.argv, "--format", "csv", "--all")
		if _, err := c.run(t.self, name); err != nil {
			return "", err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		if i == 0 {
			first = string(text)
		} else if string(text) != first {
			return "", fmt.Errorf("the report of %s is not that of %s: see %s", c.name, ways[0].name, name)
		}
	}
	return fmt.Sprintf("%d ways to read the log (plain, `.gz`, `.zst`, all in one `.gz`; 1, 2 and 4 workers) gave the same CSV report, byte for byte.", len(ways)), nil
}

// median is the middle value, or between the two in the middle.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}
