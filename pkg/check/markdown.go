package check

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// WriteMarkdown writes a check in GitHub Flavored Markdown, for a job summary or a
// comment.
func WriteMarkdown(w io.Writer, c *Check) error {
	var b bytes.Buffer
	f := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	title := "passed"
	if c.Failed > 0 {
		title = "failed"
	}
	f("## Mail throttling check %s\n\n%s\n", title, report.MarkdownText(c.Summary()))
	bad, fine := c.rows()
	rest := 0
	if len(fine) > mostRows {
		fine, rest = fine[:mostRows], len(fine)-mostRows
	}
	if len(bad)+len(fine) > 0 {
		f("\n| Result | Destination | What | Was, now | Limit | Rule | Place |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	}
	for _, r := range slices.Concat(bad, fine) {
		what := r.what
		if r.note != "" {
			what += ": " + r.note
		}
		status := report.MarkdownCell(string(r.status))
		if r.status == Fail {
			status = "**FAIL**"
		}
		f("| %s | %s | %s | %s | %s | %s | %s |\n", status, report.MarkdownCell(r.name), report.MarkdownCell(what), report.MarkdownCell(r.change),
			report.MarkdownCell(r.bound), report.MarkdownCell(r.id), report.MarkdownCell(r.where))
	}
	if rest > 0 {
		f("\n%d more rows are ok.\n", rest)
	}
	list := func(title string, changes []Change) {
		for i, ch := range changes {
			if i == 0 {
				f("\n**%s**\n\n", title)
			}
			if i == mostRows {
				f("- and %d more\n", len(changes)-i)
				return
			}
			f("- %s, %s\n", report.MarkdownText(ch.Destination), count(ch.Attempts, "attempt", "attempts"))
		}
	}
	list("New destinations", c.New)
	list("Gone", c.Gone)
	for i, m := range c.Moved {
		if i == 0 {
			f("\n**Reclassified** (other rules made the baseline)\n\n")
		}
		if i == mostRows {
			f("- and %d more\n", len(c.Moved)-i)
			break
		}
		f("- %s of %s: %s, now %s\n", count(m.Count, "reply", "replies"), report.MarkdownText(m.Destination), report.MarkdownText(m.From), report.MarkdownText(m.To))
	}
	_, err := w.Write(b.Bytes())
	return err
}
