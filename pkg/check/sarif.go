package check

import (
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// The parts of SARIF 2.1.0 that are written (OASIS, sarif-schema-2.1.0.json).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
		ColumnKind  string            `json:"columnKind"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
		Properties     struct {
			Rules string `json:"rulesVersion"`
		} `json:"properties"`
	}
	sarifRule struct {
		ID      string     `json:"id"`
		Short   sarifText  `json:"shortDescription"`
		Help    sarifText  `json:"help"`
		HelpURI string     `json:"helpUri"`
		Default sarifLevel `json:"defaultConfiguration"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLevel struct {
		Level string `json:"level"`
	}
	sarifInvocation struct {
		Successful bool                `json:"executionSuccessful"`
		Notices    []sarifNotification `json:"toolExecutionNotifications"`
	}
	sarifNotification struct {
		Level   string    `json:"level"`
		Message sarifText `json:"message"`
	}
	sarifResult struct {
		RuleID        string            `json:"ruleId"`
		RuleIndex     int               `json:"ruleIndex"`
		Level         string            `json:"level"`
		Message       sarifText         `json:"message"`
		Locations     []sarifLocation   `json:"locations"`
		Fingerprints  map[string]string `json:"partialFingerprints"`
		BaselineState string            `json:"baselineState,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifLogical struct {
		Name string `json:"name"`
		Kind string `json:"kind"`
	}
)

// WriteSARIF writes what failed, or is bad below the level of --fail-on, as a log of
// SARIF 2.1.0. Fingerprints are of rule and destination, so that they stay when lines
// shift; what the baseline has already is marked unchanged.
func WriteSARIF(w io.Writer, c *Check) error {
	run := sarifRun{Results: []sarifResult{}, ColumnKind: "utf16CodeUnits", Invocations: []sarifInvocation{{Successful: len(c.Input.Errors) == 0, Notices: []sarifNotification{}}}}
	run.Tool.Driver = sarifDriver{Name: "diagnose", InformationURI: strings.TrimSuffix(Docs, "/blob/main/docs/ci.md"), Rules: []sarifRule{}}
	run.Tool.Driver.Properties.Rules = report.Visible(c.Rules)
	for _, e := range c.Input.Errors {
		run.Invocations[0].Notices = append(run.Invocations[0].Notices, sarifNotification{"error", sarifText{report.SARIFText(report.ErrorText(e))}})
	}
	index := map[string]int{}
	for _, s := range c.issues() {
		if !s.bad() && s.status != Known {
			continue
		}
		n, ok := index[s.rule]
		if !ok {
			n = len(run.Tool.Driver.Rules)
			index[s.rule] = n
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{ID: s.rule, Short: sarifText{report.Visible(s.short())}, Help: sarifText{report.Visible(s.help)},
				HelpURI: Docs + "#" + s.anchor(), Default: sarifLevel{sarifLevelOf(s.severity)}})
		}
		r := sarifResult{RuleID: s.rule, RuleIndex: n, Level: sarifLevelOf(s.severity), Message: sarifText{report.SARIFText(s.destination + ": " + s.text)},
			Fingerprints: map[string]string{"destinationRule/v1": s.fingerprint()}, Locations: []sarifLocation{}}
		if c.Baseline != nil {
			r.BaselineState = map[bool]string{true: "unchanged", false: "new"}[s.status == Known]
		}
		if s.file != "" {
			l := sarifLocation{Physical: sarifPhysical{Artifact: sarifArtifact{fileURI(s.file)}}, Logical: []sarifLogical{{report.Visible(s.destination), "resource"}}}
			if s.line > 0 {
				l.Physical.Region = &sarifRegion{s.line}
			}
			r.Locations = append(r.Locations, l)
		}
		run.Results = append(run.Results, r)
	}
	data, err := report.MarshalASCII(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}, false)
	if err != nil {
		return fmt.Errorf("cannot write SARIF: %w", err)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// short describes the rule of an issue.
func (s *issue) short() string {
	if !s.guard {
		return "connection-limit deferrals: " + s.rule
	}
	_, meaning, _ := strings.Cut(s.title, ": ")
	return meaning
}

// anchor is where the documentation explains a rule.
func (s *issue) anchor() string {
	if s.guard {
		return s.rule
	}
	return "findings"
}

func sarifLevelOf(severity string) string {
	switch severity {
	case "escalate":
		return "error"
	case "watch":
		return "warning"
	}
	return "note"
}

// fileURI is a path as a URI: relative to the working directory where it is relative.
func fileURI(file string) string {
	file = path.Clean(strings.ReplaceAll(file, `\`, "/"))
	u := url.URL{Path: file}
	if path.IsAbs(file) {
		u.Scheme = "file"
		return "file://" + u.EscapedPath()
	}
	return u.String() // "./a:b" where the first part has a colon
}
