package main

import (
	"errors"
	"fmt"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/selfcheck"
)

// bugsShown bounds how many broken laws are printed.
const bugsShown = 10

// bugs is the failure of a run whose report breaks a law of its own (--self-check), nil
// if it breaks none.
func bugs(rep *report.Report) error {
	broken := selfcheck.Check(rep)
	if len(broken) == 0 {
		return nil
	}
	var all []error
	for i, law := range broken {
		if i == bugsShown {
			all = append(all, fmt.Errorf("and %d more of the kind", len(broken)-i))
			break
		}
		all = append(all, fmt.Errorf("this is a bug in diagnose: %s", law))
	}
	all = append(all, errors.New("do not rely on this report; please report the bug with what diagnose version prints and, if you can, the log"))
	return &failure{exitBug, errors.Join(all...)}
}
