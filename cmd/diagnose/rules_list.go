package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// rulesListCommand lists the reply rules in order of precedence.
type rulesListCommand struct {
	world
	input   inputFlags // only its rules
	manners manners
	json    bool
	origin  bool
	class   choice
}

// ruleList is the JSON form.
type ruleList struct {
	Schema int `json:"schema"`
	// Version is that of all rule data.
	Version string       `json:"version"`
	Rules   []listedRule `json:"rules"`
}

type listedRule struct {
	ID         string   `json:"id"`
	Class      string   `json:"class"`
	LimitKind  *string  `json:"limit_kind"`
	Scope      *string  `json:"scope"`
	Providers  []string `json:"providers"`
	Confidence float64  `json:"confidence"`
	Source     string   `json:"source"`
	Order      int      `json:"order"`
	Origin     string   `json:"origin"`
	// Instead is the place of the built-in rule that this one replaces.
	Instead *string `json:"instead"`
}

func newRulesListCommand(w world, runF func(*rulesListCommand, context.Context, []string) error) *cobra.Command {
	l := &rulesListCommand{world: w}
	if runF == nil {
		runF = (*rulesListCommand).main
	}
	cmd := &cobra.Command{
		Use:   "list [FLAGS]",
		Short: "list the reply rules in order of precedence",
		Long: `List the reply rules in order of precedence: the first one that knows a reply decides.
--origin shows the place of each rule, and the place of the built-in rule that it replaces.`,
		Example: `diagnose rules list
diagnose rules list --class connection-limit
diagnose rules list --rules ./rules --origin | grep instead`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := settle(w, cmd.Flags(), l.manners.config.value); err != nil {
				return err
			}
			return runF(l, cmd.Context(), args)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	l.class = choice{"", "CLASS", mail.ClassNames()}
	addBool(fs, groupOutput, &l.json, "json", "", "one JSON object")
	addBool(fs, groupOutput, &l.origin, "origin", "", "show the file and line of each rule, and what it replaces")
	add(fs, groupOutput, &l.class, "class", "", "only rules of this class", "all")
	l.input.rulesFlag(fs)
	l.manners.add(fs)
	complete(cmd)
	return cmd
}

func (l *rulesListCommand) main(context.Context, []string) error {
	set, err := l.input.loadRules()
	if err != nil {
		return &failure{exitUsage, err}
	}
	list := ruleList{Schema: explainSchema, Version: set.Version}
	for _, r := range set.Rules() {
		if l.class.value != "" && r.Class != l.class.value {
			continue
		}
		list.Rules = append(list.Rules, listedRule{
			ID: r.ID, Class: r.Class, LimitKind: orNil(r.Kind), Scope: orNil(r.Scope), Providers: r.Providers, Confidence: r.Confidence,
			Source: r.Source, Order: r.Order, Origin: originOf(r, l.input.rules.value), Instead: insteadOf(set, r),
		})
	}
	if l.json {
		data, err := report.MarshalASCII(list, false)
		if err != nil {
			return err
		}
		return l.put(append(data, '\n'))
	}
	return l.print(&list)
}

func (l *rulesListCommand) print(list *ruleList) error {
	t := fitted{header: []string{"RULE", "CLASS", "KIND", "SCOPE", "CONF", "RECEIVERS", "SOURCE"}, drop: []int{6, 2, 4, 3}, least: 20}
	if l.origin {
		t.header[6], t.drop, t.least = "ORIGIN", []int{2, 4, 3, 5}, len("built-in replies/01-north-america.yaml:999")
	}
	for _, r := range list.Rules {
		row := []string{r.ID, r.Class, deref(r.LimitKind, "-"), deref(r.Scope, "by words"), confidenceText(r.Confidence), orAll(r.Providers), r.Source}
		if l.origin {
			row[6] = r.Origin
			if r.Instead != nil {
				row[6] += ", instead of " + *r.Instead
			}
		}
		t.rows = append(t.rows, row)
	}
	// Rows for a terminal are cut to its width; in a pipe grep wants all of them.
	width := l.manners.width.value
	if l.OutTerminal || width > 0 {
		width = min(max(l.width(width), report.MinWidth), report.MaxWidth)
	}
	var b bytes.Buffer
	t.write(&b, width)
	fmt.Fprintf(&b, "%s, version %s\n", plural(int64(len(t.rows)), "rule"), list.Version)
	return l.put(b.Bytes())
}

// fitted is a table that fits a width: columns of drop are left out in that order,
// and the last one shown takes the rest and is cut.
type fitted struct {
	header []string
	rows   [][]string
	drop   []int
	// least is the least width of the last column; before that others go.
	least int
}

// write writes the table; width 0 is no bound.
func (t *fitted) write(b *bytes.Buffer, width int) {
	widths := make([]int, len(t.header))
	show := make([]int, len(t.header))
	for i, h := range t.header {
		show[i], widths[i] = i, len(h)
		for _, row := range t.rows {
			row[i] = report.Visible(row[i])
			widths[i] = max(widths[i], len(row[i]))
		}
	}
	if width > 0 {
		for _, d := range append(t.drop, -1) {
			last, left := show[len(show)-1], width
			for _, i := range show[:len(show)-1] {
				left -= widths[i] + 2
			}
			if left >= min(t.least, widths[last]) || d < 0 {
				widths[last] = max(left, 2)
				break
			}
			show = slices.DeleteFunc(show, func(i int) bool { return i == d })
		}
	}
	for _, row := range append([][]string{t.header}, t.rows...) {
		var line strings.Builder
		for _, i := range show {
			fmt.Fprintf(&line, "%-*s  ", widths[i], cut(row[i], widths[i]))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}
