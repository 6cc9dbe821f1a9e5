package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// rulesThresholdsCommand lists the thresholds.
type rulesThresholdsCommand struct{ rulesTable }

// thresholdList is the JSON form.
type thresholdList struct {
	Schema     int               `json:"schema"`
	Version    string            `json:"version"`
	Thresholds []ListedThreshold `json:"thresholds"`
}

// ListedThreshold is one of them.
type ListedThreshold struct {
	ID      string  `json:"id"`
	Value   float64 `json:"value"`
	Unit    string  `json:"unit"`
	Meaning string  `json:"meaning"`
	Source  string  `json:"source"`
	// Set says that the value is the user's.
	Set bool `json:"set"`
}

func listThreshold(t *rules.Threshold) ListedThreshold {
	return ListedThreshold{ID: t.ID, Value: t.Value, Unit: string(t.Unit), Meaning: t.Meaning, Source: t.Source, Set: t.Set}
}

func newRulesThresholdsCommand(w world, runF func(*rulesThresholdsCommand, context.Context, []string) error) *cobra.Command {
	l := &rulesThresholdsCommand{rulesTable{world: w}}
	if runF == nil {
		runF = (*rulesThresholdsCommand).main
	}
	cmd := &cobra.Command{
		Use:   "thresholds [FLAGS]",
		Short: "list the numbers that decisions depend on",
		Long: `List every number that a cause, a level, an advice or a policy depends on. Set one for a run
with --set, for every run under "thresholds" in the settings file, or in a thresholds.yaml of
--rules; a value of your own is marked with *. diagnose explain ID shows what it decides.`,
		Example: `diagnose rules thresholds
diagnose rules thresholds --set sessions.start=1 | grep '*'
diagnose explain pressure.calm-gap`,
		Args: noArguments,
		RunE: settled(w, &l.manners, func(ctx context.Context, args []string) error { return runF(l, ctx, args) }),
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	l.jsonFlag(fs)
	l.add(fs)
	complete(cmd)
	return cmd
}

func (l *rulesThresholdsCommand) main(context.Context, []string) error {
	set, err := l.input.loadRules()
	if err != nil {
		return &failure{exitUsage, err}
	}
	list := thresholdList{Schema: explainSchema, Version: set.Version}
	t := &fitted{header: []string{"THRESHOLD", "VALUE", "SOURCE", "MEANING"}, drop: []int{2}, least: 30}
	for _, x := range set.Thresholds.Sorted() {
		list.Thresholds = append(list.Thresholds, listThreshold(x))
		value := x.String()
		if x.Set {
			value += " *"
		}
		t.rows = append(t.rows, []string{x.ID, value, x.Source, x.Meaning})
	}
	return l.write(list, t, "threshold", list.Version)
}

// explainedThreshold is one threshold and what it decides.
type explainedThreshold struct {
	Explained
	ListedThreshold
	Uses []factUse `json:"uses"`
}

// explainThreshold returns nil if there is no such threshold.
func explainThreshold(set *rules.Set, id string) explanation {
	t := set.Thresholds[id]
	if t == nil {
		return nil
	}
	return &explainedThreshold{explainedAs("threshold"), listThreshold(t), factUses(append(set.Causes.UsesThreshold(id), set.Advice.UsesThreshold(id)...))}
}

func (x *explainedThreshold) print(p *page) {
	p.line("threshold %s", x.ID)
	p.field("means", x.Meaning)
	value := rules.Unit(x.Unit).Format(x.Value)
	if x.Set {
		value += " (yours)"
	}
	p.field("value", value)
	p.field("set it", "--set "+x.ID+"=VALUE, or under thresholds in the settings file")
	printUses(p, x.Uses, "measuring, advice and policies")
	p.field("source", x.Source)
}
