package policy

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/report/reporttest"
)

// marker begins every text of FuzzForms. Nothing that has it is a domain name, an
// identifier or the plain words of a reply, so that it may stand in comments only.
const marker = "Zq9; "

// FuzzForms puts texts into every field of destinations. In the files of every MTA they
// are in comments only, and those are comments to the end of the line; what is to be
// typed has them as one word.
func FuzzForms(f *testing.F) {
	list := reporttest.Attacks()
	for i, s := range list {
		f.Add(s, list[(i+1)%len(list)], list[(i+2)%len(list)], i%2 == 0)
	}
	o := options(f)
	f.Fuzz(func(t *testing.T, a, b, c string, words bool) {
		groups := make([]report.Group, 2)
		reporttest.Fill(&groups, words, reporttest.Turns(marker+a, marker+b, marker+c))
		for i := range groups {
			groups[i].Via = "own-mta"
			// A receiver that limits, at a domain that is one.
			groups[i].Domains = append(groups[i].Domains, "example.net")
			groups[i].Replies[0].Sample = "421 4.7.0 " + groups[i].Replies[0].Sample
		}
		for _, mta := range Names() {
			checkFiles(t, Build(groups, mta, o))
		}
		groups[0].Via = ESP
		p := Build(groups, "generic", o)
		reporttest.Printable(t, "the request", write(t, &p))
	})
}

func checkFiles(t *testing.T, p Policy) {
	t.Helper()
	text := write(t, &p)
	reporttest.Printable(t, p.MTA, strings.ReplaceAll(text, "\t", ""))
	reporttest.NoCommand(t, text)
	known := slices.Concat(p.Apply, []string{""})
	for _, file := range p.Files {
		for line := range strings.Lines(file.Text) {
			line = strings.TrimSuffix(line, "\n")
			known = append(known, line)
			if strings.HasSuffix(line, `\`) {
				t.Fatalf("%s: a line that goes on: %q", p.MTA, line)
			}
			setting := strings.TrimSpace(line)
			for _, mark := range []string{"#", ";", "dnl "} {
				if strings.HasPrefix(setting, mark) {
					setting = ""
				}
			}
			if setting, _, _ = strings.Cut(setting, "  # "); strings.Contains(setting, marker[:4]) {
				t.Fatalf("%s: log text in a setting: %q", p.MTA, line)
			}
		}
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); !strings.HasPrefix(line, "#") && !slices.Contains(known, line) {
			t.Fatalf("%s: a line of nobody: %q", p.MTA, line)
		}
	}
	for _, line := range p.Watch {
		command, _, _ := strings.Cut(line, "   (")
		if i := strings.Index(command, marker[:4]); i >= 0 && command[i-1] != '\'' {
			t.Fatalf("%s: log text in a command without quotes: %q", p.MTA, command)
		}
	}
	for _, list := range [][]string{p.Pause, p.Resume, p.Apply, p.Undo} {
		if s := strings.Join(list, "\n"); strings.Contains(s, marker[:4]) {
			t.Fatalf("%s: log text in a command: %s", p.MTA, s)
		}
	}
}
