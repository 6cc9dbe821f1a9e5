package ticket

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// Every real log with trouble gives a ticket in which no required field is missing, in
// all forms, and the reply is in the log byte for byte.
func TestTicketsOfRealLogs(t *testing.T) {
	logs := parsertest.LabLogs(t, "*.log.gz")
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	styles, err := LoadStyles()
	if err != nil {
		t.Fatal(err)
	}
	written := 0
	for _, log := range logs {
		name := filepath.Base(filepath.Dir(log)) + " " + filepath.Base(log)
		rep, err := scan.Run(t.Context(), scan.Config{Inputs: []source.Input{{Path: log}}, Rules: set})
		if err != nil {
			t.Fatal(err)
		}
		for i := range rep.Groups {
			g := &rep.Groups[i]
			if !Worth(g) {
				continue
			}
			written++
			tk := Build(g, Options{Style: styles.For(g.Via, []string{rep.Input.Files[0].Format}), Targets: seedTargets, Enough: 5})
			if missing := tk.Incomplete(); len(missing) > 0 {
				t.Errorf("%s, %s: missing %v", name, g.Destination, missing)
			}
			var b bytes.Buffer
			for form, write := range map[string]func() error{
				"text": func() error { return tk.WriteText(&b, 98) }, "markdown": func() error { return tk.WriteMarkdown(&b) },
				"json": func() error { return tk.WriteJSON(&b) }, "eml": func() error { return tk.WriteEML(&b, "") },
			} {
				b.Reset()
				if err := write(); err != nil || b.Len() < 500 {
					t.Errorf("%s, %s, %s: %d bytes, %v", name, g.Destination, form, b.Len(), err)
				}
			}
			b.Reset()
			if err := tk.WriteText(&b, 98); err != nil || !strings.Contains(b.String(), g.Replies[0].Sample) {
				t.Errorf("%s, %s: the reply is not there verbatim, %v:\n%s", name, g.Destination, err, b.String())
			}
		}
	}
	if written < 10 {
		t.Errorf("only %d tickets", written)
	}
}
