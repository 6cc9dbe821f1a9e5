package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/reply"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// explainCommand says what a reply means, or what the rules mean by a word.
type explainCommand struct {
	reading
	json  bool
	mx    word
	trace word
	line  word
}

// explanation is what can be printed as text; its JSON form is its fields.
type explanation interface {
	print(p *page)
}

// explainSchema is the version of the JSON form of all explanations.
const explainSchema = 1

// Explained is what every explanation begins with.
type Explained struct {
	Schema int `json:"schema"`
	// Kind is reply, rule, class, cause, table, fact, level, step or topic.
	Kind string `json:"kind"`
}

func explainedAs(kind string) Explained { return Explained{explainSchema, kind} }

func newExplainCommand(w world, c chain, runF func(*explainCommand, context.Context, []string) error) *cobra.Command {
	e := &explainCommand{reading: newReading(w, c)}
	if runF == nil {
		runF = (*explainCommand).main
	}
	cmd := &cobra.Command{
		Use:   "explain [FLAGS] REPLY|WORD|PATH...",
		Short: "explain a reply, a rule, a class, a cause or a fact",
		Long: `Explain what an SMTP reply means: what it says and does not say, whom the limit counts,
what to do first, who can do it, which replies look like it, and where that is from. Where
the receiver is known, its own rules count: --mx HOST, or MX<TAB>REPLY.

A WORD is anything that reports and rules use: a cause (burst), a class
(connection-limit), a level (escalate), the id of a rule or a step, a fact
(offered_sessions), a threshold (retry.first), or a topic: add-ips, dedicated, shared-pool,
receiver-cap, global-limit, test-message, bands, flow, sequence, audit, owners.

--trace DEST reads logs and prints the whole path of the decision on a destination: every
fact, threshold and rule in order. --line FILE:LINE shows how one line was read.`,
		Example: `diagnose explain '421 4.7.0 Too many concurrent connections'
diagnose explain --mx mx1.example.net '451 4.7.1 Try again later'
diagnose explain burst                       a cause: its signals, facts and steps
diagnose explain too-many-concurrent         a rule, and what overrides it
diagnose explain add-ips                     why more IPs are not the first step
diagnose explain --trace microsoft logs/*.gz the path to a verdict, number by number
diagnose explain --line mail.log:88120       one line, field by field`,
		Args: cobra.ArbitraryArgs,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			set, err := rules.Builtin()
			if err != nil || len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return knownWords(set), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := settle(w, cmd.Flags(), e.manners.config.value); err != nil {
				return err
			}
			switch {
			case e.trace.value != "" && e.line.value != "":
				return usagef("--trace and --line are two questions; ask one at a time")
			case e.line.value != "" && len(args) > 0:
				return usagef("--line names its file itself; there is no place for %q", args[0])
			}
			if len(args) == 0 && e.trace.value+e.line.value == "" {
				if w.InTerminal {
					return showHelp(w, cmd, true)
				}
				return usagef("explain what? Give a reply or a word; see %s --help", cmd.CommandPath())
			}
			return runF(e, cmd.Context(), args)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	e.mx.kind = "HOST"
	addBool(fs, groupOutput, &e.json, "json", "", "one JSON object")
	add(fs, groupInput, &e.mx, "mx", "", "the receiving host that gave the reply", "not known")
	e.trace.kind, e.line.kind = "DEST", "FILE:LINE"
	add(fs, groupInput, &e.trace, "trace", "", "explain the verdict on a destination in the logs that follow", "none")
	add(fs, groupInput, &e.line, "line", "", "explain how one line of a log was read", "none")
	e.input.add(fs, c)
	e.sender.add(fs)
	e.manners.add(fs)
	complete(cmd)
	return cmd
}

func (e *explainCommand) main(ctx context.Context, args []string) error {
	switch {
	case e.trace.value != "":
		return e.traceOf(ctx, e.trace.value, args)
	case e.line.value != "":
		return e.lineOf(ctx, e.line.value)
	}
	set, err := e.input.loadRules()
	if err != nil {
		return &failure{exitUsage, err}
	}
	// A reply without its quotes is several arguments.
	what, err := e.explain(set, strings.Join(args, " "))
	if err != nil {
		return err
	}
	return e.write(&e.manners, e.json, what)
}

// write prints an explanation in the form that was asked for.
func (w world) write(m *manners, asJSON bool, what explanation) error {
	if asJSON {
		data, err := report.MarshalASCII(what, false)
		if err != nil {
			return err
		}
		return w.put(append(data, '\n'))
	}
	p := &page{width: min(max(w.width(m.width.value), report.MinWidth), report.MaxWidth)}
	what.print(p)
	return w.put(p.b.Bytes())
}

// put writes to standard output.
func (w world) put(data []byte) error {
	if _, err := w.Out.Write(data); err != nil {
		return fmt.Errorf("cannot write: %w", err)
	}
	return nil
}

// explain finds out what an argument is: a word of the rules, else a reply.
func (e *explainCommand) explain(set *rules.Set, arg string) (explanation, error) {
	mx, text := splitMX(arg)
	if mx == "" {
		mx = e.mx.value
	}
	if what := e.word(set, strings.TrimSpace(text)); what != nil && mx == "" {
		return what, nil
	}
	if !isReply(text) {
		hint := meant(text, knownWords(set))
		if hint == "" {
			hint = ": no rule, class, cause, fact, level, step or topic has this name. Quote a reply: diagnose explain '421 4.7.0 ...'"
		}
		return nil, usagef("cannot explain %q%s", text, hint)
	}
	return explainReply(set, mx, text), nil
}

// isReply says that a text can only be a reply: it has a code or several words.
func isReply(s string) bool {
	r := reply.Parse([]byte(s))
	return r.Code > 0 || !r.Enhanced.IsZero() || strings.ContainsAny(strings.TrimSpace(s), " \t")
}

// word explains a word of the rules; nil if it is none. "queue pressure" is
// queue-pressure, "WATCH" is watch.
func (e *explainCommand) word(set *rules.Set, arg string) explanation {
	dir := e.input.rules.value
	name := strings.ToLower(strings.Join(strings.Fields(arg), "-"))
	if c := explainCause(set, name, dir); c != nil {
		return c
	}
	if name == "causes" && set.Table != nil {
		return explainTable(set.Table)
	}
	if class, ok := mail.ParseClass(name); ok {
		return explainClass(set, class, dir)
	}
	if r := set.Rule(arg); r != nil {
		return explainRule(set, r, dir)
	}
	if d, ok := rules.Lookup(strings.ReplaceAll(name, "-", "_")); ok {
		return explainFact(set, d)
	}
	if t := explainThreshold(set, name); t != nil {
		return t
	}
	if l := explainLevel(set, name); l != nil {
		return l
	}
	if t := explainTopic(set, name); t != nil {
		return t
	}
	if s := explainStep(set, name); s != nil {
		return s
	}
	if n := explainNote(set, name); n != nil {
		return n
	}
	switch name {
	case "audit":
		return explainAudit(set)
	case "owners":
		return explainOwners(set)
	}
	return nil
}

// knownWords are all words that can be explained.
func knownWords(set *rules.Set) []string {
	words := append(rules.CauseNames(), mail.ClassNames()...)
	words = append(words, "causes")
	words = append(words, levels()...)
	for _, t := range set.Topics {
		words = append(words, t.Topic)
	}
	words = append(append(words, set.Advice.StepIDs()...), "audit", "owners")
	for _, n := range set.Advice.Notes {
		words = append(words, n.ID)
	}
	for _, d := range rules.Vocabulary() {
		words = append(words, d.Name)
	}
	for id := range set.Thresholds {
		words = append(words, id)
	}
	words = append(words, set.RuleIDs()...)
	slices.Sort(words)
	return slices.Compact(words)
}

// field prints a text beside its label; nothing where there is no text.
func (p *page) field(label, text string) {
	if text != "" {
		p.item("  "+label, text, fieldColumn)
	}
}

// fieldColumn is where the texts of an explanation begin.
const fieldColumn = 15

// fields prints several texts below each other beside one label.
func (p *page) fields(label string, texts []string) {
	for _, t := range texts {
		p.field(label, t)
		if t != "" {
			label = ""
		}
	}
}
