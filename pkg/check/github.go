package check

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// mostAnnotations is how many annotations are written: GitHub shows ten of a kind for
// a step, and a reader wants fewer.
const mostAnnotations = 10

// WriteGitHub writes annotations for GitHub Actions, at most ten lines: an error for
// each guard that failed, a warning for each finding and for guards below the level of
// --fail-on (GitHub Actions, "Workflow commands").
func WriteGitHub(w io.Writer, c *Check) error {
	var errs, warnings []issue
	for _, s := range c.issues() {
		switch {
		case s.guard && s.status == Fail:
			errs = append(errs, s)
		case s.bad():
			warnings = append(warnings, s)
		}
	}
	all := slices.Concat(errs, warnings)
	shown := all
	if len(all) > mostAnnotations {
		shown = all[:mostAnnotations-1]
	}
	var b bytes.Buffer
	for i, s := range shown {
		command := "warning"
		if i < len(errs) {
			command = "error"
		}
		fmt.Fprintf(&b, "::%s ", command)
		if s.file != "" {
			fmt.Fprintf(&b, "file=%s,", report.GitHubProperty(s.file))
		}
		if s.line > 0 {
			fmt.Fprintf(&b, "line=%d,", s.line)
		}
		fmt.Fprintf(&b, "title=%s::%s [%s]\n", report.GitHubProperty(s.title), report.GitHubMessage(s.text), report.GitHubMessage(s.rule))
	}
	if n := len(all) - len(shown); n > 0 {
		fmt.Fprintf(&b, "::warning title=diagnose::and %d more, see the job log\n", n)
	}
	_, err := w.Write(b.Bytes())
	return err
}
