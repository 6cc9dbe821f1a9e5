// Package report holds the one value that every output shows. All numbers in it
// are final: renderers format and compute nothing. Its JSON form is the machine
// contract: keys are added, never renamed.
package report

import "time"

// Schema is the version of the JSON contract.
const Schema = 1

// Report is the result of one run.
type Report struct {
	Schema  int       `json:"schema"`
	Input   Input     `json:"input"`
	Groups  []Group   `json:"groups"`
	OwnSide []OwnSide `json:"own_side"`
	// Unknown are replies that no rule knows, by template, most frequent first.
	Unknown []Unknown `json:"unknown_replies"`
	// Rules is the version of the rules that made the report.
	Rules string `json:"rules"`
}

// Input says what was read. Lines = Understood + Irrelevant + NotUnderstood, per
// file and in total.
type Input struct {
	Files         []File     `json:"files"`
	Lines         int64      `json:"lines"`
	Understood    int64      `json:"understood"`
	Irrelevant    int64      `json:"irrelevant"`
	NotUnderstood int64      `json:"not_understood"`
	Attempts      int64      `json:"attempts"`
	Suspensions   int64      `json:"suspensions"`
	Refusals      Refusals   `json:"refusals"`
	First         *time.Time `json:"first"`
	Last          *time.Time `json:"last"`
	// Class is the class of the failures that count, null if all do (--class).
	Class  *string  `json:"class"`
	Notes  []string `json:"notes"`
	Errors []Error  `json:"errors"`
}

// Refusals says where every failed attempt and every refusal by our own side went that
// the log tells of: Seen = Destinations + OwnSide + LeftOut. Failures within our own
// system (local delivery, content filters) are none.
type Refusals struct {
	Seen         int64 `json:"seen"`
	Destinations int64 `json:"destinations"`
	// OwnSide were made by our own server or ESP before any attempt.
	OwnSide int64 `json:"own_side"`
	// LeftOut do not count: --since, --until, --class, --stream or --ip says so, or the
	// line repeats a refusal told before.
	LeftOut int64 `json:"left_out"`
}

// File is one input.
type File struct {
	Path          string `json:"path"`
	Format        string `json:"format"`
	Lines         int64  `json:"lines"`
	Understood    int64  `json:"understood"`
	Irrelevant    int64  `json:"irrelevant"`
	NotUnderstood int64  `json:"not_understood"`
}

// Error is a part of the input that could not be read.
type Error struct {
	File  string `json:"file"`
	Line  int64  `json:"line"`
	Error string `json:"error"`
}

// OwnSide is a refusal by our own server or our own ESP, never a receiver's.
type OwnSide struct {
	What  string `json:"what"`
	Class string `json:"class"`
	Count int64  `json:"count"`
	Text  string `json:"text"`
}

// Unknown is a reply that no rule knows.
type Unknown struct {
	Template string `json:"template"`
	Sample   string `json:"sample"`
	Count    int64  `json:"count"`
	Where    string `json:"where"`
}
