package ticket

import (
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/report/reporttest"
)

// Whatever is in whichever field of a destination: every form of a ticket about it is
// read as what it is, by the readers of FuzzWriters.
func FuzzForms(f *testing.F) {
	list := reporttest.Attacks()
	for i, s := range list {
		f.Add(s, list[(i+1)%len(list)], list[(i+2)%len(list)], i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, a, b, c string, words bool) {
		var g report.Group
		reporttest.Fill(&g, words, reporttest.Turns(a, b, c))
		tk := build(t, &g, "esp", "shared")
		checkText(t, &tk)
		checkMarkdown(t, &tk)
		checkJSON(t, &tk)
		checkEML(t, &tk)
		for _, form := range []string{"txt", "md", "json"} {
			reporttest.NoCommand(t, render(t, &tk, form))
		}
	})
}
