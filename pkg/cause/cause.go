// Package cause turns frozen facts into a finding by the signal table: which cause
// holds, how sure that is, how grave the state is. It is a pure function of facts
// and table.
package cause

import "github.com/seed-07ce53fa/diagnose/rules"

// Causes that no signal table names.
const (
	// None means that nothing here needs an explanation.
	None = "none"
	// Unclear means that there are refusals but not enough evidence for a cause.
	Unclear = "unclear"
)

// Severities, a third axis beside cause and limit (requirements C77-C79).
const (
	Normal   = "normal"
	Watch    = "watch"
	Escalate = "escalate"
)

// Rank orders severities: a higher one is graver.
func Rank(severity string) int {
	switch severity {
	case Escalate:
		return 2
	case Watch:
		return 1
	}
	return 0
}

// Finding is what facts amount to.
type Finding struct {
	Cause      string
	Confidence float64
	Severity   string
	// Why says in a sentence what decided severity; empty for normal.
	Why string
	// Verdicts are all causes considered, best first; those that do not hold come
	// last and say why not.
	Verdicts []rules.Verdict
	// Margin says how firm the cause stands; see Weigh.
	Margin rules.Margin
}

// Decide reads the facts. Fewer refusals than the table demands are never more
// than unclear: one reply proves nothing (C56, C65).
func Decide(table *rules.Causes, facts rules.Facts) Finding {
	f := Severity(table, facts)
	if f.Cause == None {
		return f
	}
	f.Verdicts = table.Decide(facts)
	if table.Enough.Eval(facts) != rules.True {
		for i := range f.Verdicts {
			f.Verdicts[i].Holds, f.Verdicts[i].Confidence = false, 0
		}
		return f
	}
	if len(f.Verdicts) > 0 && f.Verdicts[0].Holds {
		f.Cause, f.Confidence = f.Verdicts[0].Cause, f.Verdicts[0].Confidence
	}
	return f
}

// Severity is Decide without weighing causes: the cause is None, or Unclear where there is
// something to explain.
func Severity(table *rules.Causes, facts rules.Facts) Finding {
	if table.Concerns.Eval(facts) != rules.True {
		return Finding{Cause: None, Severity: Normal}
	}
	f := Finding{Cause: Unclear}
	f.Severity, f.Why = table.Severity(facts)
	return f
}

// Weigh measures how firm a finding stands, and lowers the confidence of one that a
// small change of one fact would turn: in proportion to that change, so that confidence
// does not jump (C56).
func Weigh(table *rules.Causes, facts rules.Facts, th rules.Thresholds, f *Finding) {
	if f.Confidence == 0 {
		return
	}
	f.Margin = table.Margin(facts)
	least, firm := th.Value(rules.MarginLeast), max(th.Value(rules.MarginFirm), 1e-9)
	f.Confidence *= least + (1-least)*min(f.Margin.Share/firm, 1)
	f.Verdicts[0].Confidence = f.Confidence
}
