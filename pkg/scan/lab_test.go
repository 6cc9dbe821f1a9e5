package scan_test

import (
	"context"
	"encoding/json"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/selfcheck"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// builtin are the built-in rules, loaded once.
var builtin = sync.OnceValues(rules.Builtin)

// run reads files with the built-in rules and checks the report (pkg/selfcheck).
func run(t testing.TB, c scan.Config, paths ...string) *report.Report {
	t.Helper()
	set, err := builtin()
	if err != nil {
		t.Fatal(err)
	}
	c.Rules = set
	if c.Now.IsZero() {
		c.Now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	}
	for _, p := range paths {
		c.Inputs = append(c.Inputs, source.Input{Path: p})
	}
	rep, err := scan.Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, law := range selfcheck.Check(rep) {
		t.Error(law)
	}
	return rep
}

// truth is what the receiver of a lab log counted.
type truth struct {
	Sinks []struct {
		Sink     string           `json:"sink"`
		Accepted int64            `json:"accepted"`
		Refusals map[string]int64 `json:"refusals"`
		Peak     int64            `json:"peak_open"`
	} `json:"sinks"`
}

// verdict is what the Microsoft destination of a scenario plainly is.
type verdict struct{ cause, severity string }

// Where retry times are compressed 30 times, so a scenario's cause is that of its
// receiver's rule. Scenarios that are not listed are checked for counts only.
var labVerdicts = map[string]verdict{
	"burst-mail":     {"burst", "watch"},
	"burst-banner":   {"burst", "watch"},
	"burst-tls":      {"burst", "watch"},
	"ci-before":      {"burst", "watch"},
	"recovery":       {"burst", "watch"},
	"trust":          {"trust", "watch"},
	"trust-c1":       {"trust", "watch"},
	"queue-pressure": {"queue-pressure", "watch"},
	"warmup":         {"warm-up", "watch"},
	"listing":        {"listing", "escalate"},
	"mixed":          {"burst", "watch"},
	"expiry":         {"trust", "escalate"},
	"healthy":        {"none", "normal"},
	"ci-after":       {"none", "normal"},
	"timeouts":       {"none", "normal"},
}

// Every Postfix log of the lab: counts equal the receiver's, verdicts are right,
// the peak is near or inside its bounds.
func TestLabPostfix(t *testing.T) { lab(t, "postfix") }

// The same for Exim: the verdicts are those of the Postfix twins.
func TestLabExim(t *testing.T) { lab(t, "exim") }

func lab(t *testing.T, mta string) {
	logs := parsertest.LabLogs(t, mta+".log.gz")
	for _, log := range logs {
		name := filepath.Base(filepath.Dir(log))
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(filepath.Dir(log), mta+".truth.json"))
			if err != nil {
				t.Fatal(err)
			}
			var want truth
			if err := json.Unmarshal(data, &want); err != nil {
				t.Fatal(err)
			}
			rep := run(t, scan.Config{NewIPs: []netip.Addr{netip.MustParseAddr("198.51.100.31")}}, log)
			checkCounts(t, rep, &want)
			if name != "timeouts" { // the receiver's own timer ends those sessions
				checkPeaks(t, rep, &want)
			}
			v, ok := labVerdicts[name]
			if !ok {
				return
			}
			for _, g := range rep.Groups {
				if v.severity == "normal" && g.Severity != "normal" {
					t.Errorf("%s is %s, nothing here is above normal", g.Destination, g.Severity)
				}
				if g.Platform == "microsoft-consumer" && (g.Cause != v.cause || g.Severity != v.severity) {
					t.Errorf("Microsoft: got %s, %s; want %s, %s", g.Cause, g.Severity, v.cause, v.severity)
				}
			}
		})
	}
}

func checkCounts(t *testing.T, rep *report.Report, want *truth) {
	t.Helper()
	var accepted, refused, gotAccepted, gotRefused int64
	for _, s := range want.Sinks {
		accepted += s.Accepted
		for _, n := range s.Refusals {
			refused += n
		}
	}
	for _, g := range rep.Groups {
		gotAccepted += g.Counts.Delivered
		for _, n := range g.Refusals {
			gotRefused += n
		}
	}
	if !near(gotAccepted, accepted, 0.005) {
		t.Errorf("delivered %d, the receiver accepted %d", gotAccepted, accepted)
	}
	if !near(gotRefused, refused, 0.005) {
		t.Errorf("refusals %d, the receiver refused %d", gotRefused, refused)
	}
}

func near(got, want int64, tolerance float64) bool {
	return math.Abs(float64(got-want)) <= tolerance*float64(want)
}

// checkPeaks compares the peak with the receiver's. Microsoft may have had several
// receivers: the peak over all of them lies between the highest and the sum.
func checkPeaks(t *testing.T, rep *report.Report, want *truth) {
	t.Helper()
	var highest, sum int64
	for _, s := range want.Sinks {
		if strings.HasSuffix(s.Sink, ".olc.protection.outlook.com") {
			highest, sum = max(highest, s.Peak), sum+s.Peak
		}
	}
	for _, g := range rep.Groups {
		if g.Platform != "microsoft-consumer" || highest == 0 {
			continue
		}
		p := g.PeakSessions
		if p.Estimate == nil {
			t.Errorf("no peak; the receiver saw %d", highest)
			continue
		}
		slack := int64(max(2, 0.25*float64(highest)))
		near := *p.Estimate >= highest-slack && *p.Estimate <= sum+slack
		if !near && (*p.High < highest || *p.Low > sum) {
			t.Errorf("peak %d (%d to %d), the receiver saw %d to %d", *p.Estimate, *p.Low, *p.High, highest, sum)
		}
	}
}
