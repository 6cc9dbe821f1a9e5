package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"
)

// series is all that `lab all` does below one folder. What is there already from the
// same scenario, settings and policy is not done again, so that a series that was
// stopped goes on where it was.
type series struct {
	folder, diagnose string
	began            time.Time
	mu               sync.Mutex // of what follows
	say              io.Writer
	kept             int // runs that were there already
}

// tell is a line of progress.
func (a *series) tell(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, _ = fmt.Fprintf(a.say, "%s  %s\n", clock(time.Since(a.began)), fmt.Sprintf(format, args...)) // the results are files
}

// clock writes 83 s as 1:23.
func clock(d time.Duration) string {
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

// runAll runs every scenario, closes the loops and tries the wrong policies. What failed
// does not stop the rest. The tables go to DIR/table.md and, where it is named, between
// the marks of a document. The error says all that is not as it ought to be.
func runAll(ctx context.Context, folder, document string, say io.Writer) error {
	for _, mta := range []string{mtaPostfix, mtaExim} {
		if err := (&job{MTA: mta}).ready(); err != nil {
			return err
		}
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	a := &series{folder: folder, diagnose: filepath.Join(folder, "diagnose"), began: time.Now(), say: say}
	if err := buildDiagnose(ctx, a.diagnose); err != nil {
		return err
	}
	work, err := a.tasks(ctx)
	if err != nil {
		return err
	}
	failed := sideBySide(ctx, places(), work)
	took, err := a.took()
	failed = errors.Join(failed, err)
	f, err := find(ctx, folder)
	if err != nil {
		return errors.Join(failed, err)
	}
	f.made = made(ctx, took, a.kept > 0)
	err = os.WriteFile(filepath.Join(folder, "table.md"), []byte(f.String()), 0o644)
	if document != "" && ctx.Err() == nil {
		err = errors.Join(err, f.writeInto(document))
	}
	a.tell("%d runs, %d loops, %d wrong policies; the tables are in %s", len(f.runs), len(f.loops), len(f.mutants), filepath.Join(folder, "table.md"))
	return errors.Join(failed, err, f.wrong())
}

// took is how long the series took, with what was before it was stopped. A file keeps it.
func (a *series) took() (time.Duration, error) {
	file := filepath.Join(a.folder, "took.txt")
	all := time.Since(a.began)
	if text, err := os.ReadFile(file); err == nil && a.kept > 0 {
		before, err := time.ParseDuration(string(text))
		if err != nil {
			return 0, fmt.Errorf("cannot read %s: %w", file, err)
		}
		all += before
	}
	all = all.Round(time.Second)
	return all, os.WriteFile(file, []byte(all.String()), 0o644)
}

// busyMS is how long a program may wait for a processor: more is a third of a round trip,
// and the run shows how busy the machine was. Such a run is done again, once.
const busyMS = 5

// run does one run and tells of it.
func (a *series) run(ctx context.Context, j *job) error {
	name, err := filepath.Rel(a.folder, j.Out)
	if err != nil {
		return err
	}
	if j.done() {
		a.mu.Lock()
		a.kept++
		a.mu.Unlock()
		a.tell("%s: is there already", name)
		return nil
	}
	for range 2 {
		start := time.Now()
		try := *j // a run fills it in
		truth, err := try.run(ctx)
		if err != nil {
			a.tell("%s: failed after %.0f s", name, time.Since(start).Seconds())
			return fmt.Errorf("cannot run %s: %w", name, err)
		}
		a.tell("%s: %s (%.0f s)", name, sentence(&truth.Summary), time.Since(start).Seconds())
		if truth.Summary.LateMS < busyMS {
			return nil
		}
		a.tell("%s: the machine was busy, programs waited for a processor for %.0f ms", name, truth.Summary.LateMS)
	}
	return nil
}

// tasks are all runs, those that need one another in one task. Postfix runs each scenario
// twice: with whole seconds and short queue ids, and with microseconds, long queue ids
// and TLS at all receivers. Exim does so with its own log_selector, which has whole
// seconds, and TLS, where a run does not need much of the processor.
func (a *series) tasks(ctx context.Context) ([]task, error) {
	var list []task
	for _, name := range scenarioNames() {
		s, err := loadScenario(name)
		if err != nil {
			return nil, err
		}
		add := func(load int, long time.Duration, do func() error) {
			list = append(list, task{min(load, places()), long, do})
		}
		once := func(j *job) func() error { return func() error { return a.run(ctx, j) } }
		at := func(run string) string { return filepath.Join(a.folder, name, run) }
		eximLoad := 2 // a process for each message
		if s.Quiet {
			eximLoad = 1
			add(1, s.For, once(&job{Scenario: name, MTA: mtaExim, Out: at(mtaExim + "-plain-tls"), Plain: true, TLS: true}))
		}
		add(1, s.For, once(&job{Scenario: name, MTA: mtaPostfix, Out: at(mtaPostfix + "-micro-tls"), Micro: true, LongIDs: true, TLS: true}))
		if !slices.Contains(loopScenarios(), name) {
			add(1, s.For, once(&job{Scenario: name, MTA: mtaPostfix, Out: at(mtaPostfix)}))
			add(eximLoad, s.For, once(&job{Scenario: name, MTA: mtaExim, Out: at(mtaExim)}))
			continue
		}
		long := 3 * s.For
		if name == mutantScenario {
			long += time.Duration(1+len(mutants())) * s.For
		}
		add(1, long, func() error { return a.loop(ctx, name, mtaPostfix) })
		add(eximLoad, 3*s.For, func() error { return a.loop(ctx, name, mtaExim) })
	}
	slices.SortStableFunc(list, func(x, y task) int { return cmp.Compare(y.load*int(y.long), x.load*int(x.long)) })
	return list, nil
}

// late is when the policy of a run that burns already is applied.
const late = 20 * time.Second

// loop closes a loop. Where the scenario is the small one and the MTA Postfix, the wrong
// policies follow, and the right one in the middle of a run.
func (a *series) loop(ctx context.Context, name, mta string) error {
	c, err := closeLoop(ctx, a.run, a.diagnose, a.folder, name, mta)
	if err != nil {
		return fmt.Errorf("cannot close the loop of %s with %s: %w", name, mta, err)
	}
	a.tell("%s/%s: the loop %s", name, mta, c.verdict())
	if name != mutantScenario || mta != mtaPostfix {
		return nil
	}
	policy := filepath.Join(a.folder, name, mta) + policySuffix
	err = a.run(ctx, &job{Scenario: name, MTA: mta, Out: filepath.Join(a.folder, name, mta+"-policy-at-20s"), Policy: policy, At: late})
	for _, how := range mutants() {
		err = errors.Join(err, runMutant(ctx, a.run, a.folder, policy, how))
	}
	return err
}

// task is some work that takes places of the machine. long is about how long it takes.
type task struct {
	load int
	long time.Duration
	do   func() error
}

// places is how many runs with little need of the processor the machine has room for:
// Postfix and the receivers take a third of a core, Exim up to two thirds. With more of
// them MTAs would wait for the processor instead of the receivers.
func places() int { return 2 * runtime.NumCPU() }

// sideBySide does all work, as much at a time as there is room for, the first that fits
// first. What fails does not stop the rest; the end of ctx does.
func sideBySide(ctx context.Context, room int, work []task) error {
	type end struct {
		load int
		err  error
	}
	ended := make(chan end)
	var errs []error
	for running := 0; len(work) > 0 || running > 0; {
		i := slices.IndexFunc(work, func(t task) bool { return t.load <= room })
		if i < 0 || ctx.Err() != nil {
			if running == 0 {
				return errors.Join(append(errs, ctx.Err())...)
			}
			e := <-ended
			running--
			room += e.load
			errs = append(errs, e.err)
			continue
		}
		t := work[i]
		work = slices.Delete(work, i, i+1)
		room -= t.load
		running++
		go func() { ended <- end{t.load, t.do()} }()
	}
	return errors.Join(errs...)
}
