package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// wantsShort says that -h was typed: one screen instead of everything.
func wantsShort(args []string) bool {
	for _, a := range args {
		switch a {
		case "--":
			return false
		case "-h":
			return true
		}
	}
	return false
}

// helpWidth bounds help pages.
func helpWidth(w world) int { return min(max(w.width(0), 60), 100) }

// showHelp prints the help page of a command: examples first. The short page has
// the flags that most runs need.
func showHelp(w world, cmd *cobra.Command, short bool) error {
	p := &page{width: helpWidth(w)}
	p.line("%s: %s", cmd.CommandPath(), cmd.Short)
	if cmd.HasExample() {
		p.line("")
		for line := range strings.SplitSeq(cmd.Example, "\n") {
			p.line("  %s", line)
		}
	}
	p.line("")
	p.line("usage: %s", strings.TrimSuffix(cmd.UseLine(), " [flags]"))
	if !cmd.HasParent() {
		p.line("       %s COMMAND [FLAGS] ...", cmd.Name())
	}
	if !short {
		if cmd.Long != "" {
			p.b.WriteString("\n" + cmd.Long + "\n")
		}
		p.commands(cmd)
		p.flags(cmd, nil)
	} else {
		p.line("")
		short := []string{"input-format", "recursive", "json", "csv", "detail", "for", "fail-on", "baseline", "update-baseline"}
		if cmd.HasParent() {
			short = append(short, "class", "mx")
		}
		p.flags(cmd, short)
		p.line("")
		if !cmd.HasParent() {
			p.line("commands: %s", strings.Join(verbs(), ", "))
		}
		p.line("all flags: %s --help     topics: diagnose help", cmd.CommandPath())
	}
	_, err := w.Out.Write(p.b.Bytes())
	return err
}

// page is a text being written: a help page, an explanation. What goes through line and
// item is made safe; texts of our own may be written to b.
type page struct {
	b     bytes.Buffer
	width int
}

func (p *page) line(format string, args ...any) {
	safe := slices.Clone(args)
	for i, arg := range args {
		if s, ok := arg.(string); ok {
			safe[i] = report.Visible(s)
		}
	}
	fmt.Fprintf(&p.b, format+"\n", safe...)
}

// item is a name with its explanation beside it, or below a long name.
func (p *page) item(name, text string, column int) {
	lines := report.Wrap(report.Visible(text), p.width-column, 0)
	if len(name)+2 > column {
		p.line("%s", name)
		name = ""
	}
	for _, l := range lines {
		p.line("%-*s%s", column, name, l)
		name = ""
	}
}

// commands lists the commands and topics below a command.
func (p *page) commands(cmd *cobra.Command) {
	var list []*cobra.Command
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" {
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return
	}
	p.line("\nCommands")
	for _, c := range list {
		p.item("  "+c.Name(), c.Short, 16)
	}
	if !cmd.HasParent() {
		p.item("  help TOPIC", strings.Join(topicNames(), ", "), 16)
	}
}

// longList is the length from which the values of a flag are left to the full page.
const longList = 60

// flags lists the flags by group with their defaults, or only those named.
func (p *page) flags(cmd *cobra.Command, only []string) {
	const column = 29
	for _, group := range append(flagGroups(), "") {
		title := group
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Hidden || only != nil && !slices.Contains(only, f.Name) || annotation(f, "group") != group {
				return
			}
			if title != "" && only == nil {
				p.line("\n%s", title)
				title = ""
			}
			text := f.Usage
			if c, ok := f.Value.(*choice); ok && !names(text, c.allowed) {
				if values := orList(c.allowed); only == nil || len(values) < longList {
					text += ": " + values
				}
			}
			p.item(flagName(f), text+" (default "+flagDefault(f)+")", column)
		})
	}
}

// names says that a text has all of the words.
func names(text string, words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}

func annotation(f *pflag.Flag, key string) string {
	if list := f.Annotations[key]; len(list) > 0 {
		return list[0]
	}
	return ""
}

// flagName is "-f, --format text|json".
func flagName(f *pflag.Flag) string {
	s := "      --" + f.Name
	if f.Shorthand != "" {
		s = "  -" + f.Shorthand + ", --" + f.Name
	}
	if kind := f.Value.Type(); kind != "bool" {
		s += " " + kind
	}
	return s
}

// flagDefault is the built-in default, in words where the value itself says nothing.
func flagDefault(f *pflag.Flag) string {
	none := annotation(f, "none")
	switch {
	case f.Value.Type() == "bool":
		return "off"
	case none != "" && (f.DefValue == "" || f.DefValue == "0"):
		return none
	}
	return f.DefValue
}

// newHelpCommand is "diagnose help [TOPIC|COMMAND]".
func newHelpCommand(w world, c chain) *cobra.Command {
	return &cobra.Command{
		Use:   "help [TOPIC|COMMAND]",
		Short: "explain a topic or a command",
		Args:  cobra.ArbitraryArgs,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return append(topicNames(), verbs()...), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			if len(args) == 0 {
				if err := showHelp(w, root, false); err != nil {
					return err
				}
				p := &page{width: helpWidth(w)}
				p.line("\nTopics (diagnose help TOPIC)")
				for _, t := range topics() {
					p.item("  "+t.name, t.title, 16)
				}
				_, err := w.Out.Write(p.b.Bytes())
				return err
			}
			if len(args) == 1 {
				for _, t := range topics() {
					if t.name != args[0] {
						continue
					}
					p := &page{width: helpWidth(w)}
					p.line("%s\n", t.title)
					if err := t.text(p, c); err != nil {
						return err
					}
					_, err := w.Out.Write(p.b.Bytes())
					return err
				}
			}
			found, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 || found == root {
				return usagef("no help for %q%s", strings.Join(args, " "), meant(args[0], append(topicNames(), verbs()...)))
			}
			found.InitDefaultHelpFlag()
			return showHelp(w, found, false)
		},
	}
}

// verbs are the commands as typed.
func verbs() []string {
	return []string{"check", "classify", "completion", "explain", "formats", "help", "parse", "policy", "rules", "snapshot", "ticket", "version"}
}
