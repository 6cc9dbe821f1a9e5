// Package check holds a report against the limits of rules/guards.yaml and, where
// there is one, against a baseline: what got worse, where and by how much. It decides
// and renders; reading logs and baselines is done elsewhere.
package check

import (
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// Schema is the version of the JSON form. Keys are added, never renamed.
const Schema = 1

// Status is what came of a guard or a finding.
type Status string

// The values of Status.
const (
	// OK keeps its limit and did not get worse.
	OK Status = "ok"
	// Fail is beyond its limit or worse than the baseline, at the level of --fail-on or
	// above: the check fails.
	Fail Status = "fail"
	// Warn is the same below that level.
	Warn Status = "warn"
	// Known is beyond its limit, but so was the baseline, and it is no worse.
	Known Status = "known"
	// Reclassified looks worse only because newer rules put the same replies into
	// another class.
	Reclassified Status = "reclassified"
)

// Check is the verdict of one run.
type Check struct {
	Schema int `json:"schema"`
	// Rules is the version of the rules, FailOn the level from which a check fails.
	Rules    string    `json:"rules"`
	FailOn   string    `json:"fail_on"`
	Baseline *Baseline `json:"baseline"`
	// Failed, Warned and Passed count results and findings.
	Failed int          `json:"failed"`
	Warned int          `json:"warned"`
	Passed int          `json:"passed"`
	Input  report.Input `json:"input"`
	// Results are one for each guard that binds, worst first; Findings one for each
	// destination that the report names a cause for.
	Results  []Result  `json:"results"`
	Findings []Finding `json:"findings"`
	// New are destinations that the baseline does not have, Gone those that only the
	// baseline has.
	New  []Change `json:"new"`
	Gone []Change `json:"gone"`
	// Moved are replies that the rules of the baseline put into another class.
	Moved []Move `json:"reclassified"`
}

// Baseline is what the report was held against.
type Baseline struct {
	File  string     `json:"file"`
	Rules string     `json:"rules"`
	Last  *time.Time `json:"last"`
	// RulesChanged says that other rules made it.
	RulesChanged bool `json:"rules_changed"`
}

// Result is one guard at one destination, or for the whole input.
type Result struct {
	// Guard is the id of the guard, Meaning what it guards in words.
	Guard   string `json:"guard"`
	Meaning string `json:"meaning"`
	// Destination is the platform, null for a guard of the whole input.
	Destination *string `json:"destination"`
	Status      Status  `json:"status"`
	Severity    string  `json:"severity"`
	Unit        string  `json:"unit"`
	// Was is the number of the baseline and Now that of the report, in Unit; Low and
	// High bound Now where it is a share (95 %) or an estimate.
	Was  *float64 `json:"was"`
	Now  *float64 `json:"now"`
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
	// Limit is the absolute limit, Worse the growth that is allowed over Was.
	Limit *float64 `json:"limit"`
	Worse *float64 `json:"worse"`
	// Change is was and now in words, Bound what was not kept (or has to be).
	Change string `json:"change"`
	Bound  string `json:"bound"`
	// Note is what else is to be said of the number.
	Note   string `json:"note"`
	Where  string `json:"where"`
	Help   string `json:"help"`
	Source string `json:"source"`
}

// Finding is a destination that the report names a cause for.
type Finding struct {
	Destination string  `json:"destination"`
	Status      Status  `json:"status"`
	Severity    string  `json:"severity"`
	Was         *string `json:"was"`
	Cause       string  `json:"cause"`
	Confidence  float64 `json:"confidence"`
	Text        string  `json:"text"`
	Where       string  `json:"where"`
	Help        string  `json:"help"`
}

// Change is a destination that is new or gone, with its attempts.
type Change struct {
	Destination string `json:"destination"`
	Attempts    int64  `json:"attempts"`
}

// Move is replies of the baseline that are in another class now.
type Move struct {
	Destination string `json:"destination"`
	From        string `json:"from"`
	To          string `json:"to"`
	Count       int64  `json:"count"`
}
