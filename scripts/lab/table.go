package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

const tableHead = "| scenario | run | accepted | refused | sessions | peak, log | true | limit, log | true | found | true cause | differs |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n"

// findings is what the runs below a folder show, each against the truth.
type findings struct {
	runs, loops, mutants []row
	made                 string // how and when
}

// row is one line of a table, and what is not as it ought to be.
type row struct {
	name  string
	cells []string
	wrong []string
}

// find judges all runs below folder, DIR/SCENARIO/NAME: the closed loops among them are
// those with a run after them.
func find(ctx context.Context, folder string) (*findings, error) {
	f := &findings{made: "by hand"}
	found, err := filepath.Glob(filepath.Join(folder, "*", "*", truthFile))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no %s below %s", truthFile, folder)
	}
	for _, file := range found {
		run := filepath.Dir(file)
		j, err := judge(ctx, run)
		if err != nil {
			return nil, fmt.Errorf("cannot judge %s: %w", run, err)
		}
		name := filepath.Base(run)
		f.runs = append(f.runs, row{filepath.Join(j.truth.Summary.Scenario, name), j.cells(name), j.wrong()})
		if first, ok := strings.CutSuffix(run, afterSuffix); ok {
			c, err := compare(ctx, first, run)
			if err != nil {
				return nil, fmt.Errorf("cannot compare %s with what was before: %w", run, err)
			}
			f.loops = append(f.loops, row{"the loop of " + filepath.Join(c.before.truth.Summary.Scenario, c.mta), c.cells(), c.failures()})
		}
	}
	return f, f.findMutants(ctx, filepath.Join(folder, mutantScenario))
}

// findMutants compares the wrong policies, and the right one, with the run before.
func (f *findings) findMutants(ctx context.Context, folder string) error {
	first := filepath.Join(folder, mtaPostfix)
	for _, how := range append([]string{asPrinted}, mutants()...) {
		run := filepath.Join(folder, mutantFolder, how)
		if how == asPrinted {
			run = first + afterSuffix
		}
		if _, err := os.Stat(filepath.Join(run, truthFile)); err != nil {
			continue
		}
		c, err := compare(ctx, first, run)
		if err != nil {
			return fmt.Errorf("cannot compare %s with what was before: %w", run, err)
		}
		r := row{name: "the wrong policy " + how, cells: c.mutantCells(how)}
		if how != asPrinted && len(c.failures()) == 0 {
			r.wrong = []string{"it passes for a remedy"}
		}
		f.mutants = append(f.mutants, r)
	}
	return nil
}

// wrong is all that is not as it ought to be, nil if there is nothing.
func (f *findings) wrong() error {
	var all error
	for _, r := range slices.Concat(f.runs, f.loops, f.mutants) {
		if len(r.wrong) > 0 {
			all = errors.Join(all, fmt.Errorf("%s: %s", r.name, strings.Join(r.wrong, "; ")))
		}
	}
	return all
}

func write(head string, rows []row) string {
	var b strings.Builder
	b.WriteString(head)
	for _, r := range rows {
		b.WriteString("| " + strings.Join(r.cells, " | ") + " |\n")
	}
	return b.String()
}

// parts are the tables by the name that their place in a document has.
func (f *findings) parts() map[string]string {
	return map[string]string{
		"made":    f.made + "\n",
		"runs":    write(tableHead, f.runs),
		"loops":   write(loopHead, f.loops),
		"mutants": write(mutantHead, f.mutants),
	}
}

// String is all tables.
func (f *findings) String() string {
	p := f.parts()
	return strings.Join([]string{p["made"], p["runs"], p["loops"], p["mutants"]}, "\n")
}

// writeInto puts the tables into a Markdown file: between "<!-- NAME: ... -->" and
// "<!-- end of NAME -->".
func (f *findings) writeInto(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for name, part := range f.parts() {
		place := regexp.MustCompile(`(?s)(<!-- ` + name + `: [^\n]*-->\n).*?(<!-- end of ` + name + ` -->)`)
		if len(place.FindAll(text, 2)) != 1 {
			return fmt.Errorf("cannot write the tables into %s: it has not one place for %s", file, name)
		}
		text = place.ReplaceAll(text, []byte("${1}\n"+strings.ReplaceAll(part, "$", "$$")+"\n${2}"))
	}
	return os.WriteFile(file, text, 0o644)
}

// made says when, with what and on what the runs were made.
func made(ctx context.Context, took time.Duration, again bool) string {
	first := func(program string, args ...string) string {
		out, err := exec.CommandContext(ctx, program, args...).Output()
		line, _, _ := strings.Cut(string(out), "\n")
		if err != nil {
			return filepath.Base(program) + " of unknown version"
		}
		return strings.TrimSpace(line)
	}
	exim := &job{MTA: mtaExim}
	_ = exim.ready() // it was
	system := "Linux"
	if text, err := os.ReadFile("/etc/os-release"); err == nil {
		if found := regexp.MustCompile(`(?m)^PRETTY_NAME="?([^"\n]+)`).FindSubmatch(text); found != nil {
			system = string(found[1])
		}
	}
	version, _, _ := strings.Cut(first(exim.Exim, "-C", os.DevNull, "-bV"), " #")
	how := ""
	if again {
		how = ", started more than once"
	}
	return fmt.Sprintf("Made by `make lab` on %s in %.0f minutes%s: Postfix %s, %s, %s, %d cores.", time.Now().UTC().Format(time.DateOnly), took.Minutes(), how,
		first("postconf", "-dh", "mail_version"), version, system, runtime.NumCPU())
}

// cells are a row of the table.
func (j *judgement) cells(run string) []string {
	t := &j.truth.Summary
	g := j.group
	if g == nil {
		g = &report.Group{Cause: "-", Severity: "-"}
	}
	p, l := &g.PeakSessions, &g.Limit
	cause, limit := j.scenario.Cause, "-"
	if cause == "" {
		cause = "-"
	}
	if t.Policy && j.refusedThere() == 0 {
		cause = "none"
	}
	if c := j.cap(); c > 0 {
		limit = strconv.FormatInt(c, 10)
	}
	highest, sum := j.peaks()
	peak := strconv.FormatInt(highest, 10)
	if sum > highest {
		peak += "-" + strconv.FormatInt(sum, 10)
	}
	notes := j.wrong()
	if t.LateMS >= busyMS {
		notes = append(notes, fmt.Sprintf("(the machine was busy: %.0f ms)", t.LateMS))
	}
	says := g.Cause + ", " + g.Severity
	if g.Confidence > 0 {
		says += fmt.Sprintf(" (%.2f)", g.Confidence)
	}
	return []string{
		t.Scenario, run, both(j.delivered(), int64(t.Accepted)), both(j.refused(), trueRefusals(t)), both(int64(j.sessions()), int64(t.Connections)),
		span(p.Estimate, p.Low, p.High), peak, strings.TrimSpace(l.Type + " " + span(l.Sessions, l.Low, l.High)), limit, says, cause, strings.Join(notes, "; "),
	}
}

// both is one number if log and truth agree.
func both(log, truth int64) string {
	if log == truth {
		return strconv.FormatInt(log, 10)
	}
	return fmt.Sprintf("%d / %d", log, truth)
}

// span is an estimate with its bounds, empty without any.
func span(n, low, high *int64) string {
	if n == nil && low == nil && high == nil {
		return ""
	}
	return fmt.Sprintf("%s (%s-%s)", number(n), number(low), number(high))
}
