package main

import (
	"encoding/xml"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// The parts of JUnit XML that CI systems read: a suite for each file, a case for
// each test.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		File    string        `xml:"file,attr"`
		Line    int           `xml:"line,attr"`
		Failure *junitFailure `xml:"failure"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// junit renders test results as JUnit XML. Texts are made safe first: XML has no
// way to write most control characters.
func junit(results []rules.Result) ([]byte, error) {
	all := junitSuites{Name: "diagnose rules test"}
	for _, r := range results {
		if n := len(all.Suites); n == 0 || all.Suites[n-1].Name != report.Visible(r.File) {
			all.Suites = append(all.Suites, junitSuite{Name: report.Visible(r.File)})
		}
		s := &all.Suites[len(all.Suites)-1]
		c := junitCase{Class: s.Name, Name: report.Visible(r.Name), File: s.Name, Line: r.Line}
		all.Tests++
		s.Tests++
		if len(r.Errs) > 0 {
			all.Failures++
			s.Failures++
			var lines []string
			for _, err := range r.Errs {
				lines = append(lines, failureText(err))
			}
			c.Failure = &junitFailure{lines[0], strings.Join(lines, "\n")}
		}
		s.Cases = append(s.Cases, c)
	}
	data, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return nil, err
	}
	return append([]byte(xml.Header), append(data, '\n')...), nil
}
