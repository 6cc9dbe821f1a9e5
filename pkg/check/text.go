package check

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// mostRows is how many rows of a kind are shown; --all shows all.
const mostRows = 10

// longestName is how much of a name a row shows.
const longestName = 40

// TextOptions are the choices of the text form.
type TextOptions struct {
	// All shows every row, Color marks statuses with ANSI colours.
	All, Color bool
	// Width is where notes wrap, 0 for report.DefaultWidth; rows are as long as they need.
	Width int
	// Args are the inputs as typed, for the command offered at the end.
	Args []string
}

// row is one line of the text form. Its parts have been through report.Visible.
type row struct {
	status                    Status
	name, what, change, bound string
	id, note, where           string
}

// rows are a check in lines: everything that is not ok one by one, and one line for
// each destination where all is.
func (c *Check) rows() (bad, fine []row) {
	trouble := map[string]bool{}
	for i := range c.Results {
		r := &c.Results[i]
		if r.Status == OK && r.Note == "" {
			continue
		}
		one := row{status: r.Status, name: r.target(), what: r.Meaning, change: r.Change, bound: r.Bound, id: r.Guard, note: r.Note, where: r.Where}
		if r.Destination == nil {
			one.name = ""
		}
		if r.Destination != nil {
			trouble[*r.Destination] = true
		}
		bad = append(bad, one.visible())
	}
	for i := range c.Findings {
		f := &c.Findings[i]
		change := strings.ToUpper(f.Severity)
		if f.Was != nil {
			change = *f.Was + " -> " + change
		}
		trouble[f.Destination] = true
		one := row{status: f.Status, name: f.Destination, what: "level", change: change, id: f.Cause, note: f.Text, where: f.Where}
		if f.Status == Fail {
			one.bound = c.FailOn
		}
		bad = append(bad, one.visible())
	}
	for i := range c.Results {
		r := &c.Results[i]
		one := row{status: OK, name: r.target(), change: r.Change}
		switch {
		case r.Status != OK || r.Note != "": // told already
			continue
		case r.Destination == nil:
			one.name, one.what, one.bound, one.id = "", r.Meaning, r.Bound, r.Guard
		case trouble[*r.Destination] || r.Unit != string(rules.UnitShare):
			continue
		}
		fine = append(fine, one.visible())
	}
	return bad, fine
}

func (r row) visible() row {
	for _, s := range []*string{&r.name, &r.what, &r.change, &r.bound, &r.id, &r.note, &r.where} {
		*s = report.Visible(*s)
	}
	if len(r.name) > longestName {
		r.name = r.name[:longestName-3] + "..."
	}
	return r
}

// WriteText writes a check for a person: what failed first, the summary last. The
// text is printable ASCII, whatever the logs contain.
func WriteText(w io.Writer, c *Check, o TextOptions) error {
	if o.Width == 0 {
		o.Width = report.DefaultWidth
	}
	o.Width = min(max(o.Width, report.MinWidth), report.MaxWidth)
	t := text{Check: c, TextOptions: o}
	bad, fine := c.rows()
	t.table(bad, fine)
	t.changes("new destination", c.New)
	t.changes("gone", c.Gone)
	for i, m := range c.Moved {
		if i == mostRows && !o.All {
			t.f("reclassified: and %d more\n", len(c.Moved)-i)
			break
		}
		t.f("reclassified: %s of %s, %s -> %s\n", count(m.Count, "reply", "replies"), report.Visible(m.Destination), report.Visible(m.From), report.Visible(m.To))
	}
	t.f("%s\n", c.Summary())
	if c.Baseline != nil && c.Failed > 0 {
		t.f("update on purpose: diagnose check --baseline %s --update-baseline %s\n", report.ShellWord(c.Baseline.File), t.args())
	}
	_, err := w.Write(t.b.Bytes())
	return err
}

// WriteFailures writes the rows that failed and the summary: what a job log needs
// beside a form for machines.
func WriteFailures(w io.Writer, c *Check) error {
	t := text{Check: c, TextOptions: TextOptions{Width: report.DefaultWidth}}
	bad, _ := c.rows()
	var failed []row
	for _, r := range bad {
		if r.status == Fail {
			failed = append(failed, r)
		}
	}
	t.table(failed, nil)
	t.f("%s\n", c.Summary())
	_, err := w.Write(t.b.Bytes())
	return err
}

// Summary is a check in a line.
func (c *Check) Summary() string {
	s := fmt.Sprintf("%d failed, ", c.Failed)
	if c.Warned > 0 {
		s += fmt.Sprintf("%d below --fail-on %s, ", c.Warned, c.FailOn)
	}
	s += fmt.Sprintf("%d ok", c.Passed)
	if c.Baseline == nil {
		return s + "; no baseline (rules " + report.Visible(c.Rules) + ")"
	}
	s += "; baseline"
	if c.Baseline.Last != nil {
		s += " from " + c.Baseline.Last.UTC().Format("2006-01-02")
	}
	s += fmt.Sprintf(" (rules %s); now rules %s", report.Visible(c.Baseline.Rules), report.Visible(c.Rules))
	if c.Baseline.RulesChanged {
		s += ": the rules changed"
	}
	return s
}

type text struct {
	*Check
	TextOptions
	b bytes.Buffer
}

func (t *text) f(format string, args ...any) { fmt.Fprintf(&t.b, format, args...) }

// table writes rows in columns.
func (t *text) table(bad, fine []row) {
	if !t.All && len(fine) > mostRows {
		rest := len(fine)
		var kept []row
		for _, r := range fine { // those of the input stay
			if r.id != "" || len(kept) < mostRows {
				kept = append(kept, r)
			}
		}
		fine, rest = kept, rest-len(kept)
		if rest > 0 {
			fine = append(fine, row{status: OK, name: count(int64(rest), "other destination", "other destinations")})
		}
	}
	all := slices.Concat(bad, fine)
	var name, what, change, left int
	for _, r := range all {
		name, change = max(name, len(r.name)), max(change, len(r.change))
		if r.name != "" {
			what = max(what, len(r.what))
		}
	}
	for _, r := range all { // a row of the whole input needs no column for a name
		if left = max(left, name+2+what); r.name == "" {
			left = max(left, len(r.what))
		}
	}
	for _, r := range all {
		bound, id := "", ""
		if r.bound != "" {
			bound = "  limit " + r.bound
		}
		if r.id != "" {
			id = "  [" + r.id + "]"
		}
		title := r.what
		if r.name != "" {
			title = fmt.Sprintf("%-*s  %s", name, r.name, r.what)
		}
		t.f("%s  %s\n", t.mark(r.status), strings.TrimRight(fmt.Sprintf("%-*s  %-*s%-14s%s", left, title, change, r.change, bound, id), " "))
		var more []string
		for _, s := range []string{r.where, r.note} {
			if s != "" && (r.status != OK || s == r.note) {
				more = append(more, s)
			}
		}
		if len(more) > 0 {
			for _, line := range report.Wrap(strings.Join(more, "  "), t.Width-6, 4) {
				t.f("      %s\n", line)
			}
		}
	}
}

// mark is a status in four letters or more.
func (t *text) mark(s Status) string {
	word, color := string(s), ""
	switch s {
	case Fail:
		word, color = "FAIL", "31"
	case Warn:
		color = "33"
	case Reclassified:
		word, color = "rule", "33"
	case Known:
		word = "same"
	default:
		color = "32"
	}
	word = fmt.Sprintf("%-4s", word)
	if !t.Color || color == "" {
		return word
	}
	return "\x1b[" + color + "m" + word + "\x1b[0m"
}

// changes lists destinations that are new or gone.
func (t *text) changes(what string, list []Change) {
	if len(list) == 0 {
		return
	}
	var names []string
	for i, c := range list {
		if i == mostRows && !t.All {
			names = append(names, fmt.Sprintf("and %d more", len(list)-i))
			break
		}
		names = append(names, fmt.Sprintf("%s (%s)", row{name: c.Destination}.visible().name, count(c.Attempts, "attempt", "attempts")))
	}
	for i, line := range report.Wrap(what+": "+strings.Join(names, ", "), t.Width-2, 0) {
		if i > 0 {
			line = "  " + line
		}
		t.f("%s\n", line)
	}
}

// args are the inputs as typed, where they are short.
func (t *text) args() string {
	words := make([]string, len(t.Args))
	for i, arg := range t.Args {
		words[i] = report.ShellWord(arg)
	}
	if s := strings.Join(words, " "); s != "" && len(s) <= 40 {
		return s
	}
	return "PATH..."
}

func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return rules.Thousands(n) + " " + many
}
