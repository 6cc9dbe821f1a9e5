package main

import (
	"bufio"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

// parseCommand prints the delivery lines as they were understood.
type parseCommand struct {
	reading
	json       bool
	perMessage bool
	class      choice
	dest       word
	chain      chain
}

func newParseCommand(w world, c chain, runF func(*parseCommand, context.Context, []string) error) *cobra.Command {
	p := &parseCommand{reading: newReading(w, c), chain: c}
	if runF == nil {
		runF = (*parseCommand).main
	}
	cmd := &cobra.Command{
		Use:   "parse [FLAGS] PATH...",
		Short: "print each delivery line as it was understood",
		Long: `Print one row for each delivery line: when, what became of it, the reply and what it
means. --json prints one object a line with all fields; the text form is cut at the
width of the terminal. With --messages it is one row for each message and recipient over
all inputs: how often it was tried and refused, the last failure, and what became of it.`,
		Example: `diagnose parse mail.log                                   every delivery line
diagnose parse --for gmail.com --class rate-limit logs/*.gz
diagnose parse --messages --class connection-limit logs/*.gz   what became of each message
diagnose parse --json logs/*.gz | jq -r .text | sort | uniq -c | sort -rn`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			paths, err := p.begin(cmd, args)
			if err != nil || paths == nil {
				return err
			}
			return runF(p, cmd.Context(), paths)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	p.input.add(fs, c)
	p.class = choice{"", "CLASS", mail.ClassNames()}
	p.dest.kind = "DEST"
	addBool(fs, groupOutput, &p.json, "json", "", "one JSON object a line")
	addBool(fs, groupOutput, &p.perMessage, "messages", "", "one row for each message and recipient, with its last failure and final outcome")
	add(fs, groupOutput, &p.class, "class", "", "only replies of this class; messages that met one", "all")
	add(fs, groupOutput, &p.dest, "for", "", "only the destination of this name, MX or domain", "all")
	p.addUnderstood(fs)
	p.manners.add(fs)
	complete(cmd)
	return cmd
}

func (p *parseCommand) main(ctx context.Context, args []string) error {
	cfg, bad, err := p.input.scanConfig(ctx, p.world, args)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(p.Out, 64<<10)
	defer sayWaiting(p.world, &p.manners, cfg.Inputs)()
	stop := func() {}
	if !p.OutTerminal { // else the rows themselves are the progress
		stop = showProgress(p.world, &p.manners, cfg.Progress)
	}
	in, err := p.rows(ctx, cfg, out)
	stop()
	if flushed := out.Flush(); flushed != nil {
		err = fmt.Errorf("cannot write rows: %w", flushed)
	}
	if err != nil {
		return err
	}
	in.Errors = append(bad, in.Errors...)
	in.Notes = append(in.Notes, cfg.Source.LeftOut.Notes(cfg.Inputs)...)
	// Of rows of messages nothing but a note says that they are not exact.
	said := p.manners.sayInput(p.world, in, !p.json || p.perMessage)
	return said.failure(inputVerdict(in, p.minUnderstood.value))
}

// rows writes the rows, as they come or of whole messages.
func (p *parseCommand) rows(ctx context.Context, cfg scan.Config, out *bufio.Writer) (*report.Input, error) {
	width := 0
	if !p.json {
		// Rows for a terminal are cut to its width; in a pipe grep wants all of them.
		width = p.manners.width.value
		if p.OutTerminal {
			width = p.width(width)
		}
		header := rowHeader()
		if p.perMessage {
			header = messageHeader()
		}
		if err := writeCut(out, header, width); err != nil {
			return nil, err
		}
	}
	if p.perMessage {
		cfg.Scratch = p.scratch
		return p.chain.messages(ctx, cfg, p.class.value, p.dest.value, func(row *scan.MessageRow) error {
			if p.json {
				return writeMessageJSON(out, row)
			}
			return writeMessageText(out, row, width)
		})
	}
	return p.chain.parse(ctx, cfg, p.class.value, p.dest.value, func(row *scan.Row) error {
		if p.json {
			return writeRowJSON(out, row)
		}
		return writeRowText(out, row, width)
	})
}

func writeRowJSON(w *bufio.Writer, row *scan.Row) error {
	data, err := report.MarshalASCII(row, true)
	if err != nil {
		return fmt.Errorf("cannot write %s:%d as JSON: %w", row.File, row.Line, err)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// Widths of the columns of the text form; what follows them is as long as it is.
const (
	timeWidth    = len("2026-05-20 09:02:14")
	outcomeWidth = len("delivered")
	codeWidth    = len("451 4.7.652")
	classWidth   = len("connection-limit")
)

func rowHeader() string {
	return fmt.Sprintf("%-*s  %-*s  %-*s  %-*s  RECIPIENT VIA MX: TEXT", timeWidth, "TIME (UTC)", outcomeWidth, "OUTCOME", codeWidth, "REPLY", classWidth, "CLASS")
}

// writeRowText writes a row as one line, at most width characters (0: no bound).
func writeRowText(w *bufio.Writer, row *scan.Row, width int) error {
	where := placeOf(row.Recipient, deref(row.MX, deref(row.MXIP, "")), deref(row.Text, ""))
	line := fmt.Sprintf("%-*s  %-*s  %-*s  %-*s  %s", timeWidth, textTime(row.Time), outcomeWidth, report.Visible(row.Outcome),
		codeWidth, report.Visible(textCode(row.Code, row.Enhanced)), classWidth, report.Visible(deref(row.Class, "-")), report.Visible(where))
	return writeCut(w, line, width)
}

// textTime is a time of a row in UTC, to the second.
func textTime(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// textCode is the reply code with the enhanced status code.
func textCode(code *int, enhanced *string) string {
	s := deref(enhanced, "")
	if code != nil {
		s = strings.TrimSpace(strconv.Itoa(*code) + " " + s)
	}
	return orDash(s)
}

// placeOf is "RECIPIENT via MX: TEXT".
func placeOf(recipient *string, mx, text string) string {
	s := deref(recipient, "-")
	if mx != "" {
		s += " via " + mx
	}
	if text != "" {
		s += ": " + text
	}
	return s
}

// writeCut writes one line of at most width characters (0: no bound).
func writeCut(w *bufio.Writer, line string, width int) error {
	if width > 0 && len(line) > width {
		line = line[:max(width-3, 0)] + "..."
	}
	_, err := w.WriteString(line + "\n")
	return err
}

func deref(s *string, none string) string {
	if s == nil || *s == "" {
		return none
	}
	return *s
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
