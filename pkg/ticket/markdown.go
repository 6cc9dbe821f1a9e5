package ticket

import (
	"bytes"
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
	line("# ", escape(t.Subject))
	line("\n", escape(t.Opening), "\n")
	lines := replyLines(t.Reply.Text)
	fence := strings.Repeat("`", max(3, longestRun(strings.Join(lines, "\n"))+1))
	line(fence, "text")
	for _, l := range lines {
		line(l)
	}
	line(fence, "\n")
	if t.Caution != "" {
		line("**", escape(t.Caution), "**\n")
	}
	for _, f := range t.fields() {
		markdownField(line, f)
	}
	r := &t.Request
	line("\n", escape(r.Lead), "\n")
	for _, it := range r.Items {
		line("- ", escape(it.sentence()))
	}
	line("\n", escape(r.Label))
	if len(r.Shared) > 0 {
		line("\n", escape(r.SharedLead), "\n")
		for _, s := range r.Shared {
			line("- ", escape(s))
		}
	}
	if r.Discards != "" {
		line("\n", escape(r.Discards))
	}
	_, err := w.Write(b.Bytes())
	return err
}

func markdownField(line func(...string), f field) {
	text := escape(f.text)
	var parts []string
	for _, v := range f.values {
		s := code(v.text)
		switch {
		case v.note == "":
		case f.rows:
			s += " " + escape(v.note)
		default:
			s += " (" + escape(v.note) + ")"
		}
		parts = append(parts, s)
	}
	if f.more > 0 {
		parts = append(parts, "and "+number(f.more)+" more")
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
		s += " _" + escape("["+f.edit+"]") + "_"
	}
	line(head, " ", text, s)
}

// markup are the characters that CommonMark and GitHub give a meaning inside a line.
var markup = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `<`, `\<`, `>`, `\>`,
	`#`, `\#`, `|`, `\|`, `~`, `\~`, `&`, `\&`, `!`, `\!`, `$`, `\$`,
	`://`, `\://`, `www.`, `www\.`, `WWW.`, `WWW\.`,
	// No escape keeps "@name" from being a mention: it is one in the finished page.
	`@`, `(at)`,
)

// escape makes a sentence plain text in Markdown.
func escape(s string) string {
	return markup.Replace(strings.Join(strings.Fields(report.Visible(s)), " "))
}

// code is s as a code span (CommonMark 6.1): its fence is longer than any inside.
func code(s string) string {
	s = report.Visible(s)
	if strings.TrimSpace(s) == "" {
		return "(empty)"
	}
	fence := strings.Repeat("`", longestRun(s)+1)
	if len(fence) > 1 || strings.HasPrefix(s, " ") && strings.HasSuffix(s, " ") {
		s = " " + s + " " // one space at each end is not shown
	}
	return fence + s + fence
}

// longestRun is the length of the longest run of backticks.
func longestRun(s string) (most int) {
	n := 0
	for i := range len(s) {
		if s[i] == '`' {
			n++
			most = max(most, n)
		} else {
			n = 0
		}
	}
	return most
}
