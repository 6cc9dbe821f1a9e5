package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// rulesListCommand lists the reply rules in order of precedence.
type rulesListCommand struct {
	rulesTable
	origin bool
	class  choice
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
	l := &rulesListCommand{rulesTable: rulesTable{world: w}}
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
		RunE: settled(w, &l.manners, func(ctx context.Context, args []string) error { return runF(l, ctx, args) }),
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	l.class = choice{"", "CLASS", mail.ClassNames()}
	l.jsonFlag(fs)
	addBool(fs, groupOutput, &l.origin, "origin", "", "show the file and line of each rule, and what it replaces")
	add(fs, groupOutput, &l.class, "class", "", "only rules of this class", "all")
	l.add(fs)
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
	return l.write(list, l.table(&list), "rule", list.Version)
}

func (l *rulesListCommand) table(list *ruleList) *fitted {
	t := &fitted{header: []string{"RULE", "CLASS", "KIND", "SCOPE", "CONF", "RECEIVERS", "SOURCE"}, drop: []int{6, 2, 4, 3}, least: 20}
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
	return t
}
