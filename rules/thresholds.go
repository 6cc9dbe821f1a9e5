package rules

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Threshold is one number that a decision or an advice depends on. Each lives once,
// in thresholds.yaml, and can be set by the user.
type Threshold struct {
	ID string `yaml:"id"`
	// Text is the value as it is written: 15m, 40%, 2.5.
	Text    string `yaml:"value"`
	Unit    Unit   `yaml:"unit"`
	Meaning string `yaml:"meaning"`
	Source  string `yaml:"source"`
	At      Pos    `yaml:"-"`
	// Value is Text in Unit.
	Value float64 `yaml:"-"`
	// Set says that a user gave the value, by --set or the settings.
	Set bool `yaml:"-"`
}

// String writes the value for people.
func (t *Threshold) String() string { return t.Unit.Format(t.Value) }

// Thresholds are all of them by id.
type Thresholds map[string]*Threshold

// ThresholdID names a threshold that Go code reads. The others are compared with
// facts in causes.yaml and advice.yaml only.
type ThresholdID string

// The thresholds that measuring, advice and policies read; thresholds.yaml says what
// they mean.
const (
	Window            ThresholdID = "window"
	RetryFirst        ThresholdID = "retry.first"
	RetryFactor       ThresholdID = "retry.factor"
	RetryMost         ThresholdID = "retry.most"
	RetryTolerance    ThresholdID = "retry.tolerance"
	RetryConstant     ThresholdID = "retry.constant"
	RetryFewest       ThresholdID = "retry.constant-fewest"
	Pause             ThresholdID = "pause"
	SessionsLeast     ThresholdID = "sessions.least"
	SessionsStart     ThresholdID = "sessions.start"
	SessionsTest      ThresholdID = "sessions.test"
	SessionsTestMost  ThresholdID = "sessions.test-most"
	SessionsStop      ThresholdID = "sessions.stop"
	Recipients        ThresholdID = "recipients-per-connection"
	CleanWindows      ThresholdID = "clean-windows"
	Young             ThresholdID = "young"
	Settled           ThresholdID = "settled"
	Spike             ThresholdID = "spike"
	AssumedBusy       ThresholdID = "assumed-busy"
	Penalty           ThresholdID = "penalty"
	CurveFewest       ThresholdID = "curve.fewest"
	CurveClean        ThresholdID = "curve.clean"
	CurveFull         ThresholdID = "curve.full"
	CurveBlur         ThresholdID = "curve.blur"
	BurstOffered      ThresholdID = "burst.offered"
	LimitBlur         ThresholdID = "limit.blur"
	LimitBlurCoarse   ThresholdID = "limit.blur-coarse"
	LimitIdle         ThresholdID = "limit.idle"
	LimitSoon         ThresholdID = "limit.soon"
	LimitLevel        ThresholdID = "limit.level"
	LimitWhole        ThresholdID = "limit.whole"
	LimitShape        ThresholdID = "limit.shape"
	LimitStretches    ThresholdID = "limit.stretches"
	LimitAgree        ThresholdID = "limit.agree"
	LimitMoves        ThresholdID = "limit.moves"
	LimitMoved        ThresholdID = "limit.moved"
	EnoughRefusals    ThresholdID = "enough.refusals"
	ReputationShare   ThresholdID = "reputation.share"
	FlatShare         ThresholdID = "flat.share"
	FlatAttempts      ThresholdID = "flat.attempts"
	FlatSureAttempts  ThresholdID = "flat.sure-attempts"
	RecoveredQuiet    ThresholdID = "recovered.quiet"
	RecoveringShare   ThresholdID = "recovering.share"
	TrendErrors       ThresholdID = "trend.errors"
	ConfidenceMost    ThresholdID = "confidence.most"
	ConfidenceHalf    ThresholdID = "confidence.half"
	MarginLeast       ThresholdID = "margin.least"
	MarginFirm        ThresholdID = "margin.firm"
	ConfidenceUnheld  ThresholdID = "confidence.unheld"
	SmallSenderVolume ThresholdID = "small-sender"
	AlertQuiet        ThresholdID = "alert.quiet"
	PeriodLeast       ThresholdID = "period.least"
	PeriodPeak        ThresholdID = "period.peak"
	PeriodJitter      ThresholdID = "period.jitter"
	PeriodKept        ThresholdID = "period.kept"
	PeriodChance      ThresholdID = "period.chance"
	PeriodWait        ThresholdID = "period.wait"
	FeedbackGrowth    ThresholdID = "feedback.growth"
	SourceUnseen      ThresholdID = "source.unseen"
	SourceRecent      ThresholdID = "source.recent"
	MovesParts        ThresholdID = "moves.parts"
	CheckChance       ThresholdID = "check.chance"
)

// ThresholdIDs are the ids above.
func ThresholdIDs() []ThresholdID {
	return []ThresholdID{Window, RetryFirst, RetryFactor, RetryMost, RetryTolerance, RetryConstant, RetryFewest, Pause, SessionsLeast, SessionsStart,
		SessionsTest, SessionsTestMost, SessionsStop, Recipients, CleanWindows, Young, Settled, Spike, AssumedBusy, Penalty,
		CurveFewest, CurveClean, CurveFull, CurveBlur, BurstOffered, LimitBlur, LimitBlurCoarse, LimitIdle, LimitSoon, LimitLevel, LimitWhole, LimitShape,
		LimitStretches, LimitAgree, LimitMoves, LimitMoved, ReputationShare, FlatAttempts, FlatSureAttempts, RecoveredQuiet, RecoveringShare, TrendErrors,
		ConfidenceMost, ConfidenceHalf, ConfidenceUnheld, MarginLeast, MarginFirm, SmallSenderVolume, EnoughRefusals, AlertQuiet,
		PeriodLeast, PeriodPeak, PeriodJitter, PeriodKept, PeriodChance, PeriodWait, FeedbackGrowth, FlatShare, SourceUnseen, SourceRecent, MovesParts, CheckChance}
}

// Value returns the value in its unit, 0 if there is no such threshold (a test holds
// that all ids exist).
func (th Thresholds) Value(id ThresholdID) float64 {
	if t := th[string(id)]; t != nil {
		return t.Value
	}
	return 0
}

// Int returns the value as a whole number: counts, or seconds and days.
func (th Thresholds) Int(id ThresholdID) int64 { return int64(math.Round(th.Value(id))) }

// Micros returns a threshold in seconds as microseconds, the unit of log times.
func (th Thresholds) Micros(id ThresholdID) int64 { return int64(th.Value(id) * 1e6) }

// Sorted returns all thresholds in order of their ids.
func (th Thresholds) Sorted() []*Threshold {
	out := make([]*Threshold, 0, len(th))
	for _, id := range slices.Sorted(maps.Keys(th)) {
		out = append(out, th[id])
	}
	return out
}

// thresholdFile is a thresholds.yaml.
type thresholdFile struct {
	Thresholds []Threshold `yaml:"thresholds"`
	At         Pos         `yaml:"-"`
}

// take adds the thresholds of a file. One of the user's takes the place of the
// built-in one with its id, whose unit and meaning it keeps.
func (th Thresholds) take(f *thresholdFile, user bool) (errs []error) {
	for i := range f.Thresholds {
		t := f.Thresholds[i]
		old := th[t.ID]
		switch {
		case t.ID == "":
			errs = append(errs, t.At.Errorf("needs id"))
			continue
		case old != nil && (old.Set || !user):
			errs = append(errs, t.At.Key("id").Errorf("threshold %q is there twice", t.ID))
			continue
		case old == nil && user:
			errs = append(errs, t.At.Key("id").Errorf("no threshold %q%s", t.ID, DidYouMean(t.ID, th.ids())))
			continue
		}
		errs = append(errs, sourced(t.At, t.Source)...)
		t.Set = user
		if old != nil {
			if t.Unit != "" && t.Unit != old.Unit {
				errs = append(errs, t.At.Key("unit").Errorf("threshold %q is in %s", t.ID, old.Unit))
			}
			t.Unit, t.Meaning = old.Unit, old.Meaning
		}
		errs = append(errs, oneOf(t.At, "unit", string(t.Unit), unitNames())...)
		if t.Meaning == "" {
			errs = append(errs, t.At.Errorf("threshold %q needs a meaning", t.ID))
		}
		v, err := t.Unit.Parse(t.Text)
		if err != nil {
			errs = append(errs, t.At.Key("value").Errorf("threshold %q: %v", t.ID, err))
		}
		t.Value = v
		th[t.ID] = &t
	}
	return errs
}

// set gives a threshold the value that a user wrote.
func (th Thresholds) set(id, text string) error {
	old := th[id]
	if old == nil {
		return fmt.Errorf("no threshold %q%s", id, DidYouMean(id, th.ids()))
	}
	v, err := old.Unit.Parse(text)
	if err != nil {
		return fmt.Errorf("threshold %q: %w", id, err)
	}
	t := *old
	t.Text, t.Value, t.Set = text, v, true
	th[id] = &t
	return nil
}

func (th Thresholds) ids() []string { return slices.Sorted(maps.Keys(th)) }

// units are all units.
func units() []Unit {
	return []Unit{UnitCount, UnitShare, UnitSeconds, UnitMinutes, UnitDays, UnitRatio, UnitYesNo}
}

func unitNames() []string {
	var names []string
	for _, u := range units() {
		names = append(names, string(u))
	}
	return names
}

// Parse reads a value as people write it: 15m or 900 for seconds, 60m for minutes,
// 40% or 0.4 for shares, numbers for the rest. No value is below 0.
func (u Unit) Parse(text string) (float64, error) {
	text = strings.TrimSpace(text)
	if per := map[Unit]time.Duration{UnitSeconds: time.Second, UnitMinutes: time.Minute}[u]; per > 0 {
		if d, err := time.ParseDuration(text); err == nil && d >= 0 {
			return float64(d) / float64(per), nil
		}
	}
	number, percent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < 0, percent && u != UnitShare:
		return 0, fmt.Errorf("want %s, have %q", u.want(), text)
	case percent:
		v /= 100
	}
	if u == UnitShare && v > 1 {
		return 0, fmt.Errorf("want %s, have %q", u.want(), text)
	}
	return v, nil
}

func (u Unit) want() string {
	switch u {
	case UnitSeconds, UnitMinutes:
		return "a duration such as 15m"
	case UnitShare:
		return "a share such as 0.4 or 40%"
	default:
		return "a number"
	}
}
