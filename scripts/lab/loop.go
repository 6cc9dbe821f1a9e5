package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/scripts/lab/sink"
)

// closed is the closed loop of one scenario: the same mail before and after the policy
// that the program writes for the log of before.
type closed struct {
	scenario      *scenario
	mta           string
	before, after *judgement
	// cures says that a cap is the remedy. Where trust or a listing is the cause it is
	// not, and the loop has to show that.
	cures bool
}

// curable says that a cap of sessions is the remedy.
func (s *scenario) curable() bool { return s.Cause != "trust" && s.Cause != "listing" }

// loopScenarios are those that close the loop.
func loopScenarios() []string {
	return []string{"ci-before", "burst-mail", "burst-banner", "queue-pressure", "mixed", "trust", "listing"}
}

// Names of folders: DIR/SCENARIO/MTA, and beside it what is applied and what comes then.
const (
	afterSuffix  = "-after"
	policySuffix = "-policy.json"
)

// runner does a run, or knows that it is there already.
type runner func(context.Context, *job) error

// unlessDone does a run that is not there already.
func unlessDone(ctx context.Context, j *job) error {
	if j.done() {
		return nil
	}
	_, err := j.run(ctx)
	return err
}

// before is the run to improve on.
func before(ctx context.Context, run runner, folder, name, mta string) (string, error) {
	j := &job{Scenario: name, MTA: mta, Out: filepath.Join(folder, name, mta)}
	return j.Out, run(ctx, j)
}

// after runs the scenario again with a policy. It has twice the time: for the queue to
// drain, or for a log that is long enough to tell trust with fewer attempts in it.
func after(ctx context.Context, run runner, folder, name, mta, policy string) (string, error) {
	s, err := loadScenario(name)
	if err != nil {
		return "", err
	}
	j := &job{Scenario: name, MTA: mta, Out: filepath.Join(folder, name, mta+afterSuffix), Policy: policy, For: 2 * s.For}
	return j.Out, run(ctx, j)
}

// closeLoop runs a scenario, asks diagnose for the policy, and runs it again with the
// policy applied.
func closeLoop(ctx context.Context, run runner, diagnose, folder, name, mta string) (*closed, error) {
	first, err := before(ctx, run, folder, name, mta)
	if err != nil {
		return nil, err
	}
	policy := first + policySuffix
	if err := writePolicy(ctx, diagnose, mta, first, policy); err != nil {
		return nil, err
	}
	second, err := after(ctx, run, folder, name, mta, policy)
	if err != nil {
		return nil, err
	}
	return compare(ctx, first, second)
}

// compare judges both runs of a loop.
func compare(ctx context.Context, first, second string) (*closed, error) {
	c := new(closed)
	var err error
	if c.before, err = judge(ctx, first); err != nil {
		return nil, err
	}
	if c.after, err = judge(ctx, second); err != nil {
		return nil, err
	}
	c.scenario, c.mta = c.before.scenario, c.before.truth.Summary.MTA
	c.cures = c.scenario.curable()
	return c, nil
}

// buildDiagnose builds the program from the module that the lab is in.
func buildDiagnose(ctx context.Context, to string) error {
	out, err := exec.CommandContext(ctx, "go", "build", "-pgo=off", "-o", to, "github.com/seed-07ce53fa/diagnose/cmd/diagnose").CombinedOutput()
	if err != nil {
		return fmt.Errorf("cannot build diagnose: %w\n%s", err, out)
	}
	return nil
}

// writePolicy writes what diagnose advises for the log of a run.
func writePolicy(ctx context.Context, diagnose, mta, run, to string) error {
	cmd := exec.CommandContext(ctx, diagnose, "policy", "--mta", mta, "-f", "json", logFile(run, mta))
	var errs strings.Builder
	cmd.Stderr = &errs
	text, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("cannot get a policy for %s: %w\n%s", run, err, errs.String())
	}
	if len(text) == 0 {
		return fmt.Errorf("diagnose has no policy for %s: %s", run, errs.String())
	}
	return os.WriteFile(to, text, 0o644)
}

// same says whether a receiver belongs to the destination that the policy is for: a cap
// counts all domains and hosts of a platform together.
func (c *closed) same(s *sink.Count) bool {
	return c.target(s) || c.before.group != nil && slices.Contains(c.before.group.MX, s.Sink)
}

// target is the receiver that limits.
func (c *closed) target(s *sink.Count) bool {
	setting, err := c.scenario.setting()
	if err != nil {
		return false // it was loaded before
	}
	for _, keys := range setting.Domains[c.scenario.Plan[0].To] {
		if slices.ContainsFunc(keys, func(key string) bool { return setting.Hosts[key].Name == s.Sink }) {
			return true
		}
	}
	return false
}

// at sums up the receiver that limits.
func (c *closed) at(j *judgement) (accepted, refused, peak int) {
	for i := range j.truth.Sinks {
		if s := &j.truth.Sinks[i]; c.target(s) {
			accepted, peak = accepted+s.Accepted, max(peak, s.PeakOpen)
			for _, n := range s.Refusals {
				refused += n
			}
		}
	}
	return accepted, refused, peak
}

// What counts as a success. Times differ by 15 % from run to run. Of Exim half the pace is
// asked for where its scenario does not say otherwise: it starts a process for each message,
// and one over its cap waits for the next queue run. docs/lab.md tells by how much it is slower.
const (
	fall     = 0.01
	noSlower = 0.85
	eximPace = 0.5
	stays    = 0.85
	lateS    = 5
)

// least is which part of the pace of before is asked for.
func (c *closed) least() float64 {
	switch {
	case c.mta != mtaExim:
		return noSlower
	case c.scenario.Exim.Pace > 0:
		return c.scenario.Exim.Pace
	}
	return eximPace
}

// chance is how far two shares may lie apart without a reason: 99 of 100 times no farther.
func chance(was, is float64, n, m int) float64 {
	if n == 0 || m == 0 {
		return 1
	}
	all := (was*float64(n) + is*float64(m)) / float64(n+m)
	return 2.6 * math.Sqrt(all*(1-all)*(1/float64(n)+1/float64(m)))
}

// share is the refused part of what was tried.
func share(accepted, refused int) float64 {
	if accepted+refused == 0 {
		return 0
	}
	return float64(refused) / float64(accepted+refused)
}

// pace is how many messages a second were taken, until the queue was empty or the end.
func pace(j *judgement) float64 {
	s := &j.truth.Summary
	if s.DrainedS != nil {
		return float64(s.UniqueAccepted) / *s.DrainedS
	}
	return float64(s.UniqueAccepted) / s.ElapsedS
}

// failures are why the loop does not hold; none: it does.
func (c *closed) failures() []string {
	var list []string
	fail := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	acceptedBefore, refusedBefore, _ := c.at(c.before)
	acceptedAfter, refusedAfter, _ := c.at(c.after)
	if !c.cures {
		was, is := share(acceptedBefore, refusedBefore), share(acceptedAfter, refusedAfter)
		if is < stays*was && was-is > chance(was, is, acceptedBefore+refusedBefore, acceptedAfter+refusedAfter) {
			fail("a cap made %.0f %% of refusals %.0f %%: it is the remedy after all", 100*was, 100*is)
		}
		if g := c.after.group; g == nil || g.Cause != c.scenario.Cause {
			fail("the log of after is not told to be %s", c.scenario.Cause)
		}
		return list
	}
	if refusedBefore == 0 {
		fail("nothing was refused before")
	}
	if float64(refusedAfter) > fall*float64(refusedBefore) {
		fail("%d refusals became %d", refusedBefore, refusedAfter)
	}
	if s := &c.after.truth.Summary; s.DrainedS == nil {
		fail("%d of %d messages are left after %.0f s", s.QueueLeft, s.Messages, s.ElapsedS)
	} else if s.UniqueAccepted < s.Messages {
		fail("%d of %d messages were taken", s.UniqueAccepted, s.Messages)
	}
	if was, is := pace(c.before), pace(c.after); is < c.least()*was {
		fail("%.1f messages a second became %.1f", was, is)
	}
	for i := range c.after.truth.Sinks {
		a, b := &c.after.truth.Sinks[i], &c.before.truth.Sinks[i]
		if !c.same(a) && a.LastS > b.LastS/noSlower+lateS {
			fail("%s has its last message after %.0f s instead of %.0f s: mail to another destination was slowed", a.Sink, a.LastS, b.LastS)
		}
	}
	return list
}

// verdict is the result in words.
func (c *closed) verdict() string {
	if list := c.failures(); len(list) > 0 {
		return "fails: " + strings.Join(list, "; ")
	}
	if !c.cures {
		return "holds: a cap is no remedy"
	}
	if was, is := pace(c.before), pace(c.after); is < noSlower*was {
		return fmt.Sprintf("all but the pace: %.1f messages a second became %.1f", was, is)
	}
	return "holds"
}

// loopHead is the head of the table whose rows String gives.
const loopHead = "| scenario | MTA | refused before | after | share | accepted | drained | peak | after-log says | loop |\n|---|---|---|---|---|---|---|---|---|---|\n"

// cells are a row of the table.
func (c *closed) cells() []string {
	a, r, p := c.at(c.before)
	a2, r2, p2 := c.at(c.after)
	says := "-"
	if g := c.after.group; g != nil {
		says = g.Cause + ", " + g.Severity
	}
	return []string{
		c.before.truth.Summary.Scenario, c.mta, fmt.Sprint(r), fmt.Sprint(r2), fmt.Sprintf("%.0f %% -> %.0f %%", 100*share(a, r), 100*share(a2, r2)),
		fmt.Sprintf("%d -> %d", a, a2), ended(c.before) + " -> " + ended(c.after), fmt.Sprintf("%d -> %d", p, p2), says, c.verdict(),
	}
}

// ended is when the queue was empty, or what was left.
func ended(j *judgement) string {
	if d := j.truth.Summary.DrainedS; d != nil {
		return fmt.Sprintf("%.0f s", *d)
	}
	return fmt.Sprintf("%d left at %.0f s", j.truth.Summary.QueueLeft, j.truth.Summary.ElapsedS)
}

// String is a row of a Markdown table.
func (c *closed) String() string { return "| " + strings.Join(c.cells(), " | ") + " |\n" }
