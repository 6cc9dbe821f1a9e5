package main

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
	"github.com/seed-07ce53fa/diagnose/scripts/lab/sink"
)

// judgement holds the diagnosis of a log against what the receivers counted.
type judgement struct {
	scenario *scenario
	truth    *sink.Truth
	report   *report.Report
	// group is the destination that the scenario is about, nil if the report has none.
	group *report.Group
}

// logFile is the log of a run.
func logFile(folder, mta string) string {
	if mta == mtaExim {
		return filepath.Join(folder, "mainlog")
	}
	return filepath.Join(folder, "postfix.log")
}

// judge reads the log of a run.
func judge(ctx context.Context, folder string) (*judgement, error) {
	j := new(judgement)
	var err error
	if j.truth, err = readTruth(folder); err != nil {
		return nil, err
	}
	if j.scenario, err = loadScenario(j.truth.Summary.Scenario); err != nil {
		return nil, err
	}
	set, err := rules.Builtin()
	if err != nil {
		return nil, err
	}
	log := logFile(folder, j.truth.Summary.MTA)
	info, err := os.Stat(log)
	if err != nil {
		return nil, err
	}
	c := scan.Config{Inputs: []source.Input{{Path: log}}, Rules: set, Now: info.ModTime(), Jobs: 1}
	if n := j.scenario.NewIP; n != nil {
		c.NewIPs = []netip.Addr{netip.MustParseAddr(n.Address)}
	}
	if j.report, err = scan.Run(ctx, c); err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(j.report.Groups, func(g report.Group) bool { return g.Platform == j.scenario.Platform }); i >= 0 {
		j.group = &j.report.Groups[i]
	}
	return j, nil
}

// cap is the receiver's limit of sessions at the destination, 0 if it has none.
func (j *judgement) cap() int64 {
	for _, g := range j.scenario.Groups {
		for _, r := range g.Rules {
			if r.Cap > 0 && g.Name == "ms" {
				return int64(r.Cap)
			}
		}
	}
	return 0
}

// refusedThere is what the destination itself refused.
func (j *judgement) refusedThere() (n int) {
	for i := range j.truth.Sinks {
		if s := &j.truth.Sinks[i]; j.group != nil && slices.Contains(j.group.MX, s.Sink) {
			for _, k := range s.Refusals {
				n += k
			}
		}
	}
	return n
}

// peaks are the highest true number of sessions at one address of the destination, and
// the sum over them: the destination's own peak lies between the two.
func (j *judgement) peaks() (highest, sum int64) {
	for _, s := range j.truth.Sinks {
		if j.group != nil && slices.Contains(j.group.MX, s.Sink) {
			highest, sum = max(highest, int64(s.PeakOpen)), sum+int64(s.PeakOpen)
		}
	}
	return highest, sum
}

// refused, sessions and delivered are counted from the log, over all destinations.
func (j *judgement) refused() (n int64) {
	for i := range j.report.Groups {
		for _, k := range j.report.Groups[i].Refusals {
			n += k
		}
	}
	return n
}

func (j *judgement) sessions() (n int) {
	for i := range j.report.Groups {
		n += int(j.report.Groups[i].Counts.Sessions)
	}
	return n
}

func (j *judgement) delivered() (n int64) {
	for i := range j.report.Groups {
		n += j.report.Groups[i].Counts.Delivered
	}
	return n
}

// trueRefusals are those of all receivers.
func trueRefusals(s *sink.Summary) (n int64) {
	for _, k := range s.Refusals {
		n += int64(k)
	}
	return n
}

// Tolerances. Messages and refusals have none, beside those that are under way when the
// MTA is stopped. A refusal by an earlier MX does not tell whether its session was used
// before; the peak is an estimate.
const (
	sessionSlack = 0.05
	peakSlack    = 0.25
	leastPeak    = 2
)

// wrong lists in what the diagnosis differs from the truth.
func (j *judgement) wrong() []string {
	var list []string
	differ := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	sum := &j.truth.Summary
	near := func(got, want int64) bool { return max(got-want, want-got) <= int64(sum.UnderWay) }
	if got := j.delivered(); !near(got, int64(sum.Accepted)) {
		differ("delivered %d, the receivers accepted %d", got, sum.Accepted)
	}
	if got, want := j.refused(), trueRefusals(sum); !near(got, want) {
		differ("%d refusals, the receivers refused %d", got, want)
	}
	list = append(list, j.wrongHosts(near)...)
	if got := j.sessions(); max(got-sum.Connections, sum.Connections-got) > int(sessionSlack*float64(sum.Connections)) {
		differ("%d sessions, the receivers saw %d", got, sum.Connections)
	}
	if in := j.report.Input; in.NotUnderstood > 0 {
		differ("%d lines not understood", in.NotUnderstood)
	}
	g := j.group
	if g == nil {
		differ("no destination %s", j.scenario.Platform)
		return list
	}
	if want := j.scenario; sum.Policy && j.refusedThere() == 0 {
		if g.Severity != "normal" {
			differ("%s, %s; nothing was refused", g.Cause, g.Severity)
		}
	} else if want.Cause != "" && (g.Cause != want.Cause || g.Severity != want.Severity) {
		differ("%s, %s; it is %s, %s", g.Cause, g.Severity, want.Cause, want.Severity)
	}
	for i := range j.report.Groups {
		if o := &j.report.Groups[i]; j.scenario.Cause == "none" && o.Severity != "normal" {
			differ("%s is %s, and nothing here is above normal", o.Destination, o.Severity)
		}
	}
	if c := j.cap(); c > 0 && j.refusedThere() > 0 {
		if l := &g.Limit; l.Low != nil && *l.Low > c || l.High != nil && *l.High < c {
			differ("limit between %s and %s, it is %d", number(l.Low), number(l.High), c)
		}
	}
	if j.truth.Summary.Refusals["timeout"] == 0 { // the receiver does not see when a client gives up a silent session
		list = append(list, j.wrongPeak()...)
	}
	return list
}

// wrongHosts compares each receiving host's deliveries and refusals.
func (j *judgement) wrongHosts(near func(got, want int64) bool) []string {
	type count struct{ accepted, refused int64 }
	truth, told := map[string]count{}, map[string]count{}
	for i := range j.truth.Sinks {
		s := &j.truth.Sinks[i]
		c := truth[s.Sink]
		c.accepted += int64(s.Accepted)
		for name, n := range s.Refusals {
			if name != "timeout" { // without a banner there is no reply, and no host that replied
				c.refused += int64(n)
			}
		}
		truth[s.Sink] = c
	}
	for i := range j.report.Groups {
		for _, row := range j.report.Groups[i].ByMX {
			c := told[row.MX]
			c.accepted += row.Counts.Delivered
			for class, n := range row.Refusals {
				if class != "timeout-network" {
					c.refused += n
				}
			}
			told[row.MX] = c
		}
	}
	var list []string
	for _, host := range slices.Sorted(maps.Keys(truth)) {
		if got, want := told[host], truth[host]; !near(got.accepted, want.accepted) || !near(got.refused, want.refused) {
			list = append(list, fmt.Sprintf("%s: %d delivered and %d refused, it took %d and refused %d", host, got.accepted, got.refused, want.accepted, want.refused))
		}
	}
	return list
}

func (j *judgement) wrongPeak() []string {
	highest, sum := j.peaks()
	p := &j.group.PeakSessions
	if highest == 0 {
		return nil
	}
	if p.Estimate == nil {
		return []string{fmt.Sprintf("no peak; the receiver saw %d", highest)}
	}
	slack := max(leastPeak, int64(peakSlack*float64(highest)))
	if *p.Estimate < highest-slack && *p.High < highest || *p.Estimate > sum+slack && *p.Low > sum {
		return []string{fmt.Sprintf("peak %d (%s to %s), the receiver saw %d to %d", *p.Estimate, number(p.Low), number(p.High), highest, sum)}
	}
	return nil
}

func number(n *int64) string {
	if n == nil {
		return "?"
	}
	return strconv.FormatInt(*n, 10)
}
