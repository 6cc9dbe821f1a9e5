package ticket

import (
	"bytes"
	"io"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

const (
	// labelWidth is the column of the values.
	labelWidth = 20
	// defaultWidth is the width of plain text that is read in a mail.
	defaultWidth = 78
)

// WriteText writes the ticket as plain text with its subject in the first line, ready
// to paste. Lines are wrapped at width (0: 78), never inside a word: host names and
// message ids stay whole. Log text is made visible ASCII; the reply alone keeps its
// bytes but for characters that do not print.
func (t *Ticket) WriteText(w io.Writer, width int) error {
	b := &bytes.Buffer{}
	b.WriteString("Subject: " + report.Visible(t.Subject) + "\n\n")
	t.body(b, width)
	_, err := w.Write(b.Bytes())
	return err
}

// body is the text below the subject.
func (t *Ticket) body(b *bytes.Buffer, width int) {
	if width == 0 {
		width = defaultWidth
	}
	p := printer{b, width}
	p.hanging("", t.Opening)
	b.WriteByte('\n')
	for _, l := range replyLines(t.Reply.Text) {
		b.WriteString("    " + l + "\n")
	}
	b.WriteByte('\n')
	if t.Caution != "" {
		p.hanging("", t.Caution)
		b.WriteByte('\n')
	}
	for _, f := range t.fields() {
		p.field(f)
	}
	b.WriteByte('\n')
	r := &t.Request
	p.hanging("", r.Lead)
	for _, it := range r.Items {
		p.hanging("  - ", it.sentence())
	}
	p.hanging("  ", r.Label)
	if len(r.Shared) > 0 {
		p.hanging("", r.SharedLead)
		for _, s := range r.Shared {
			p.hanging("  - ", s)
		}
	}
	if r.Discards != "" {
		p.hanging("", r.Discards)
	}
}

// sentence is the target with what was measured instead.
func (it *Item) sentence() string {
	if it.Measured == "" {
		return it.Text
	}
	return it.Text + " (measured now: " + it.Measured + ")"
}

type printer struct {
	b     *bytes.Buffer
	width int
}

func (p *printer) field(f field) {
	label := f.label + ":"
	label += strings.Repeat(" ", max(labelWidth-len(label), 1))
	edit := ""
	if f.edit != "" {
		edit = " [" + f.edit + "]"
	}
	var parts []string
	for _, v := range f.values {
		s := v.text
		switch {
		case v.note == "":
		case f.rows:
			s += " " + v.note
		default:
			s += " (" + v.note + ")"
		}
		parts = append(parts, s)
	}
	if f.more > 0 {
		parts = append(parts, f.rest())
	}
	if f.rows && len(parts) > 0 {
		if f.text != "" {
			parts = append([]string{f.text}, parts...)
		}
		for _, s := range parts {
			p.hanging(label, s)
			label = strings.Repeat(" ", labelWidth)
		}
		return
	}
	s := strings.Join(parts, ", ")
	switch {
	case s == "":
		s = f.text
	case f.text != "":
		s = f.text + ": " + s
	}
	p.hanging(label, s+edit)
}

// hanging writes prefix and s over as many lines as it needs, the further ones
// indented below s: nothing of a log begins a line of its own.
func (p *printer) hanging(prefix, s string) {
	line, empty := prefix, true
	for _, word := range strings.Fields(report.Visible(s)) {
		if !empty && len(line)+1+len(word) > p.width {
			p.b.WriteString(line + "\n")
			line, empty = strings.Repeat(" ", len(prefix)), true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	p.b.WriteString(strings.TrimRight(line, " ") + "\n")
}

// replyLines are the lines of a reply as the log has it (C45).
func replyLines(s string) []string {
	if s == "" {
		return []string{absent}
	}
	lines := strings.Split(strings.TrimRight(s, "\r\n"), "\n")
	for i, l := range lines {
		lines[i] = report.Readable(strings.TrimSuffix(l, "\r"))
	}
	return lines
}
