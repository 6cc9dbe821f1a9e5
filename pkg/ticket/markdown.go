package ticket

import (
	"bytes"
	"cmp"
	"io"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// WriteMarkdown writes the ticket as CommonMark without tables or HTML. The reply is
// a fenced block and every value of the log a code span, so that none of it is
// markup, a link or a mention; names inside sentences are escaped.
func (t *Ticket) WriteMarkdown(w io.Writer) error {
	b := &bytes.Buffer{}
	line := func(parts ...string) {
		for _, p := range parts {
			b.WriteString(p)
		}
		b.WriteByte('\n')
	}
	line("# ", report.MarkdownText(t.Subject))
	line("\n", report.MarkdownText(t.Opening), "\n")
	line(report.MarkdownBlock(replyLines(t.Reply.Text)...))
	if t.Caution != "" {
		line("**", report.MarkdownText(t.Caution), "**\n")
	}
	for _, f := range t.fields() {
		markdownField(line, f)
	}
	r := &t.Request
	line("\n", report.MarkdownText(r.Lead), "\n")
	for _, it := range r.Items {
		line("- ", report.MarkdownText(it.sentence()))
	}
	line("\n", report.MarkdownText(r.Label))
	if len(r.Shared) > 0 {
		line("\n", report.MarkdownText(r.SharedLead), "\n")
		for _, s := range r.Shared {
			line("- ", report.MarkdownText(s))
		}
	}
	if r.Discards != "" {
		line("\n", report.MarkdownText(r.Discards))
	}
	_, err := w.Write(b.Bytes())
	return err
}

func markdownField(line func(...string), f field) {
	text := report.MarkdownText(f.text)
	var parts []string
	for _, v := range f.values {
		s := code(v.text)
		switch {
		case v.note == "":
		case f.rows:
			s += " " + report.MarkdownText(v.note)
		default:
			s += " (" + report.MarkdownText(v.note) + ")"
		}
		parts = append(parts, s)
	}
	if f.more > 0 {
		parts = append(parts, f.rest())
	}
	head := "- **" + f.label + ":**"
	if f.rows && len(parts) > 0 {
		line(strings.TrimRight(head+" "+text, " "))
		for _, s := range parts {
			line("  - ", s)
		}
		return
	}
	s := strings.Join(parts, ", ")
	if s != "" && text != "" {
		s = ": " + s
	}
	if f.edit != "" {
		s += " _" + report.MarkdownText("["+f.edit+"]") + "_"
	}
	line(head, " ", text, s)
}

// code is a value as a code span.
func code(s string) string { return cmp.Or(report.MarkdownCode(s), "(empty)") }
