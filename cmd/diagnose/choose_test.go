package main

import (
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

func TestChooseGroup(t *testing.T) {
	group := func(platform, severity string, refusals int64) report.Group {
		return report.Group{Destination: platform, Platform: platform, Severity: severity, Trouble: report.Trouble{Refusals: refusals}}
	}
	groups := []report.Group{
		group("clean", "normal", 0), group("many", "watch", 900), group("lost", "escalate", 5),
		group("few", "watch", 30), group("rare", "normal", 1), group("grave", "escalate", 7),
	}
	f := func(from []report.Group, dest, want, others string) {
		t.Helper()
		chosen, rest, err := chooseGroup(from, strings.Fields(dest))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(destinations(chosen), " "); got != want || strings.Join(rest, " ") != others {
			t.Errorf("--for %s: %q and others %q, want %q and %q", dest, got, rest, want, others)
		}
	}
	f(groups, "", "grave", "lost many few")
	f(groups, "lost", "lost", "grave many few")
	f(groups, "few grave clean", "grave few clean", "lost many")
	f(groups[4:5], "", "rare", "")
	f(groups[:1], "", "", "")
	f(groups[:1], "clean", "clean", "")
	f(nil, "", "", "")
	if _, _, err := chooseGroup(groups, []string{"nobody"}); err == nil {
		t.Error("a destination that is not there")
	}
	many := group("many-in-one", "normal", 5000)
	many.Mixed = true
	f([]report.Group{many, groups[1]}, "", "many", "")
	f([]report.Group{many}, "", "", "")
	f([]report.Group{many}, "many-in-one", "many-in-one", "")
	for say, want := range map[string]string{
		noPolicy([]report.Group{many}):       "no policy is written: it would be for many receivers",
		nothingToWrite([]report.Group{many}): "no ticket is written: it would be for many receivers",
		noPolicy(groups[:1]):                 "no limits by clean",
	} {
		if !strings.Contains(say, want) {
			t.Errorf("%q, want %q", say, want)
		}
	}
	if groups[0].Platform != "clean" {
		t.Error("the report is in another order now")
	}
}

// Without arguments a terminal gets the short help.
func TestTicketOnTerminal(t *testing.T) {
	tr := newTrial(t)
	tr.InTerminal, tr.In = true, failingReader{t}
	if code := tr.run("ticket"); code != exitFine || !strings.Contains(tr.out.String(), "usage: diagnose ticket") {
		t.Errorf("exit code %d: %s%s", code, tr.out.String(), tr.err.String())
	}
}
