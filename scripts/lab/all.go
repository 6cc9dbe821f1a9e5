package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// sideBySide is how many runs share the machine: with more the MTAs would wait for the
// processor instead of the receivers.
const sideBySide = 2

// runAll runs every scenario with both MTAs, with Postfix once more with stamps in
// microseconds and long queue ids, then closes the loops. It writes DIR/table.md.
func runAll(ctx context.Context, folder string, say io.Writer) error {
	var mu sync.Mutex
	tell := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = fmt.Fprintf(say, format+"\n", args...) // progress; the results are files
	}
	var work []func() error
	for _, name := range scenarioNames() {
		for _, j := range []*job{
			{Scenario: name, MTA: mtaPostfix, Out: filepath.Join(folder, name, mtaPostfix)},
			{Scenario: name, MTA: mtaExim, Out: filepath.Join(folder, name, mtaExim)},
			{Scenario: name, MTA: mtaPostfix, Out: filepath.Join(folder, name, mtaPostfix+"-micro"), Micro: true, LongIDs: true},
		} {
			work = append(work, func() error {
				truth, err := j.run(ctx)
				if err != nil {
					return fmt.Errorf("cannot run %s: %w", j.Out, err)
				}
				tell("%s: %s", j.Out, sentence(&truth.Summary))
				return nil
			})
		}
	}
	if err := pool(work); err != nil {
		return err
	}
	if err := closeAll(ctx, folder, tell); err != nil {
		return err
	}
	text, err := tables(ctx, folder)
	return errors.Join(err, os.WriteFile(filepath.Join(folder, "table.md"), []byte(text), 0o644))
}

// closeAll closes the loops of all scenarios and both MTAs.
func closeAll(ctx context.Context, folder string, tell func(string, ...any)) error {
	diagnose := filepath.Join(folder, "diagnose")
	if err := buildDiagnose(ctx, diagnose); err != nil {
		return err
	}
	var work []func() error
	for _, mta := range []string{mtaPostfix, mtaExim} {
		for _, name := range loopScenarios() {
			work = append(work, func() error {
				c, err := closeLoop(ctx, diagnose, folder, name, mta)
				if err != nil {
					return fmt.Errorf("cannot close the loop of %s with %s: %w", name, mta, err)
				}
				tell("%s", strings.TrimSpace(c.String()))
				return nil
			})
		}
	}
	return pool(work)
}

// pool does work, some of it side by side.
func pool(work []func() error) error {
	todo := make(chan func() error)
	var all sync.WaitGroup
	errs := make([]error, sideBySide)
	for i := range sideBySide {
		all.Go(func() {
			for do := range todo {
				errs[i] = errors.Join(errs[i], do())
			}
		})
	}
	for _, do := range work {
		todo <- do
	}
	close(todo)
	all.Wait()
	return errors.Join(errs...)
}
