package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
	"github.com/seed-07ce53fa/diagnose/pkg/ticket"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// ticketCommand writes the ticket for one destination.
type ticketCommand struct {
	reading
	format choice
	output outputFlag
	style  choice
	dest   words
	to     recipients
	strict bool
}

// ticketFormats are the forms a ticket can have.
func ticketFormats() []string { return []string{"text", "markdown", "json", "eml"} }

// autoStyle takes the style from the logs.
const autoStyle = "auto"

func newTicketCommand(w world, c chain, runF func(*ticketCommand, context.Context, []string) error) *cobra.Command {
	t := &ticketCommand{reading: newReading(w, c)}
	if runF == nil {
		runF = (*ticketCommand).main
	}
	cmd := &cobra.Command{
		Use:   "ticket [FLAGS] PATH...",
		Short: "write the ticket to the ESP or the MTA team",
		Long: `Write a ticket about the deferrals of one destination to whoever runs the sending
queue: the pattern, the business impact, the evidence and the exact change asked for.

Without --for it is about the destination of highest severity; the others are named on
standard error. What the logs do not tell is named in the ticket and on standard error.
Where there is nothing to write about, nothing is written and the exit code is 0.
Complete what is marked [edit] before you send it; nothing is sent from here.`,
		Example: `diagnose ticket logs/*.gz                        about the worst destination
diagnose ticket --for microsoft --pool shared mailgun-events.json
diagnose ticket --style mta-team --format markdown mail.log
diagnose ticket -o eml=ticket.eml --to support@esp.example logs/*.gz
diagnose ticket --strict logs/*.gz >ticket.txt   exit code 1 if a required field is missing`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			paths, err := t.begin(cmd, args)
			if err != nil || paths == nil {
				return err
			}
			return runF(t, cmd.Context(), paths)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	t.input.add(fs, c)
	t.sender.add(fs)
	t.format = choice{"text", "FORMAT", ticketFormats()}
	t.output.formats = ticketFormats()
	t.style = choice{autoStyle, "STYLE", append([]string{autoStyle}, styleNames()...)}
	t.dest.kind = "DEST"
	add(fs, groupOutput, &t.format, "format", "f", "form of the ticket on standard output", "")
	add(fs, groupOutput, &t.output, "output", "o", "write the ticket to a file, too; repeatable", "none")
	add(fs, groupOutput, &t.style, "style", "", "to whom it goes", "")
	add(fs, groupOutput, &t.dest, "for", "", "the destination of this name, MX or domain", "the one of highest severity")
	add(fs, groupOutput, &t.to, "to", "", "address of the eml form", "none; the mail program asks")
	addBool(fs, groupVerdict, &t.strict, "strict", "", "exit with 1 if a required field is not in the logs")
	t.addUnderstood(fs)
	t.manners.add(fs)
	complete(cmd)
	return cmd
}

// styleNames are the styles of tickets; none if their file is wrong, which main tells.
func styleNames() []string {
	styles, err := ticket.LoadStyles()
	if err != nil {
		return nil
	}
	return styles.Names()
}

// recipients is the flag --to: addresses as RFC 5322 writes them.
type recipients struct{ list []*mail.Address }

func (r *recipients) Type() string { return "ADDR" }

func (r *recipients) String() string {
	words := make([]string, len(r.list))
	for i, a := range r.list {
		words[i] = a.String()
	}
	return strings.Join(words, ", ")
}

func (r *recipients) Set(s string) error {
	list, err := mail.ParseAddressList(s)
	if err != nil {
		return fmt.Errorf("want an address such as support@esp.example, have %q", s)
	}
	r.list = append(r.list, list...)
	return nil
}

// main reads, chooses a destination and writes its ticket.
func (t *ticketCommand) main(ctx context.Context, args []string) error {
	styles, err := ticket.LoadStyles()
	if err != nil {
		return err
	}
	if len(t.to.list) > 0 && !slices.Contains(t.forms(), "eml") {
		return usagef("--to is for the eml form; add --format eml or --output eml=PATH")
	}
	cfg, bad, err := t.config(ctx, args)
	if err != nil {
		return err
	}
	if path := t.output.clashes(paths(cfg.Inputs)); path != "" {
		return usagef("--output: %s is an input; it would be overwritten", path)
	}
	rep, err := t.read(ctx, cfg, bad)
	if err != nil {
		return err
	}
	said := t.manners.sayInput(t.world, &rep.Input, t.format.value != "json")
	code, say := inputVerdict(&rep.Input, t.minUnderstood.value)
	if code == exitNothing {
		return said.failure(code, say)
	}
	chosen, others, err := chooseGroup(rep.Groups, t.dest.list)
	if err != nil {
		return err
	}
	worth := slices.DeleteFunc(slices.Clone(chosen), func(g report.Group) bool { return !ticket.Worth(&g) })
	if len(worth) == 0 {
		t.note(nothingToWrite(chosen))
		return said.failure(code, say)
	}
	for _, g := range worth[1:] {
		others = append(others, report.ShellWord(g.Platform))
	}
	if len(others) > 0 {
		t.note(fmt.Sprintf("this ticket is about %s; write one for each of the others, too: --for %s",
			worth[0].Destination, strings.Join(others, ", --for ")))
	}
	tk := ticket.Build(&worth[0], t.options(styles, &cfg, rep, &worth[0]))
	if err := t.write(&tk); err != nil {
		return err
	}
	missing := t.sayMissing(&tk)
	if code == exitFine && t.strict && missing != "" {
		code, say = exitFindings, "--strict: "+missing
	}
	return said.failure(code, say)
}

func nothingToWrite(chosen []report.Group) string {
	const what = "no connection-limit, rate-limit, reputation or listing replies"
	if len(chosen) == 0 {
		return "nothing to write a ticket about: " + what + " in these logs"
	}
	if say := onlyMixed(chosen); say != "" {
		return "no ticket is written: " + say
	}
	var names []string
	for _, g := range chosen {
		names = append(names, g.Destination)
	}
	return "nothing to write a ticket about: " + what + " from " + strings.Join(names, ", ")
}

func (t *ticketCommand) options(styles ticket.Styles, cfg *scan.Config, rep *report.Report, g *report.Group) ticket.Options {
	return ticketOptions(styles.Get(t.style.value), styles, cfg, rep, g)
}

// ticketOptions are the options of a ticket about g; without a style, the one that
// fits the destination.
func ticketOptions(style *ticket.Style, styles ticket.Styles, cfg *scan.Config, rep *report.Report, g *report.Group) ticket.Options {
	th := cfg.Rules.Thresholds
	o := ticket.Options{Enough: th.Int(rules.EnoughRefusals), Targets: ticket.Targets{
		Sessions:    th.Int(rules.SessionsStart),
		RetryFirst:  th.Int(rules.RetryFirst),
		RetryFactor: th.Value(rules.RetryFactor),
		RetryMost:   th.Int(rules.RetryMost),
		Pause:       th.Int(rules.Pause),
	}}
	var formats []string
	for _, f := range rep.Input.Files {
		formats = append(formats, f.Format)
	}
	if o.Style = style; style == nil {
		o.Style = styles.For(g.Via, formats)
	}
	return o
}

// documentOptions are those of the forms that are documents, made when they are asked
// for: the text of a ticket about each destination that is worth one.
func documentOptions(cfg *scan.Config, rep *report.Report) func() (report.DocumentOptions, error) {
	return sync.OnceValues(func() (report.DocumentOptions, error) {
		styles, err := ticket.LoadStyles()
		return report.DocumentOptions{Ticket: func(g *report.Group) string {
			if !ticket.Worth(g) {
				return ""
			}
			tk := ticket.Build(g, ticketOptions(nil, styles, cfg, rep, g))
			var b bytes.Buffer
			_ = tk.WriteText(&b, 0) // a buffer takes everything
			return b.String()
		}}, err
	})
}

// sayMissing tells which fields the logs could not fill and returns the required ones
// in words, "" if there are none.
func (t *ticketCommand) sayMissing(tk *ticket.Ticket) string {
	if tk.Caution != "" {
		t.note("ticket: " + tk.Caution)
	}
	var labels []string
	for _, m := range tk.Missing {
		labels = append(labels, m.Label)
	}
	if len(labels) > 0 {
		t.note("ticket: not in these logs: " + strings.Join(labels, ", ") + "; add what you know before you send it")
	}
	if n := tk.MessagesWithoutID; n > 0 {
		t.note(fmt.Sprintf("ticket: %s no Message-ID in these logs", has(n, "message")))
	}
	if list := tk.Incomplete(); len(list) > 0 {
		return "required fields are missing: " + strings.Join(list, ", ")
	}
	return ""
}

func has(n int64, one string) string {
	if n == 1 {
		return "1 " + one + " has"
	}
	return plural(n, one) + " have"
}

// forms are the forms asked for, that of standard output first.
func (t *ticketCommand) forms() []string {
	forms := []string{t.format.value}
	for _, f := range t.output.list {
		forms = append(forms, f.format)
	}
	return forms
}

// write renders the ticket in all forms asked for and only then writes any.
func (t *ticketCommand) write(tk *ticket.Ticket) error {
	var all []func(io.Writer) error
	for _, form := range t.forms() {
		var b bytes.Buffer
		if err := t.render(&b, tk, form); err != nil {
			return err
		}
		all = append(all, content(b.Bytes()))
	}
	if err := t.output.write(all[1:]); err != nil {
		return err
	}
	if err := all[0](t.Out); err != nil {
		return fmt.Errorf("cannot write the ticket: %w", err)
	}
	return nil
}

func (t *ticketCommand) render(b *bytes.Buffer, tk *ticket.Ticket, form string) error {
	switch form {
	case "json":
		return tk.WriteJSON(b)
	case "markdown":
		return tk.WriteMarkdown(b)
	case "eml":
		return tk.WriteEML(b, t.to.String())
	case "text":
		return tk.WriteText(b, t.manners.width.value)
	}
	return errors.New("no such form: " + form)
}
