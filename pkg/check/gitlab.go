package check

import (
	"fmt"
	"io"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// gitlabIssue is one entry of a GitLab code quality report (GitLab, "Code Quality
// report format").
type gitlabIssue struct {
	Description string         `json:"description"`
	CheckName   string         `json:"check_name"`
	Fingerprint string         `json:"fingerprint"`
	Severity    string         `json:"severity"`
	Location    gitlabLocation `json:"location"`
}

type gitlabLocation struct {
	Path  string      `json:"path"`
	Lines gitlabLines `json:"lines"`
}

type gitlabLines struct {
	Begin int `json:"begin"`
}

// WriteGitLab writes what failed, or is bad below the level of --fail-on, as a code
// quality report of GitLab.
func WriteGitLab(w io.Writer, c *Check) error {
	list := []gitlabIssue{}
	for _, s := range c.issues() {
		if !s.bad() {
			continue
		}
		g := gitlabIssue{Description: report.Visible(s.destination + ": " + s.text), CheckName: s.rule, Fingerprint: s.fingerprint(),
			Severity: map[string]string{"escalate": "critical", "watch": "major", "normal": "minor"}[s.severity]}
		g.Location.Path, g.Location.Lines.Begin = report.Visible(s.file), max(s.line, 1) // both are required
		if s.file == "" {
			g.Location.Path = "stdin"
		}
		list = append(list, g)
	}
	data, err := report.MarshalASCII(list, false)
	if err != nil {
		return fmt.Errorf("cannot write the GitLab report: %w", err)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}
