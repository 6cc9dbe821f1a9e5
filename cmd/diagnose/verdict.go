package main

import (
	"fmt"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// failLevels are the values of --fail-on.
func failLevels() []string { return []string{"never", "normal", "watch", "escalate"} }

// inputVerdict is the exit code that the input alone gives, and what to say about
// it. Problems of single files were said before.
//
//	4  no mail log lines at all, and nothing that could not be read
//	3  some input could not be read to its end, or too little was understood
//	0  else
func inputVerdict(in *report.Input, minUnderstood float64) (code int, say string) {
	known := in.Understood + in.Irrelevant
	switch {
	case known == 0 && !unreadable(in):
		if in.Lines == 0 {
			return exitNothing, "nothing to report: the input is empty"
		}
		return exitNothing, fmt.Sprintf("no mail log lines in the input; none of %s was recognised. See diagnose help formats", plural(in.Lines, "line"))
	case len(in.Errors) > 0:
		return exitInput, ""
	case in.Lines > 0 && float64(known)*100 < minUnderstood*float64(in.Lines):
		return exitInput, fmt.Sprintf("only %s of %s understood, less than --min-understood %g; force a format with --input-format, or see diagnose help formats",
			report.Percent(known, in.Lines), plural(in.Lines, "line"), minUnderstood)
	}
	return exitFine, ""
}

// unreadable says that an input gave no lines because it could not be read, or broke
// off, so that nobody knows what is in it.
func unreadable(in *report.Input) bool {
	read := map[string]bool{}
	for _, f := range in.Files {
		read[f.Path] = f.Lines > 0
	}
	for _, e := range in.Errors {
		if !read[e.File] || e.Line > 0 {
			return true
		}
	}
	return false
}

// findingVerdict is the exit code that the findings give.
func findingVerdict(r *report.Report, failOn string) int {
	least := report.SeverityRank(failOn)
	if least == 0 { // never
		return exitFine
	}
	for i := range r.Groups {
		g := &r.Groups[i]
		// Every destination has a severity; one without a cause is no finding.
		if g.Cause != "none" && report.SeverityRank(g.Severity) >= least {
			return exitFindings
		}
	}
	return exitFine
}
