package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/check"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// form is one form of the report: its name in --format and --output, and what writes it.
type form struct {
	name  string
	write func(io.Writer, *report.Report, formOptions) error
}

// formOptions are the choices of all forms.
type formOptions struct {
	text report.TextOptions
	// document is made when the first form asks for it, and so is check, the findings
	// for the forms of CI systems.
	document func() (report.DocumentOptions, error)
	check    func() *check.Check
}

// forms are all forms of the report. A new one is registered here, and nowhere else.
func forms() []form {
	return []form{
		{"text", func(w io.Writer, r *report.Report, o formOptions) error { return report.WriteText(w, r, o.text) }},
		{"json", func(w io.Writer, r *report.Report, _ formOptions) error { return report.WriteJSON(w, r, false) }},
		{"ndjson", func(w io.Writer, r *report.Report, _ formOptions) error { return report.WriteNDJSON(w, r) }},
		{"csv", func(w io.Writer, r *report.Report, _ formOptions) error { return report.WriteCSV(w, r) }},
		{"markdown", documentForm(report.WriteMarkdown)},
		{"html", documentForm(report.WriteHTML)},
		{"junit", checkForm(check.WriteJUnit)},
		{"sarif", checkForm(check.WriteSARIF)},
		{"github", checkForm(check.WriteGitHub)},
		{"gitlab", checkForm(check.WriteGitLab)},
		{"prometheus", func(w io.Writer, r *report.Report, o formOptions) error {
			return check.WritePrometheus(w, r, nil, o.text.By == report.RowsIP)
		}},
	}
}

func documentForm(write func(io.Writer, *report.Report, report.DocumentOptions) error) func(io.Writer, *report.Report, formOptions) error {
	return func(w io.Writer, r *report.Report, o formOptions) error {
		d, err := o.document()
		if err != nil {
			return err
		}
		return write(w, r, d)
	}
}

func checkForm(write func(io.Writer, *check.Check) error) func(io.Writer, *report.Report, formOptions) error {
	return func(w io.Writer, _ *report.Report, o formOptions) error { return write(w, o.check()) }
}

// formNamed is the form of that name, one of outputFormats.
func formNamed(name string) form {
	all := forms()
	return all[slices.IndexFunc(all, func(f form) bool { return f.name == name })]
}

// outputFormats are the names of the forms a report can have.
func outputFormats() []string {
	var names []string
	for _, f := range forms() {
		names = append(names, f.name)
	}
	return names
}

// outputFile is one --output FORMAT=PATH.
type outputFile struct{ format, path string }

// outputFlag is the repeatable flag --output; formats are those that there are.
type outputFlag struct {
	list    []outputFile
	formats []string
}

func (o *outputFlag) Type() string { return "FORMAT=PATH" }

func (o *outputFlag) String() string {
	words := make([]string, len(o.list))
	for i, f := range o.list {
		words[i] = f.format + "=" + f.path
	}
	return strings.Join(words, " ")
}

func (o *outputFlag) Set(s string) error {
	format, path, found := strings.Cut(s, "=")
	switch {
	case !found || path == "":
		return fmt.Errorf("want FORMAT=PATH such as json=report.json, have %q", s)
	case !slices.Contains(o.formats, format):
		return fmt.Errorf("unknown format %q%s; want %s", format, rules.DidYouMean(format, o.formats), orList(o.formats))
	case path == "-":
		return fmt.Errorf("%q: standard output is for --format", s)
	}
	for _, f := range o.list {
		if filepath.Clean(f.path) == filepath.Clean(path) {
			return fmt.Errorf("%s is named twice", path)
		}
	}
	o.list = append(o.list, outputFile{format, path})
	return nil
}

// columnsFlag is the flag --columns: names of table columns. Which there are depends
// on --by, so they are checked when all flags are known.
type columnsFlag struct{ list []string }

func (c *columnsFlag) String() string { return strings.Join(c.list, ",") }
func (c *columnsFlag) Type() string   { return "LIST" }

func (c *columnsFlag) Set(s string) error {
	c.list = nil
	for name := range strings.SplitSeq(s, ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name == "" {
			return fmt.Errorf("want names separated by commas, have %q", s)
		}
		c.list = append(c.list, name)
	}
	return nil
}

func (c *columnsFlag) check(by report.Rows) error {
	known := report.ColumnNames(by)
	for _, name := range c.list {
		if !slices.Contains(known, name) {
			return usagef("--columns: no column %q%s; there are %s", name, rules.DidYouMean(name, known), strings.Join(known, ", "))
		}
	}
	return nil
}

// clashes is the output that would overwrite an input, "" if there is none.
func (o *outputFlag) clashes(inputs []string) string {
	for _, f := range o.list {
		out, err := os.Stat(f.path)
		if err != nil {
			continue
		}
		for _, path := range inputs {
			if in, err := os.Stat(path); err == nil && os.SameFile(in, out) {
				return f.path
			}
		}
	}
	return ""
}

// write writes the files, in the order of the flags; each is rendered into its place.
func (o *outputFlag) write(render []func(io.Writer) error) error {
	for i, f := range o.list {
		if err := writeFile(f.path, render[i]); err != nil {
			return usagef("cannot write --output %s: %w", f.path, err)
		}
	}
	return nil
}
