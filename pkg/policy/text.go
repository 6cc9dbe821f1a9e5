package policy

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// WriteText writes the policy for an operator. What begins with # is a comment in all
// of it, whatever the MTA's own mark is; the rest is lines of files and commands to be
// taken as they are. The order is that of the repair: pause, cap, retries, then what
// lies beneath, then raise (H25). Comments are wrapped at width (0 is report.DefaultWidth,
// bounded by report.MinWidth and MaxWidth); lines of files and commands stay as they are.
func (p *Policy) WriteText(w io.Writer, width int) error {
	if width == 0 {
		width = report.DefaultWidth
	}
	t := text{width: min(max(width, report.MinWidth), report.MaxWidth)}
	if p.Request != "" {
		t.b.WriteString(p.Request)
		t.section("Not for you to configure", p.Cannot)
	} else {
		for i := range p.Plans {
			t.plan(&p.Plans[i], p.Title())
		}
		t.section("1. Pause first, until open sessions drain ("+pauses(p.Plans)+"), and again whenever the reply returns", nil)
		if p.PauseNote != "" {
			t.comment(p.PauseNote, "")
		}
		t.commands(p.Pause)
		t.section("then resume", nil)
		t.commands(p.Resume)
		t.section("2. Cap and retries: change these files, then run the commands", nil)
		for _, f := range p.Files {
			t.file(f)
		}
		if len(p.Apply) > 0 {
			fmt.Fprintf(&t.b, "\n# --- run ---\n%s", lines(p.Apply...))
		}
		t.section("What "+p.Title()+" cannot do, or does in its own way", p.Cannot)
	}
	for i := range p.Plans {
		title := "3. Then"
		if p.MTA == ESP {
			title = "Meanwhile"
		}
		if len(p.Plans) > 1 {
			title += ", for " + p.Plans[i].Destination
		}
		t.section(title, p.Plans[i].Beyond)
	}
	t.section("Watch", p.Watch)
	if len(p.Undo) > 0 {
		t.section("To undo", nil)
		t.commands(p.Undo)
	}
	_, err := w.Write(t.b.Bytes())
	return err
}

func pauses(plans []Plan) string { return clock(plans[0].Pause) }

type text struct {
	b     bytes.Buffer
	width int
}

func (t *text) plan(p *Plan, title string) {
	if t.b.Len() > 0 {
		t.b.WriteString("#\n")
	}
	t.comment(fmt.Sprintf("Queue policy for %s: %s, at most %s at once per sending IP", title, p.Destination, plural(p.Sessions, "session")), "")
	t.comment("Numbers are "+Label(p.Destination)+". They hold for this receiver alone; nothing here is global.", "")
	t.comment("diagnosis: "+orNone(p.Cause)+", "+orNone(p.State)+", "+orNone(p.Severity), "")
	for _, r := range p.Why {
		t.comment(r.What+": "+r.Text+" ("+basis(r.Basis)+")", "- ")
	}
	if len(p.Domains) == 0 {
		t.comment("matched: nothing yet, no recipient domain is in these logs; fill in yours", "- ")
	} else {
		t.comment("matched: "+join(p.Domains, " "), "- ")
	}
	if p.Left > 0 {
		t.comment("left out: "+plural(p.Left, "name")+" in these logs that is no domain name", "- ")
	}
	t.comment(fmt.Sprintf("also: %d recipients per connection; retry %s x%s, at most %s; pause %s",
		p.Recipients, clock(p.RetryFirst), decimal(p.RetryFactor), clock(p.RetryMost), clock(p.Pause)), "- ")
}

func basis(b string) string {
	if b == "seed" {
		return "operating target"
	}
	return b
}

func orNone(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// section is a heading in a comment with its items.
func (t *text) section(title string, items []string) {
	t.b.WriteString("\n")
	t.comment(title, "")
	for _, it := range items {
		t.comment(it, "- ")
	}
}

// commands are shown in a comment: they are not part of what is applied.
func (t *text) commands(list []string) {
	for _, c := range list {
		t.b.WriteString("#     " + c + "\n")
	}
}

func (t *text) file(f File) {
	if f.Text == "" {
		return
	}
	fmt.Fprintf(&t.b, "\n# --- %s (%s) ---\n%s", f.Path, f.How, f.Text)
}

func (t *text) comment(s, mark string) {
	indent := strings.Repeat(" ", len(mark))
	for i, line := range report.Wrap(report.Visible(s), t.width-2-len(mark), 0) {
		if i > 0 {
			mark = indent
		}
		t.b.WriteString("# " + mark + line + "\n")
	}
}

// WriteJSON writes the policy as one indented JSON object and a line end, all of it in
// printable ASCII: empty lists are [].
func (p *Policy) WriteJSON(w io.Writer) error {
	data, err := report.MarshalASCII(p, false)
	if err != nil {
		return fmt.Errorf("cannot write the policy as JSON: %w", err)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}
