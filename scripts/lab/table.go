package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

const tableHead = "| scenario | run | accepted | refused | sessions | peak, log | true | limit, log | true | found | true cause | differs |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n"

// tables are those of the runs and of the loops below folder.
func tables(ctx context.Context, folder string) (string, error) {
	runs, err := table(ctx, folder)
	loops, e := loopTable(ctx, folder)
	return runs + "\n" + loops, errors.Join(err, e)
}

// loopTable is a Markdown table of the loops that were closed: DIR/SCENARIO/MTA and the
// run after it.
func loopTable(ctx context.Context, folder string) (string, error) {
	found, err := filepath.Glob(filepath.Join(folder, "*", "*"+afterSuffix))
	text := loopHead
	for _, second := range found {
		c, e := compare(ctx, strings.TrimSuffix(second, afterSuffix), second)
		if e != nil {
			err = errors.Join(err, fmt.Errorf("cannot compare %s with what was before: %w", second, e))
			continue
		}
		text += c.String()
	}
	return text, err
}

// table is a Markdown table of the runs below folder, DIR/SCENARIO/NAME. Where a number of
// the log is not the receivers', both are there: log / truth.
func table(ctx context.Context, folder string) (string, error) {
	found, err := filepath.Glob(filepath.Join(folder, "*", "*", truthFile))
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", fmt.Errorf("no %s below %s", truthFile, folder)
	}
	b := &strings.Builder{}
	b.WriteString(tableHead)
	var all error
	for _, f := range found {
		run := filepath.Dir(f)
		j, err := judge(ctx, run)
		if err != nil {
			all = errors.Join(all, fmt.Errorf("cannot judge %s: %w", run, err))
			continue
		}
		b.WriteString("| " + strings.Join(j.cells(filepath.Base(run)), " | ") + " |\n")
	}
	return b.String(), all
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
	says := g.Cause + ", " + g.Severity
	if g.Confidence > 0 {
		says += fmt.Sprintf(" (%.2f)", g.Confidence)
	}
	return []string{
		t.Scenario, run, both(j.delivered(), int64(t.Accepted)), both(j.refused(), trueRefusals(t)), both(int64(j.sessions()), int64(t.Connections)),
		span(p.Estimate, p.Low, p.High), peak, strings.TrimSpace(l.Type + " " + span(l.Sessions, l.Low, l.High)), limit, says, cause, strings.Join(j.wrong(), "; "),
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
