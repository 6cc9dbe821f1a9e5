package diagnosis

import (
	"slices"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// play adds one attempt a minute, as the letters say: a accepted, c connection limit,
// l listing (bounced), u unknown user.
func play(a *group.Acc, minutes string) {
	readings := map[rune]*group.Reading{'a': {}, 'c': {Class: mail.ConnectionLimit}, 'l': {Class: mail.Listing}, 'u': {Class: mail.MailboxUnknown}}
	for i, m := range minutes {
		outcome := map[rune]mail.Outcome{'a': mail.Delivered, 'c': mail.Deferred, 'l': mail.Bounced, 'u': mail.Bounced}[m]
		at := int64(900_000+i*60) * second
		a.Add(&group.Observation{
			Event:   &mail.Event{Kind: mail.KindAttempt, Outcome: outcome, Time: at, MX: []byte("mx.example.net")},
			Attempt: join.Attempt{FirstOfMessage: true, FirstOfRecipient: true, FirstTroubleOfMessage: m == 'c' || m == 'l'},
			Reading: readings[m], Where: group.Where{Time: at, File: "mail.log", Line: int64(i + 1)}, Domain: "example.net",
		})
	}
}

func diagnosed(t *testing.T, minutes string) report.Group {
	t.Helper()
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	a := group.NewAcc()
	play(a, minutes)
	sums := group.Summaries(map[group.Key]*group.Acc{{Platform: "p", Host: "h", SendingIP: "192.0.2.1"}: a}, group.Context{Thresholds: set.Thresholds})
	return Groups(sums, set, func(p string) Destination { return Destination{Name: p} })[0]
}

func repeat(s string, n int) (out string) {
	for range n {
		out += s
	}
	return out
}

// A report names the two problems, qualifiers with their numbers, why to act, the
// alert and the own pace.
func TestWhatStandsBeside(t *testing.T) {
	g := diagnosed(t, repeat("a", 20)+repeat("c", 20)+repeat("l", 20))
	if !slices.Equal(g.Qualifiers, []string{"hardening"}) || len(g.Notes) != 1 || g.Notes[0].ID != "hardening" || len(g.Notes[0].Evidence) != 3 {
		t.Errorf("qualifiers %v, %+v", g.Qualifiers, g.Notes)
	}
	for _, e := range g.Notes[0].Evidence {
		if e.Value == nil || e.Unit == "" || e.Source != "X10" {
			t.Errorf("evidence %+v", e)
		}
	}
	if g.Cause != "listing" || g.Underlying == nil || *g.Underlying != "reputation" || g.Immediate == nil || *g.Immediate != "connection-pressure" {
		t.Errorf("%s, immediate %v, underlying %v", g.Cause, g.Immediate, g.Underlying)
	}
	if !slices.Equal(g.Actionable, []string{"one-mx"}) || g.Severity != "escalate" {
		t.Errorf("actionable %v, %s", g.Actionable, g.Severity)
	}
	if g.Pace == nil || g.Pace.Before != 1 || g.Pace.After != 1 || g.Pace.Slowed {
		t.Errorf("pace %+v", g.Pace)
	}
}

// The alert is raised after an hour of deferrals, not before (H83).
func TestAlert(t *testing.T) {
	f := func(minutes int, want bool) {
		t.Helper()
		g := diagnosed(t, "a"+repeat("c", minutes+1))
		if g.Trouble.Alert != want || g.Trouble.LastingMinutes != float64(minutes) {
			t.Errorf("%d minutes: alert %v after %v, want %v", minutes, g.Trouble.Alert, g.Trouble.LastingMinutes, want)
		}
	}
	f(59, false)
	f(61, true)
}

// A single refusal names no problem, calls for nothing and alerts nobody (C56, C65).
func TestOneRefusalIsNothing(t *testing.T) {
	g := diagnosed(t, repeat("a", 30)+"c"+repeat("a", 30))
	if g.Cause != "unclear" || g.Severity != "normal" || len(g.Qualifiers)+len(g.Actionable) > 0 || g.Immediate != nil || g.Underlying != nil || g.Trouble.Alert {
		t.Errorf("%s, %s, %v, %v, %v, %v, alert %v", g.Cause, g.Severity, g.Qualifiers, g.Actionable, g.Immediate, g.Underlying, g.Trouble.Alert)
	}
}

// Connection limits, listings and unknown users are on one time line (C83, H76).
func TestOneTimeLine(t *testing.T) {
	g := diagnosed(t, "acclu"+repeat("a", 120)+"clllu")
	type row struct{ limited, listed, unknown int32 }
	var rows []row
	for _, w := range g.Windows {
		if r := (row{w.Limited, w.Listed, w.UnknownUsers}); r != (row{}) {
			rows = append(rows, r)
			if w.Start.Before(time.Unix(900_000, 0)) {
				t.Errorf("a window begins %v", w.Start)
			}
		}
	}
	if want := []row{{2, 1, 1}, {1, 3, 1}}; !slices.Equal(rows, want) {
		t.Errorf("windows %+v, want %+v", rows, want)
	}
}
