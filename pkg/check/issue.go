package check

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// Docs is where the guards and findings are explained.
const Docs = "https://github.com/seed-07ce53fa/diagnose/blob/main/docs/ci.md"

// FromReport makes a check of the findings of a report alone: without guards, for the
// forms that CI systems read.
func FromReport(r *report.Report, failOn string, causes *rules.Causes) *Check {
	e := &evaluation{Options: Options{FailOn: failOn, Causes: causes}, report: r, out: &Check{Schema: Schema, Rules: r.Rules, FailOn: failOn, Input: r.Input}}
	for i := range r.Groups {
		e.finding(&pair{group: &r.Groups[i]})
	}
	e.count()
	return e.out
}

// issue is a result or a finding in the form that CI systems share.
type issue struct {
	// rule is the id of a guard or of a cause, guard tells the two apart.
	rule        string
	guard       bool
	destination string
	status      Status
	severity    string
	title, text string
	help        string
	file        string
	line        int
}

// issues are all results and findings, the worst results first.
func (c *Check) issues() []issue {
	var list []issue
	for i := range c.Results {
		r := &c.Results[i]
		s := issue{rule: r.Guard, guard: true, destination: r.target(), status: r.Status, severity: r.Severity, help: r.Help, text: r.sentence()}
		s.title = s.destination + ": " + r.Meaning
		s.file, s.line = place(r.Where)
		list = append(list, s)
	}
	for i := range c.Findings {
		f := &c.Findings[i]
		s := issue{rule: f.Cause, destination: f.Destination, status: f.Status, severity: f.Severity, help: f.Help, text: f.sentence()}
		s.title = f.Destination + ": " + f.Cause
		s.file, s.line = place(f.Where)
		list = append(list, s)
	}
	return list
}

// bad says that an issue is to be shown as a problem.
func (s *issue) bad() bool { return s.status == Fail || s.status == Warn }

// fingerprint is the same for the same rule at the same destination, wherever in
// whichever file it shows.
func (s *issue) fingerprint() string {
	sum := sha256.Sum256([]byte("diagnose\x00" + s.rule + "\x00" + s.destination))
	return hex.EncodeToString(sum[:16])
}

// inputName is the destination of guards of the whole input.
const inputName = "input"

func (r *Result) target() string {
	if r.Destination == nil {
		return inputName
	}
	return *r.Destination
}

// sentence is a result in words: "refusals per 1,000 attempts 3.1 -> 274.7, limit +10%".
func (r *Result) sentence() string {
	s := r.Meaning + " " + r.Change
	if r.Bound != "" {
		s += ", limit " + r.Bound
	}
	if r.Note != "" {
		s += "; " + r.Note
	}
	return s
}

// sentence is a finding in words: "burst (confidence 93%), watch, before normal: ...".
func (f *Finding) sentence() string {
	s := fmt.Sprintf("%s (confidence %.0f%%), %s", f.Cause, f.Confidence*100, f.Severity)
	if f.Was != nil {
		s += ", in the baseline " + *f.Was
	}
	if f.Text != "" {
		s += ": " + f.Text
	}
	return s
}

// place takes "file:line" apart; what has no line is a file, and standard input is
// none.
func place(where string) (file string, line int) {
	file = where
	if i := strings.LastIndexByte(where, ':'); i >= 0 {
		if n, err := strconv.Atoi(where[i+1:]); err == nil && n > 0 {
			file, line = where[:i], n
		}
	}
	if file == "" || file == "-" || file == "standard input" {
		return "", 0
	}
	return path.Clean(file), line // GitLab and GitHub know files by their plain names
}
