package main

import (
	"bytes"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/check"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// junit renders results of rule tests as JUnit XML: a suite for each file, a case for
// each test.
func junit(results []rules.Result) ([]byte, error) {
	var suites []check.JUnitSuite
	for _, r := range results {
		file := report.Visible(r.File)
		if n := len(suites); n == 0 || suites[n-1].Name != file {
			suites = append(suites, check.JUnitSuite{Name: file})
		}
		s := &suites[len(suites)-1]
		c := check.JUnitCase{Class: file, Name: report.Visible(r.Name), File: file, Line: r.Line}
		if len(r.Errs) > 0 {
			var lines []string
			for _, err := range r.Errs {
				lines = append(lines, failureText(err))
			}
			c.Failure = &check.JUnitFailure{Message: lines[0], Text: strings.Join(lines, "\n")}
		}
		s.Cases = append(s.Cases, c)
	}
	var b bytes.Buffer
	err := check.WriteJUnitSuites(&b, "diagnose rules test", suites)
	return b.Bytes(), err
}
