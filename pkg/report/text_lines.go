package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// ANSI colours (ECMA-48 SGR).
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	bold   = "1"
)

// paint is s in a colour, where colours are wanted.
func (t *text) paint(code, s string) string {
	if !t.Color || s == "" || code == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// level is a severity as a word in its colour.
func (t *text) level(severity string) string {
	code := map[string]string{"escalate": red, "watch": yellow, "normal": green}[severity]
	return t.paint(code, severityWord(severity))
}

// line prints one line.
func (t *text) line(s string) {
	t.b.WriteString(strings.TrimRight(s, " "))
	t.b.WriteByte('\n')
}

// wrapped prints s over as many lines as it needs, the further ones indented:
// nothing from a log begins a line of its own.
func (t *text) wrapped(s string) {
	indent := ""
	for _, l := range Wrap(s, t.Width-2, 0) {
		t.line(indent + l)
		indent = "  "
	}
}

// labelled prints s in the column after a label, with a place in the log at the
// right edge.
func (t *text) labelled(label, s, where string, most int) {
	t.hanging(fmt.Sprintf("  %-8s  ", label), s, where, most)
}

// numbered prints s after a number.
func (t *text) numbered(n int64, s, where string, most int) {
	t.hanging(fmt.Sprintf("  %8s  ", rules.Thousands(n)), s, where, most)
}

// mark is a word to be printed in a colour.
type mark struct{ code, word string }

// hanging prints s after prefix, its further lines indented below it, and where at
// the right edge: on the last line if it fits, else on a line of its own. Marks
// apply to the first line.
func (t *text) hanging(prefix, s, where string, most int, marks ...mark) {
	indent := strings.Repeat(" ", len(prefix))
	lines := Wrap(s, t.Width-len(prefix), most)
	last := len(lines) - 1
	for i, l := range lines {
		l = indent + l
		if i == 0 {
			l = prefix + l[len(indent):]
		}
		room := t.Width - len(l) - len(where)
		if i == last && where != "" && room >= 2 {
			l += strings.Repeat(" ", room) + where
			where = ""
		}
		if i == 0 {
			for _, m := range marks {
				if m.word == "" {
					continue
				}
				l = strings.Replace(l, m.word, t.paint(m.code, m.word), 1)
			}
		}
		t.line(l)
	}
	if where != "" {
		where = shorten(where, t.Width-len(indent))
		t.line(strings.Repeat(" ", t.Width-len(where)) + where)
	}
}

func nonEmpty(items ...string) []string {
	return slices.DeleteFunc(items, func(s string) bool { return s == "" })
}
