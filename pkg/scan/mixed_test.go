package scan_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

// Receivers for which there is no room are counted in one row. It is no destination: no
// cause, no level, no sessions and nothing to do follow from it, but its counts are in the
// sums, a note names its refusals, and nobody says more of the others than is known.
func TestReceiversNotToldApart(t *testing.T) {
	var log logbook
	for i := range 400 {
		mx, domain := hotmail, "hotmail.com"
		if i%2 == 1 {
			domain = fmt.Sprintf("%c%c.example", 'a'+i%20, 'a'+i/20)
			mx = "mx." + domain + "[203.0.113.30]"
		}
		id, status, reply := fmt.Sprintf("4A%06X", i), "sent", "250 2.0.0 OK"
		if i%4 != 2 && i > 40 {
			status, reply = "deferred", "host "+mx+" said: 421 4.7.0 Too many concurrent connections (in reply to MAIL FROM command)"
		}
		log.try(i, "postfix", id, "a@"+domain, mx, status, reply)
	}
	path := filepath.Join(t.TempDir(), "mail.log")
	write(t, path, log.Bytes())
	apart := run(t, scan.Config{}, path)
	rep := run(t, scan.Config{MaxMemory: 4 * 4 * 8 << 10 * 12}, path) // room for 12
	var g *report.Group
	for i := range rep.Groups {
		if rep.Groups[i].Mixed {
			g = &rep.Groups[i]
		}
	}
	if g == nil {
		t.Fatalf("no row of several among %d: %+v", len(rep.Groups), rep.Input)
	}
	if len(rep.Groups) >= len(apart.Groups) || rep.Input.Attempts != apart.Input.Attempts || rep.Input.Refusals != apart.Input.Refusals {
		t.Errorf("%d rows, %d attempts, %+v instead of %d, %d, %+v", len(rep.Groups), rep.Input.Attempts, rep.Input.Refusals, len(apart.Groups), apart.Input.Attempts, apart.Input.Refusals)
	}
	if g.Trouble.Refusals < 100 || g.Refusals["connection-limit"] != g.Trouble.Refusals || len(g.Replies) == 0 {
		t.Errorf("its refusals are %+v, %v", g.Trouble, g.Refusals)
	}
	if g.Cause != "unclear" || g.Severity != "normal" || g.State != "" || g.Confidence != 0 || !strings.Contains(g.Why, "not told apart") {
		t.Errorf("%s %s %q %v: %s", g.Cause, g.Severity, g.State, g.Confidence, g.Why)
	}
	if n := len(g.Causes) + len(g.Steps) + len(g.Advice) + len(g.Audit) + len(g.Facts) + len(g.Qualifiers) + len(g.Actionable) + len(g.Curve) + len(g.Windows); n > 0 {
		t.Errorf("%d parts of a verdict: %+v", n, g)
	}
	if g.PeakSessions.Estimate != nil || g.Limit.Sessions != nil || g.Limit.High != nil || g.Band != nil || g.Drain != nil || g.Pace != nil || g.Immediate != nil || g.Trouble.Alert {
		t.Errorf("it has sessions or a limit: %+v %+v", g.PeakSessions, g.Limit)
	}
	for _, row := range g.ByIP {
		if row.Severity != "normal" || row.Cause != "unclear" {
			t.Errorf("a sending IP is at %s, %s", row.Severity, row.Cause)
		}
	}
	notes := strings.Join(rep.Input.Notes, "\n")
	for _, want := range []string{"there is room for 12", "Counts are exact", "do not cap or ticket it", "--max-memory", fmt.Sprintf("%d refusals that count are by receivers that were not told apart", g.Trouble.Refusals)} {
		if !strings.Contains(notes, want) {
			t.Errorf("no note says %q:\n%s", want, notes)
		}
	}
	for i := range apart.Groups {
		if apart.Groups[i].Mixed {
			t.Error("a row of several where all fit")
		}
	}
	says := func(r *report.Report, want string) {
		t.Helper()
		for _, a := range group(t, r, "microsoft-consumer").Advice {
			if a.ID == "not-global" && strings.HasPrefix(a.Text, want) {
				return
			}
		}
		t.Errorf("no advice begins with %q", want)
	}
	says(apart, "no global limit: other destinations here (")
	says(rep, "no global limit: at least ")
}
