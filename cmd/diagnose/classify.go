package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/source"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// classifyCommand says what replies mean, one a line.
type classifyCommand struct {
	world
	input   inputFlags // only its rules
	manners manners
	json    bool
	csv     bool
}

// classified is one line of classify: the machine contract. Unknown is null.
type classified struct {
	Reply      string  `json:"reply"`
	Class      string  `json:"class"`
	Scope      string  `json:"scope"`
	Provider   *string `json:"provider"`
	Confidence float64 `json:"confidence"`
	Rule       *string `json:"rule"`
}

func newClassifyCommand(w world, runF func(*classifyCommand, context.Context, []string) error) *cobra.Command {
	c := &classifyCommand{world: w}
	if runF == nil {
		runF = (*classifyCommand).main
	}
	cmd := &cobra.Command{
		Use:   "classify [FLAGS] [FILE...]",
		Short: "say what SMTP replies mean, one reply a line",
		Long: `Say what SMTP replies mean. Each line is a reply, or MX<TAB>reply where the receiver is
known. The reply may carry what an MTA wraps around it, or no code at all. --json and
--csv print exactly one line for each line read, empty lines too.`,
		Example: `echo '421 4.7.0 Too many concurrent connections' | diagnose classify
diagnose classify --json replies.txt
printf 'mx1.example.net\t451 4.7.1 Try later\n' | diagnose classify --csv`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := settle(w, cmd.Flags(), c.manners.config.value); err != nil {
				return err
			}
			if c.json && c.csv {
				return usagef("--json and --csv contradict each other")
			}
			if len(args) == 0 {
				if w.InTerminal {
					return showHelp(w, cmd, true)
				}
				args = []string{source.Stdin}
			}
			return runF(c, cmd.Context(), args)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	addBool(fs, groupOutput, &c.json, "json", "", "one JSON object a line")
	addBool(fs, groupOutput, &c.csv, "csv", "", "comma-separated values with a header")
	c.input.rulesFlag(fs)
	c.manners.add(fs)
	complete(cmd)
	return cmd
}

func (c *classifyCommand) main(ctx context.Context, args []string) error {
	set, err := c.input.loadRules()
	if err != nil {
		return &failure{exitUsage, err}
	}
	out := bufio.NewWriterSize(c.Out, 64<<10)
	emit, finish := c.printer(out)
	classifier := set.Replies.NewClassifier()
	stdin := until(ctx, c.In)
	var bad []error
	for _, path := range args {
		var write error // of the output, not of this file
		err := eachLine(stdin, path, func(line []byte) error {
			if ctx.Err() != nil {
				write = ctx.Err()
			} else {
				write = emit(classifyLine(set, classifier, line))
			}
			return write
		})
		if write != nil {
			return fmt.Errorf("cannot write: %w", errors.Join(write, out.Flush()))
		}
		if err != nil {
			bad = append(bad, err)
		}
	}
	if err := errors.Join(finish(), out.Flush()); err != nil {
		return fmt.Errorf("cannot write: %w", err)
	}
	if len(bad) > 0 {
		return &failure{exitInput, errors.Join(bad...)}
	}
	return nil
}

// maxReply bounds one line; what is beyond does not change what a reply means.
const maxReply = 64 << 10

// eachLine calls f for each line of a file, without its line end; a last line
// without a line end counts, too.
func eachLine(stdin io.Reader, path string, f func([]byte) error) error {
	in := stdin
	if path != source.Stdin {
		file, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("cannot read replies: %w", err)
		}
		defer func() { _ = file.Close() }() // nothing was written
		in = file
	}
	r := bufio.NewReaderSize(in, maxReply)
	for {
		line, err := r.ReadSlice('\n')
		long := errors.Is(err, bufio.ErrBufferFull)
		if err != nil && !long && err != io.EOF {
			return fmt.Errorf("cannot read replies from %s: %w", path, err)
		}
		if err == io.EOF && len(line) == 0 {
			return nil
		}
		end := err == io.EOF
		if e := f(bytes.TrimRight(line, "\r\n")); e != nil {
			return e
		}
		for long { // skip the rest of the line
			_, err = r.ReadSlice('\n')
			long = errors.Is(err, bufio.ErrBufferFull)
			end = err == io.EOF
		}
		if end {
			return nil
		}
	}
}

// splitMX splits MX<TAB>reply. Before the tab stands a host name or nothing; else
// the tab is part of the reply.
func splitMX(line string) (mx, reply string) {
	before, after, found := strings.Cut(line, "\t")
	if !found {
		return "", line
	}
	mx = strings.TrimSpace(before)
	if mx == "" {
		return "", after
	}
	// relay= style "host[address]:port" is taken, too.
	host, _, _ := strings.Cut(mx, "[")
	if strings.ContainsAny(mx, " \t") || !strings.Contains(strings.Trim(host, "."), ".") && host != "" {
		return "", line
	}
	return host, after
}

func classifyLine(set *rules.Set, classifier *rules.Classifier, line []byte) classified {
	mx, reply := splitMX(string(line))
	m := classifier.Classify(set.Providers.ByMX(mx), []byte(reply))
	class := m.Class.String()
	if class == "" {
		class = mail.Other.String()
	}
	return classified{
		Reply: reply, Class: class, Scope: m.Scope.String(),
		Provider: orNil(m.Provider), Confidence: m.Confidence, Rule: orNil(m.Rule),
	}
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
