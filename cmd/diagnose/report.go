package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/seed-07ce53fa/diagnose/pkg/check"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// reportCommand is the main command: read logs, report.
type reportCommand struct {
	reading
	format    choice
	json      bool
	output    outputFlag
	detail    choice
	all       bool
	top       number
	by        choice
	columns   columnsFlag
	class     choice
	dest      words
	ips       addresses
	failOn    choice
	selfCheck bool
}

func newReportCommand(w world, c chain, runF func(*reportCommand, context.Context, []string) error) *cobra.Command {
	r := &reportCommand{reading: newReading(w, c)}
	if runF == nil {
		runF = (*reportCommand).main
	}
	cmd := &cobra.Command{
		Use:   "diagnose [FLAGS] [PATH...]",
		Short: "say why connection-limit deferrals happen",
		Long: `Read mail logs and say why connection-limit deferrals happen.

PATH is a file, a pattern, a directory with -r, or - for standard input, which is
also read when it is piped and no PATH is given. Compressed files are recognised by
their content. A file named like a command: diagnose -- parse`,
		Example: `diagnose /var/log/mail.log                   one log
diagnose logs/*.gz                           several, compressed or not
diagnose -r --since 2h /var/log              a directory, the last two hours
journalctl -u postfix -o short-iso | diagnose
diagnose --json logs/*.gz | jq .groups       for scripts
diagnose --fail-on watch -o json=d.json logs/*.gz   for CI: exit code 1 from WATCH on`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			paths, err := r.begin(cmd, args)
			if err != nil || paths == nil {
				return err
			}
			if r.json {
				if cmd.Flags().Changed("format") && r.format.value != "json" {
					return usagef("--json and --format %s contradict each other", r.format.value)
				}
				r.format.value = "json"
			}
			if err := r.columns.check(report.Rows(r.by.value)); err != nil {
				return err
			}
			return runF(r, cmd.Context(), paths)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	r.input.add(fs, c)
	r.sender.add(fs)
	r.format = choice{"text", "FORMAT", outputFormats()}
	r.output.formats = outputFormats()
	r.detail = choice{string(report.DetailWorst), "HOW", []string{string(report.DetailNone), string(report.DetailWorst), string(report.DetailAll)}}
	r.top = number{report.DefaultTop, 1, 1_000_000, "N"}
	r.by = choice{string(report.RowsPlatform), "WHAT", report.RowNames()}
	r.class = choice{"", "CLASS", mail.ClassNames()}
	r.dest.kind = "DEST"
	r.failOn = choice{"never", "LEVEL", failLevels()}
	add(fs, groupOutput, &r.format, "format", "f", "form of the report on standard output", "")
	addBool(fs, groupOutput, &r.json, "json", "", "the same as --format json")
	add(fs, groupOutput, &r.output, "output", "o", "write the report to a file, too; repeatable", "none")
	add(fs, groupOutput, &r.detail, "detail", "", "explain none, worst (from WATCH on) or all", "")
	addBool(fs, groupOutput, &r.all, "all", "", "list all destinations")
	add(fs, groupOutput, &r.top, "top", "", "list so many destinations", "")
	add(fs, groupOutput, &r.by, "by", "", "what a row of the table is: platform, mx, domain or ip", "")
	add(fs, groupOutput, &r.columns, "columns", "", "columns of the table, separated by commas", "as many of the usual ones as fit")
	add(fs, groupOutput, &r.class, "class", "", "count only failures of this class, and the deliveries beside them", "all")
	add(fs, groupOutput, &r.dest, "for", "", "only destinations of this name, MX or domain; repeatable", "all")
	add(fs, groupOutput, &r.ips, "ip", "", "only attempts from these sending IPs; repeatable", "all")
	add(fs, groupVerdict, &r.failOn, "fail-on", "", "exit with 1 from this level on", "")
	r.addUnderstood(fs)
	addBool(fs, groupVerdict, &r.selfCheck, "self-check", "", "hold the numbers of the report against each other; exit with 70 on a bug")
	r.manners.add(fs)
	complete(cmd)
	return cmd
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// say writes to standard error what --verbose asks for.
func (m *manners) say(w world, text string) {
	if m.verbose && !m.quiet {
		w.say(w.color(m.color.value, w.ErrTerminal), text)
	}
}

// main reads, reports and judges.
func (r *reportCommand) main(ctx context.Context, args []string) error {
	cfg, bad, err := r.config(ctx, args)
	if err != nil {
		return err
	}
	cfg.IPs = r.ips.list
	cfg.Class, _ = mail.ParseClass(r.class.value) // the flag takes nothing else
	if path := r.output.clashes(paths(cfg.Inputs)); path != "" {
		return usagef("--output: %s is an input; it would be overwritten", path)
	}
	rep, err := r.read(ctx, cfg, bad)
	if err != nil {
		return err
	}
	var bug error
	if r.selfCheck {
		bug = bugs(rep)
	}
	if rep.Groups, err = selectGroups(rep.Groups, r.dest.list); err != nil {
		return err
	}
	// Before the report, so that on a terminal its last line is the last line.
	said := r.manners.sayInput(r.world, &rep.Input, r.format.value == "text")
	if err := r.write(&cfg, rep, args); err != nil {
		return err
	}
	if bug != nil {
		return bug
	}
	code, say := inputVerdict(&rep.Input, r.minUnderstood.value)
	if code == exitFine {
		code = findingVerdict(rep, r.failOn.value)
	}
	return said.failure(code, say)
}

// write renders the report in all forms asked for and only then writes any.
func (r *reportCommand) write(cfg *scan.Config, rep *report.Report, args []string) error {
	made := formOptions{document: documentOptions(cfg, rep),
		check: sync.OnceValue(func() *check.Check { return check.FromReport(rep, r.failOn.value, cfg.Rules.Causes) })}
	// Nothing is rendered as a whole: with thousands of destinations that is much.
	render := func(format string, o report.TextOptions) func(io.Writer) error {
		o.Detail, o.All, o.Top, o.Args = report.Detail(r.detail.value), r.all, r.top.value, args
		o.By, o.Columns = report.Rows(r.by.value), r.columns.list
		of := made
		of.text = o
		return func(w io.Writer) error { return formNamed(format).write(w, rep, of) }
	}
	var files []func(io.Writer) error
	for _, f := range r.output.list {
		files = append(files, render(f.format, report.TextOptions{Width: r.manners.width.value}))
	}
	if err := r.output.write(files); err != nil {
		return err
	}
	screen := bufio.NewWriter(r.Out)
	err := render(r.format.value, report.TextOptions{
		Width: r.width(r.manners.width.value),
		Color: r.color(r.manners.color.value, r.OutTerminal),
	})(screen)
	if err == nil {
		err = screen.Flush()
	}
	if err != nil {
		return fmt.Errorf("cannot write the report: %w", err)
	}
	if r.format.value == "github" {
		var summary bytes.Buffer
		if err := render("markdown", report.TextOptions{})(&summary); err != nil {
			return err
		}
		return r.stepSummary(summary.Bytes())
	}
	return nil
}

// told is what standard error said about the input.
type told struct{ errors int }

// failure is the end of a run: nil for code 0. say is printed if it adds something.
func (t told) failure(code int, say string) error {
	switch {
	case code == exitFine:
		return nil
	case say == "" || code == exitNothing && t.errors > 0:
		return &failure{code: code}
	}
	return &failure{code, errors.New(say)}
}

// notesShown bounds the notes on standard error; the JSON has them all.
const notesShown = 20

// sayInput writes the notes (unless quiet, or in machine forms) and all input
// problems to standard error.
func (m *manners) sayInput(w world, in *report.Input, notes bool) told {
	color := w.color(m.color.value, w.ErrTerminal)
	for _, f := range in.Files {
		name := f.Format
		if name == "" || name == "unknown" {
			name = "format not recognised"
		}
		m.say(w, fmt.Sprintf("%s: %s, %s, %s understood", f.Path, name, plural(f.Lines, "line"), report.Percent(f.Understood+f.Irrelevant, f.Lines)))
	}
	if notes && !m.quiet {
		for i, n := range in.Notes {
			if i == notesShown && !m.verbose {
				w.say(color, fmt.Sprintf("and %s more; all are in --json", plural(int64(len(in.Notes)-i), "note")))
				break
			}
			w.say(color, n)
		}
	}
	for _, e := range in.Errors {
		w.say(color, report.ErrorText(e))
	}
	return told{len(in.Errors)}
}

func plural(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return rules.Thousands(n) + " " + one + "s"
}

func paths(inputs []source.Input) []string {
	list := make([]string, len(inputs))
	for i, in := range inputs {
		list[i] = in.Path
	}
	return list
}

// selectGroups keeps the destinations that --for names. A name that none of them
// has is a mistake: silence would look like health.
func selectGroups(groups []report.Group, names []string) ([]report.Group, error) {
	if len(names) == 0 {
		return groups, nil
	}
	var kept []report.Group
	for _, name := range names {
		if !slices.ContainsFunc(groups, func(g report.Group) bool { return isDestination(&g, name) }) {
			known := destinations(groups)
			return nil, usagef("--for %s: no such destination in these logs%s", name, orElse(meant(name, known), theseAre(known)))
		}
	}
	for i := range groups {
		if slices.ContainsFunc(names, func(name string) bool { return isDestination(&groups[i], name) }) {
			kept = append(kept, groups[i])
		}
	}
	return kept, nil
}

// isDestination says that name is the name of g, its platform, one of its MX hosts
// or recipient domains, or the first words of one of the former: "microsoft" is
// "microsoft-consumer" and "Microsoft 365".
func isDestination(g *report.Group, name string) bool {
	name = strings.TrimSuffix(strings.TrimSpace(name), ".")
	same := func(s string) bool { return strings.EqualFold(s, name) }
	return beginsWith(name, g.Destination, g.Platform) || slices.ContainsFunc(g.MX, same) || slices.ContainsFunc(g.Domains, same)
}

// beginsWith says that name is one of the full names, or the first words of one.
func beginsWith(name string, full ...string) bool {
	name = strings.ToLower(name)
	return name != "" && slices.ContainsFunc(full, func(full string) bool {
		rest, found := strings.CutPrefix(strings.ToLower(full), name)
		return found && (rest == "" || rest[0] == '-' || rest[0] == ' ')
	})
}

// theseAre is "; they have A, B and 7 more", the gravest first, "" for none.
func theseAre(names []string) string {
	const most = 6
	if len(names) == 0 {
		return ""
	}
	s := "; they have " + strings.Join(names[:min(len(names), most)], ", ")
	if more := len(names) - most; more > 0 {
		s += " and " + rules.Thousands(int64(more)) + " more"
	}
	return s
}

func destinations(groups []report.Group) []string {
	var names []string
	for _, g := range groups {
		names = append(names, g.Platform)
	}
	return names
}
