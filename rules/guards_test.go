package rules

import (
	"errors"
	"strings"
	"testing"
)

// The ids are a contract with CI systems, which keep results by them.
func TestGuardIDs(t *testing.T) {
	var ids []string
	for _, g := range builtin(t).Guards {
		ids = append(ids, g.ID)
	}
	if got, want := strings.Join(ids, " "), "limit-rate session-cap retry-gap expired deferral-hour coverage unknown-replies understood"; got != want {
		t.Errorf("guards %s, want %s", got, want)
	}
}

// The limits are the numbers of the seeds, each taken from its threshold.
func TestGuardLimits(t *testing.T) {
	set := builtin(t)
	f := func(id string, want float64) {
		t.Helper()
		if got := set.Guard(id).MaxLimit; got != want {
			t.Errorf("%s: limit %v, want %v", id, got, want)
		}
	}
	f("limit-rate", 0.01)
	f("session-cap", 2)    // H37, H43
	f("retry-gap", 900)    // H45
	f("deferral-hour", 60) // H83
	f("expired", 0)
	if set.Guard("no-such") != nil {
		t.Error("there is a guard no-such")
	}
	with, err := LoadWith(map[string]string{"sessions.start": "4"})
	if err != nil || with.Guard("session-cap").MaxLimit != 4 {
		t.Errorf("a threshold of the user does not reach its guard: %v", err)
	}
}

func TestGuardMistakes(t *testing.T) {
	th := builtin(t).Thresholds
	const good = "guards:\n  - {id: a, meaning: m, number: expired, limit: 3, worse: 10%, binds: always, severity: watch, help: h, source: s}\n"
	f := func(from, to, want string) {
		t.Helper()
		file, errs := decodeGuards("guards.yaml", []byte(strings.Replace(good, from, to, 1)))
		err := errors.Join(append(errs, settleGuards(file.Guards, th)...)...)
		var at *Error
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", to, err)
		case want == "":
		case err == nil || !strings.Contains(err.Error(), want):
			t.Errorf("%s: %v, want %s", to, err, want)
		case !errors.As(err, &at) || at.Line < 2:
			t.Errorf("%s: no place in %v", to, err)
		}
	}
	f("", "", "")
	f("limit: 3", "limit: enough.refusals", "")
	f("id: a", "id: A b", "an id is of a-z, 0-9 and -")
	f("number: expired", "number: expirde", `did you mean "expired"?`)
	f("limit: 3", "limit: alert", "is in minutes, not in count")
	f("limit: 3", "limit: -1", "want a number")
	f("limit: 3, ", "", "can never fail")
	f("worse: 10%", "worse: alot", "want a share")
	f("binds: always", "binds: limted", `did you mean "limited"?`)
	f("severity: watch", "severity: bad", "unknown severity")
	f("help: h", "help: ''", "needs help")
	f(", source: s", "", "no source")
	f("id: a,", "id: a, odd: 1,", "unknown")
	f("- {", "- {id: a, meaning: m, number: expired, limit: 3, worse: 10%, binds: always, severity: watch, help: h, source: s}\n  - {", "is there twice")
}
