package sim

import (
	"hash/fnv"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// steady are scenarios whose verdict must not hang on where a log begins or ends. What
// needs the whole story (a change at noon, a young IP) is not among them.
var steady = []string{"burst", "burst-800", "periodic", "trust", "trust-busy", "two-streams", "retry-hammer", "gateway-cap", "message-rate", "listing", "expiry", "step-2-4", "range-cap"}

// TestStable cuts a log at its front and end, drops a share of its messages, and shifts
// it in time: the cause stays, or is unclear, and is never another one with confidence.
func TestStable(t *testing.T) {
	set := builtin(t)
	for i, name := range steady {
		if i%2 == 1 && !parsertest.Full() {
			continue // half a minute
		}
		t.Run(name, func(t *testing.T) {
			log, truth, err := Run(name, Options{Scale: scales[name], Micro: true})
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.SplitAfter(string(log), "\n")
			whole := diagnose(t, set, lines, truth.Last)[truth.Platform]
			f := func(how string, part []string, last time.Time) {
				t.Helper()
				g := diagnose(t, set, part, last)[truth.Platform]
				if g == nil {
					t.Errorf("%s: no group", how)
					return
				}
				t.Logf("%-22s %-14s %.2f margin %s", how, g.Cause, g.Confidence, nearest(g))
				if g.Cause != whole.Cause && g.Cause != "unclear" {
					t.Errorf("%s: %s (%.2f), the whole log says %s (%.2f)", how, g.Cause, g.Confidence, whole.Cause, whole.Confidence)
				}
			}
			n := len(lines)
			f("whole", lines, truth.Last)
			f("without first 15 %", lines[n*15/100:], truth.Last)
			f("without first 30 %", lines[n*30/100:], truth.Last)
			f("without last 15 %", lines[:n*85/100], truth.Last)
			f("without last 30 %", lines[:n*70/100], truth.Last)
			f("90 % of the messages", thin(lines, 90), truth.Last)
			f("70 % of the messages", thin(lines, 70), truth.Last)
			f("7 h 13 min later", shift(t, lines, 7*time.Hour+13*time.Minute), truth.Last.Add(8*time.Hour))
			f("100 days earlier", shift(t, lines, -100*24*time.Hour), truth.Last)
		})
	}
}

func nearest(g *report.Group) string {
	if len(g.Causes) == 0 || g.Causes[0].Margin == nil {
		return "none"
	}
	return g.Causes[0].Margin.Text
}

// diagnose returns the groups of a log by platform.
func diagnose(t *testing.T, set *rules.Set, lines []string, last time.Time) map[string]*report.Group {
	t.Helper()
	rep := reported(t, set, []byte(strings.Join(lines, "")), last, "", 0)
	out := map[string]*report.Group{}
	for i := range rep.Groups {
		out[rep.Groups[i].Platform] = &rep.Groups[i]
	}
	return out
}

var idOfLine = regexp.MustCompile(`\]: ([0-9A-Z]{6,}): `)

// thin keeps all lines of a share of the messages, in percent, by a hash of the queue id.
func thin(lines []string, percent uint32) (out []string) {
	for _, l := range lines {
		if m := idOfLine.FindStringSubmatch(l); m != nil {
			h := fnv.New32a()
			_, _ = h.Write([]byte(m[1])) // a hash never fails
			if h.Sum32()%100 >= percent {
				continue
			}
		}
		out = append(out, l)
	}
	return out
}

// shift moves all stamps.
func shift(t *testing.T, lines []string, by time.Duration) []string {
	t.Helper()
	out := make([]string, 0, len(lines))
	for _, l := range lines {
		stamp, rest, ok := strings.Cut(l, " ")
		if !ok {
			continue
		}
		at, err := time.Parse(time.RFC3339Nano, stamp)
		if err != nil {
			t.Fatalf("stamp of %q: %v", l, err)
		}
		out = append(out, at.Add(by).Format("2006-01-02T15:04:05.000000Z07:00")+" "+rest)
	}
	return out
}
