package check

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// JUnitSuite is one suite of JUnit XML, as far as CI systems read it.
type JUnitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Properties []JUnitProperty `xml:"properties>property,omitempty"`
	Cases      []JUnitCase     `xml:"testcase"`
}

// JUnitProperty is a name with its value.
type JUnitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

// JUnitCase is one test.
type JUnitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Line    int           `xml:"line,attr,omitempty"`
	Failure *JUnitFailure `xml:"failure"`
	Out     string        `xml:"system-out,omitempty"`
}

// JUnitFailure says why a test failed: in a line, and in full.
type JUnitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnitSuites writes suites as JUnit XML and counts their tests. Texts must have
// been through report.Visible: XML has no way to write most control characters.
func WriteJUnitSuites(w io.Writer, name string, suites []JUnitSuite) error {
	all := struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []JUnitSuite `xml:"testsuite"`
	}{Name: name, Suites: suites}
	for i := range suites {
		s := &suites[i]
		s.Tests, s.Failures = len(s.Cases), 0
		for _, c := range s.Cases {
			if c.Failure != nil {
				s.Failures++
			}
		}
		all.Tests += s.Tests
		all.Failures += s.Failures
	}
	data, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("cannot write JUnit XML: %w", err)
	}
	_, err = w.Write(append([]byte(xml.Header), append(data, '\n')...))
	return err
}

// WriteJUnit writes a check as JUnit XML: one suite for all files together, one test
// for each guard that binds at a destination, and for each finding.
func WriteJUnit(w io.Writer, c *Check) error {
	in := &c.Input
	suite := JUnitSuite{Name: report.Visible(filesName(in.Files)), Properties: []JUnitProperty{
		{"lines", strconv.FormatInt(in.Lines, 10)},
		{"understood", strconv.FormatInt(in.Understood, 10)},
		{"irrelevant", strconv.FormatInt(in.Irrelevant, 10)},
		{"rules", report.Visible(c.Rules)},
	}}
	if c.Baseline != nil {
		suite.Properties = append(suite.Properties, JUnitProperty{"baseline", report.Visible(c.Baseline.File)}, JUnitProperty{"baseline-rules", report.Visible(c.Baseline.Rules)})
	}
	for _, s := range c.issues() {
		rule := s.rule
		if !s.guard {
			rule = "finding"
		}
		t := JUnitCase{Class: report.Visible(s.destination), Name: report.Visible(s.destination + "/" + rule), File: report.Visible(s.file), Line: s.line}
		text := report.Visible(s.text)
		if s.status == Fail {
			t.Failure = &JUnitFailure{Message: text, Text: text + "\n" + report.Visible(s.help) + "\n"}
		} else {
			t.Out = string(s.status) + ": " + text
		}
		suite.Cases = append(suite.Cases, t)
	}
	return WriteJUnitSuites(w, "diagnose", []JUnitSuite{suite})
}

// filesName names a set of files.
func filesName(files []report.File) string {
	switch len(files) {
	case 0:
		return "no input"
	case 1:
		return files[0].Path
	}
	return fmt.Sprintf("%s and %d more", files[0].Path, len(files)-1)
}
