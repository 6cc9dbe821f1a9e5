package check

import (
	"bytes"
	"fmt"
	"io"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// WriteJSON writes a check as one JSON object. Its keys are added, never renamed.
func WriteJSON(w io.Writer, c *Check) error {
	data, err := report.MarshalASCII(c, false)
	if err != nil {
		return fmt.Errorf("cannot write the check as JSON: %w", err)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// WriteNDJSON writes a check as one JSON object a line: first the check without its
// results and findings, which follow line by line. Only results have the key "guard",
// only findings "cause".
func WriteNDJSON(w io.Writer, c *Check) error {
	var b bytes.Buffer
	head := *c
	head.Results, head.Findings = nil, nil
	lines := []any{&head}
	for i := range c.Results {
		lines = append(lines, &c.Results[i])
	}
	for i := range c.Findings {
		lines = append(lines, &c.Findings[i])
	}
	for _, v := range lines {
		data, err := report.MarshalASCII(v, true)
		if err != nil {
			return fmt.Errorf("cannot write the check as NDJSON: %w", err)
		}
		b.Write(append(data, '\n'))
	}
	_, err := w.Write(b.Bytes())
	return err
}
