package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/seed-07ce53fa/diagnose/pkg/check"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

// write renders the result in all forms asked for and only then writes any.
func (k *checkCommand) write(cfg *scan.Config, rep *report.Report, result *check.Check, args []string) error {
	document := documentOptions(cfg, rep)
	render := func(format string, o check.TextOptions) ([]byte, error) {
		var b bytes.Buffer
		err := writeCheck(&b, format, rep, result, o, document)
		return b.Bytes(), err
	}
	var files []func(io.Writer) error
	for _, f := range k.output.list {
		data, err := render(f.format, check.TextOptions{All: k.all, Args: args, Width: k.manners.width.value})
		if err != nil {
			return err
		}
		files = append(files, content(data))
	}
	screen, err := render(k.format.value, check.TextOptions{All: k.all, Args: args, Width: k.width(k.manners.width.value), Color: k.color(k.manners.color.value, k.OutTerminal)})
	if err != nil {
		return err
	}
	if err := k.output.write(files); err != nil {
		return err
	}
	if k.format.value != "text" && !k.manners.quiet { // a job log that says only "exit code 1" helps nobody
		if err := check.WriteFailures(k.ErrOut, result); err != nil {
			return fmt.Errorf("cannot write the result: %w", err)
		}
	}
	if _, err := k.Out.Write(screen); err != nil {
		return fmt.Errorf("cannot write the result: %w", err)
	}
	if k.format.value == "github" {
		summary, err := render("markdown", check.TextOptions{})
		if err != nil {
			return err
		}
		return k.stepSummary(summary)
	}
	return nil
}

// checkFormats are the forms of a check.
func checkFormats() []string {
	return []string{"text", "json", "ndjson", "markdown", "html", "junit", "sarif", "github", "gitlab", "prometheus"}
}

// writeCheck writes a check in one form. The HTML form is that of the report, and so
// is what the Markdown form says below the verdict.
func writeCheck(b *bytes.Buffer, format string, rep *report.Report, c *check.Check, o check.TextOptions, document func() (report.DocumentOptions, error)) error {
	switch format {
	case "text":
		return check.WriteText(b, c, o)
	case "json":
		return check.WriteJSON(b, c)
	case "ndjson":
		return check.WriteNDJSON(b, c)
	case "html":
		return documentForm(report.WriteHTML)(b, rep, formOptions{document: document})
	case "markdown":
		if err := check.WriteMarkdown(b, c); err != nil || len(c.Findings) == 0 {
			return err
		}
		b.WriteByte('\n')
		return documentForm(report.WriteMarkdown)(b, rep, formOptions{document: document})
	case "prometheus":
		return check.WritePrometheus(b, rep, c, false)
	}
	return writeCI(b, format, c)
}

// writeCI writes a check in a form that a CI system reads.
func writeCI(b *bytes.Buffer, format string, c *check.Check) error {
	switch format {
	case "junit":
		return check.WriteJUnit(b, c)
	case "sarif":
		return check.WriteSARIF(b, c)
	case "github":
		return check.WriteGitHub(b, c)
	case "gitlab":
		return check.WriteGitLab(b, c)
	}
	return errors.New("no such form: " + format)
}

// stepSummary appends Markdown to the summary of the GitHub job, where there is one:
// the only file that is appended to, as other steps of the job write to it as well.
func (w world) stepSummary(markdown []byte) error {
	path := w.Env("GITHUB_STEP_SUMMARY")
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err == nil {
		_, err = f.Write(append(markdown, '\n'))
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return usagef("cannot write the job summary (GITHUB_STEP_SUMMARY): %w", err)
	}
	return nil
}
