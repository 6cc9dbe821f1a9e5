package rules

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// Every id that Go code reads is there, and every threshold is used: by Go code, by a
// condition or in a text.
func TestThresholdsAreUsed(t *testing.T) {
	th := builtin(t).Thresholds
	used := map[string]bool{}
	for _, id := range ThresholdIDs() {
		if th[string(id)] == nil {
			t.Errorf("no threshold %q", id)
		}
		used[string(id)] = true
	}
	for _, file := range []string{"causes.yaml", "advice.yaml", "guards.yaml"} {
		src, err := data.ReadFile(file)
		if err != nil {
			continue
		}
		for id := range th {
			if strings.Contains(string(src), " "+id+"}") || strings.Contains(string(src), "{"+id+"}") || strings.Contains(string(src), " "+id+",") || strings.Contains(string(src), " "+id+"\n") {
				used[id] = true
			}
		}
	}
	for _, x := range th.Sorted() {
		if !used[x.ID] {
			t.Errorf("nothing uses threshold %q", x.ID)
		}
	}
}

// The numbers of the seeds, each in its one place.
func TestSeedNumbers(t *testing.T) {
	th := builtin(t).Thresholds
	f := func(id ThresholdID, want float64) {
		t.Helper()
		if got := th.Value(id); got != want {
			t.Errorf("%s is %v, want %v", id, got, want)
		}
	}
	f(Window, 900)
	f(RetryFirst, 900) // H45
	f(RetryFactor, 2)
	f(RetryMost, 4*3600)
	f(Pause, 900)
	f(SessionsLeast, 1) // H37
	f(SessionsStart, 2) // H43
	f(SessionsTest, 3)
	f(SessionsTestMost, 5)
	f(SessionsStop, 6)
	f(Recipients, 20)   // H44
	f(CleanWindows, 4)  // H88
	f(Young, 30)        // H55
	f(Settled, 7)       // H55
	f("alert", 60)      // H83
	f("no such one", 0) // never a crash
}

func TestUnitParse(t *testing.T) {
	f := func(u Unit, text string, want float64) {
		t.Helper()
		if got, err := u.Parse(text); err != nil || got != want {
			t.Errorf("%q in %s: %v, %v, want %v", text, u, got, err, want)
		}
	}
	wrong := func(u Unit, text, want string) {
		t.Helper()
		if v, err := u.Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q in %s: %v, %v, want %q", text, u, v, err, want)
		}
	}
	f(UnitSeconds, "15m", 900)
	f(UnitSeconds, "900", 900)
	f(UnitSeconds, "500ms", 0.5)
	f(UnitMinutes, "1h", 60)
	f(UnitMinutes, "60", 60)
	f(UnitShare, "40%", 0.4)
	f(UnitShare, "0.4", 0.4)
	f(UnitRatio, "2.5", 2.5)
	f(UnitCount, " 3 ", 3)
	wrong(UnitSeconds, "soon", "a duration such as 15m")
	wrong(UnitSeconds, "-1m", "a duration")
	wrong(UnitShare, "140%", "a share such as 0.4 or 40%")
	wrong(UnitShare, "2", "a share")
	wrong(UnitCount, "40%", "a number")
	wrong(UnitRatio, "NaN", "a number")
	wrong(UnitRatio, "", "a number")
}

// A user's value decides, in conditions and in words, and is part of the version.
func TestOwnThresholds(t *testing.T) {
	plain := builtin(t)
	facts := Facts{"trouble_refusals": {Value: 7}, "trouble_messages": {Value: 7}}
	if plain.Causes.Enough.Eval(facts) != True {
		t.Fatal("7 refusals are enough")
	}
	own, err := LoadWith(map[string]string{"enough.refusals": "8", "pause": "20m"})
	if err != nil {
		t.Fatal(err)
	}
	if own.Causes.Enough.Eval(facts) != False || plain.Causes.Enough.Eval(facts) != True {
		t.Error("the value of the user does not decide, or decides for others")
	}
	i := slices.IndexFunc(own.Advice.Steps, func(s Step) bool { return strings.Contains(s.Text, "20m") })
	if i < 0 {
		t.Error("no step says 20m")
	}
	if own.Version == plain.Version {
		t.Error("the version is the same")
	}
	dir := fstest.MapFS{"thresholds.yaml": {Data: []byte("thresholds:\n  - {id: enough.refusals, value: 9, source: ours}\n")}}
	if own, err = LoadWith(nil, dir); err != nil || own.Thresholds["enough.refusals"].Value != 9 || !own.Thresholds["enough.refusals"].Set {
		t.Errorf("%v, %v", own, err)
	}
	f := func(src, want string) {
		t.Helper()
		_, err := LoadWith(nil, fstest.MapFS{"thresholds.yaml": {Data: []byte(src)}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", src, err, want)
		}
	}
	f("thresholds:\n  - {id: enough.refusal, value: 9, source: ours}\n", `thresholds.yaml:2:10: no threshold "enough.refusal"; did you mean "enough.refusals"?`)
	f("thresholds:\n  - {id: pause, value: soon, source: ours}\n", `threshold "pause": want a duration such as 15m, have "soon"`)
	f("thresholds:\n  - {id: pause, value: 9m, unit: count, source: ours}\n", `threshold "pause" is in seconds`)
	f("thresholds:\n  - {id: pause, value: 9m, source: ours}\n  - {id: pause, value: 8m, source: ours}\n", `"pause" is there twice`)
	if _, err := LoadWith(map[string]string{"pauses": "1m"}); err == nil || !strings.Contains(err.Error(), `did you mean "pause"`) {
		t.Errorf("%v", err)
	}
}

// A condition that names a threshold of another unit is a mistake.
func TestConditionThresholds(t *testing.T) {
	th := builtin(t).Thresholds
	f := func(c Condition, want string) {
		t.Helper()
		errs := c.check(th)
		if len(errs) != 1 || !strings.Contains(errs[0].Error(), want) {
			t.Errorf("%v, want %q", errs, want)
		}
	}
	f(Condition{Fact: "attempts", GTE: "pause"}, `threshold "pause" is in seconds, fact "attempts" in count`)
	f(Condition{Fact: "retry_gap", GTE: "paus"}, `did you mean "pause"`)
	c := Condition{Fact: "retry_gap", LT: "pause"}
	if errs := c.check(th); len(errs) > 0 || c.String() != "retry_gap < 15m (pause)" {
		t.Errorf("%v, %s", errs, c.String())
	}
}
