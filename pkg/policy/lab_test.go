package policy

import (
	"path/filepath"
	"testing"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// Postfix and Exim take the policy of every real log whose receivers limit.
func TestPoliciesOfRealLogs(t *testing.T) {
	logs := parsertest.LabLogs(t, "*.log.gz")
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	written := 0
	for _, log := range logs {
		t.Run(filepath.Base(filepath.Dir(log))+"-"+filepath.Base(log), func(t *testing.T) {
			rep, err := scan.Run(t.Context(), scan.Config{Inputs: []source.Input{{Path: log}}, Rules: set})
			if err != nil {
				t.Fatal(err)
			}
			var needy []report.Group
			for i := range rep.Groups {
				if Needed(&rep.Groups[i]) {
					needy = append(needy, rep.Groups[i])
				}
			}
			if len(needy) == 0 {
				return // nobody limits here
			}
			written++
			p := Build(needy, "postfix", options(t))
			postfixWith(t, &p)
			p = Build(needy, "exim", options(t))
			eximWith(t, &p)
		})
	}
	if written < 5 {
		t.Errorf("only %d logs needed a policy", written)
	}
}
