package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// formatsCommand says which log formats are read and what each can tell.
type formatsCommand struct {
	world
	manners manners
	json    bool
	formats []parsers.Format
}

// formatList is the JSON form.
type formatList struct {
	Schema  int            `json:"schema"`
	Formats []listedFormat `json:"formats"`
}

type listedFormat struct {
	Name    string          `json:"name"`
	Title   string          `json:"title"`
	Carries []carriedAnswer `json:"carries"`
}

type carriedAnswer struct {
	What string `json:"what"`
	// Answer is yes, partly or no.
	Answer string  `json:"answer"`
	Note   *string `json:"note"`
}

func newFormatsCommand(w world, c chain, runF func(*formatsCommand, context.Context, []string) error) *cobra.Command {
	f := &formatsCommand{world: w, formats: c.formats}
	if runF == nil {
		runF = (*formatsCommand).main
	}
	cmd := &cobra.Command{
		Use:   "formats [FLAGS] [NAME...]",
		Short: "list the log formats and what each can tell",
		Long: `List the log formats that are read and what the lines of each can and cannot tell. What a
format does not carry no report can have; a report says so. With a NAME, in full.`,
		Example: `diagnose formats                 all of them
diagnose formats postfix         one of them, with notes`,
		Args: cobra.ArbitraryArgs,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return f.names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: settled(w, &f.manners, func(ctx context.Context, args []string) error { return runF(f, ctx, args) }),
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	addBool(fs, groupOutput, &f.json, "json", "", "one JSON object")
	f.manners.add(fs)
	complete(cmd)
	return cmd
}

func (f *formatsCommand) names() []string {
	var names []string
	for _, known := range f.formats {
		names = append(names, known.Name)
	}
	return names
}

func (f *formatsCommand) main(_ context.Context, args []string) error {
	chosen := f.formats
	if len(args) > 0 {
		chosen = nil
	}
	for _, name := range args {
		found := false
		for _, known := range f.formats {
			if known.Name == name {
				chosen, found = append(chosen, known), true
			}
		}
		if !found {
			return usagef("no log format %q%s", name, orElse(meant(name, f.names()), ": known are "+strings.Join(f.names(), ", ")))
		}
	}
	list := formatList{Schema: explainSchema}
	for _, known := range chosen {
		l := listedFormat{Name: known.Name, Title: known.Title}
		for _, c := range known.Carries.List() {
			l.Carries = append(l.Carries, carriedAnswer{c.Name, c.Level.String(), orNil(c.Note)})
		}
		list.Formats = append(list.Formats, l)
	}
	if f.json {
		data, err := report.MarshalASCII(list, false)
		if err != nil {
			return err
		}
		return f.put(append(data, '\n'))
	}
	p := &page{width: min(max(f.width(f.manners.width.value), report.MinWidth), report.MaxWidth)}
	if len(args) > 0 {
		list.details(p)
	} else {
		list.table(p)
	}
	return f.put(p.b.Bytes())
}

// details prints every answer with its note.
func (l *formatList) details(p *page) {
	for i, f := range l.Formats {
		if i > 0 {
			p.line("")
		}
		p.item(f.Name, f.Title, 12)
		for _, c := range f.Carries {
			text := c.Answer
			if c.Note != nil {
				text += ": " + *c.Note
			}
			p.item("  "+c.What, text, 22)
		}
	}
}

// heads are short names of what a format may carry, for the table; the legend
// explains those that do not speak for themselves.
var heads = map[string]struct {
	short  string
	legend bool
}{
	"time zone": {"ZONE", false}, "sub-second": {"FRAC", true}, "sending IP": {"OUR-IP", true}, "MX host": {"MX", false}, "MX IP": {"MX-IP", false},
	"message id": {"MSG-ID", false}, "sender": {"FROM", false}, "recipient": {"TO", false}, "queue id": {"QUEUE", false}, "sessions": {"SESS", true},
	"retries": {"RETRY", false}, "own-side refusals": {"OWN", true},
}

// table prints the titles and then a mark for each answer, in as many blocks as
// the width needs.
func (l *formatList) table(p *page) {
	column := len("FORMAT")
	for _, f := range l.Formats {
		column = max(column, len(f.Name))
	}
	for _, f := range l.Formats {
		p.item(f.Name, f.Title, column+2)
	}
	if len(l.Formats) == 0 {
		return
	}
	p.line("\nWhat its lines can tell: + yes, ~ partly, - no")
	all := l.Formats[0].Carries
	for from := 0; from < len(all); {
		to, room := from, p.width-column
		for to < len(all) && room >= len(head(all[to].What))+1 {
			room -= len(head(all[to].What)) + 1
			to++
		}
		to = max(to, from+1)
		line := fmt.Sprintf("%-*s", column, "FORMAT")
		for _, c := range all[from:to] {
			line += " " + head(c.What)
		}
		p.line("%s", line)
		for _, f := range l.Formats {
			line := fmt.Sprintf("%-*s", column, f.Name)
			for _, c := range f.Carries[from:to] {
				line += fmt.Sprintf(" %-*s", len(head(c.What)), mark(c.Answer))
			}
			p.line("%s", strings.TrimRight(line, " "))
		}
		from = to
	}
	var legend []string
	for _, c := range all {
		if h := heads[c.What]; h.legend {
			legend = append(legend, h.short+" "+c.What)
		}
	}
	p.line("")
	for _, line := range report.Wrap(strings.Join(legend, ", ")+". Notes: diagnose formats NAME", p.width, 0) {
		p.line("%s", line)
	}
}

func head(what string) string {
	if h := heads[what]; h.short != "" {
		return h.short
	}
	return strings.ToUpper(what)
}

// mark is an answer as one character.
func mark(answer string) string {
	switch answer {
	case parsers.Yes.String():
		return "+"
	case parsers.Partly.String():
		return "~"
	}
	return "-"
}
