package diagnosis

import (
	"strconv"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// bandLabel says what a band is (H61).
const bandLabel = "operating target, not a limit the receiver published"

// band returns the band of session numbers that the state at the end of the log calls
// for: down from sessions.stop on if refusals came at so many, up to sessions.test after
// enough clean windows, else the start (H62-H64). Without refusals there is none.
func band(state string, facts rules.Facts, th rules.Thresholds) *report.Band {
	if facts["limit_refusals"].Value < 1 || state == group.StateStable {
		return nil
	}
	b := report.Band{Name: "start", Source: "H62", Low: th.Int(rules.SessionsLeast), High: whole(th, rules.SessionsStart), Basis: rules.Seed.String()}
	start := strconv.FormatInt(b.Low, 10) + "-" + strconv.FormatInt(*b.High, 10) + " sessions"
	switch {
	case state == group.StateRecovered && facts["clean_windows"].Value >= th.Value(rules.CleanWindows):
		b.Name, b.Low, b.High, b.Source = "test", th.Int(rules.SessionsTest), whole(th, rules.SessionsTestMost), "H63"
		b.Text = strconv.FormatInt(b.Low, 10) + "-" + strconv.FormatInt(*b.High, 10) + " sessions after clean windows; back to " + start + " if the reply returns"
	case state == group.StateActive && facts["refused_stop"].Value >= th.Value(rules.EnoughRefusals):
		b.Name, b.Low, b.High, b.Source = "stop", th.Int(rules.SessionsStop), nil, "H64"
		b.Text = "refusals came at " + strconv.FormatInt(b.Low, 10) + " sessions and more: back down to " + start
	default:
		b.Text = start + " while deferrals are active"
	}
	b.Text += " (" + bandLabel + ")"
	return &b
}

func whole(th rules.Thresholds, id rules.ThresholdID) *int64 {
	n := th.Int(id)
	return &n
}
