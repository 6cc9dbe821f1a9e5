package check

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/report/reporttest"
)

// junitText is every text of a JUnit file as an XML reader gets it.
func junitText(t testing.TB, data []byte) (texts []string) {
	t.Helper()
	var all struct {
		Suites []JUnitSuite `xml:"testsuite"`
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&all); err != nil {
		t.Fatalf("%v in\n%s", err, data)
	}
	if _, err := d.Token(); err != nil && err != io.EOF {
		t.Fatalf("after the end: %v", err)
	}
	for _, s := range all.Suites {
		texts = append(texts, s.Name)
		for _, p := range s.Properties {
			texts = append(texts, p.Value)
		}
		for _, c := range s.Cases {
			texts = append(texts, c.Class, c.Name, c.File)
			if c.Failure != nil {
				texts = append(texts, c.Failure.Message, c.Failure.Text)
			}
		}
	}
	return texts
}

// Whatever is in whichever field of a check and a report: every form is read as what it
// is, by a parser of that form.
func FuzzFilled(f *testing.F) {
	list := reporttest.Attacks()
	for i, s := range list {
		f.Add(s, list[(i+1)%len(list)], list[(i+2)%len(list)])
	}
	f.Fuzz(func(t *testing.T, one, two, three string) {
		if strings.TrimSpace(one) == "" || strings.TrimSpace(two) == "" || strings.TrimSpace(three) == "" {
			return // every check says something
		}
		c, r := &Check{}, &report.Report{}
		reporttest.Fill(c, true, reporttest.Turns(one, two, three))
		reporttest.Fill(r, true, reporttest.Turns(one, two, three))
		checkFilled(t, c, r)
		checkFilled(t, FromReport(r, "watch", builtin(t).Causes), r)
	})
}

func checkFilled(t *testing.T, c *Check, r *report.Report) {
	t.Helper()
	for name, write := range map[string]func(io.Writer, *Check) error{
		"text": func(w io.Writer, c *Check) error {
			return WriteText(w, c, TextOptions{All: true, Args: []string{r.Rules}})
		}, "failures": WriteFailures,
		"JSON": WriteJSON, "NDJSON": WriteNDJSON, "GitLab": WriteGitLab, "SARIF": WriteSARIF, "JUnit": WriteJUnit, "Markdown": WriteMarkdown,
		"metrics": func(w io.Writer, c *Check) error { return WritePrometheus(w, r, c, true) },
	} {
		data := string(render(t, write, c)) // and it is printable
		reporttest.NoCommand(t, data)
		if name == "NDJSON" {
			for line := range strings.Lines(data) {
				if !json.Valid([]byte(line)) {
					t.Fatalf("no JSON: %s", line)
				}
			}
		}
	}

	texts := junitText(t, render(t, WriteJUnit, c))
	for _, s := range c.issues() {
		rule := s.rule
		if !s.guard {
			rule = "finding"
		}
		if want := report.Visible(s.destination + "/" + rule); !slices.Contains(texts, want) {
			t.Fatalf("no test case %q among %q", want, texts)
		}
	}

	sarif := render(t, WriteSARIF, c)
	validate(t, "sarif-2.1.0-parts", sarif)
	var back sarifRead
	if err := json.Unmarshal(sarif, &back); err != nil {
		t.Fatal(err)
	}
	for _, res := range back.Runs[0].Results {
		s := strings.NewReplacer(`\\`, "", `\[`, "", `\]`, "", "{{", "", "}}", "").Replace(res.Message.Text)
		if strings.ContainsAny(s, `[]{}`) {
			t.Fatalf("a link or an argument in %q", res.Message.Text)
		}
	}
	validate(t, "gitlab-code-quality", render(t, WriteGitLab, c))
	if list := annotations(t, render(t, WriteGitHub, c)); len(list) == 0 || len(list) > mostAnnotations {
		t.Fatalf("%d annotations", len(list))
	}
	for _, byIP := range []bool{false, true} {
		scrape(t, render(t, func(w io.Writer, c *Check) error { return WritePrometheus(w, r, c, byIP) }, c))
	}
	checkMarkdown(t, render(t, WriteMarkdown, c))
}
