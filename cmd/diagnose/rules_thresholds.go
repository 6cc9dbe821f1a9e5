package main

import (
	"bytes"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// rulesThresholdsCommand lists the thresholds.
type rulesThresholdsCommand struct {
	world
	input   inputFlags // only its rules
	manners manners
	json    bool
}

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
	l := &rulesThresholdsCommand{world: w}
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
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := settle(w, cmd.Flags(), l.manners.config.value); err != nil {
				return err
			}
			return runF(l, cmd.Context(), args)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	addBool(fs, groupOutput, &l.json, "json", "", "one JSON object")
	l.input.rulesFlag(fs)
	l.manners.add(fs)
	complete(cmd)
	return cmd
}

func (l *rulesThresholdsCommand) main(context.Context, []string) error {
	set, err := l.input.loadRules()
	if err != nil {
		return &failure{exitUsage, err}
	}
	list := thresholdList{Schema: explainSchema, Version: set.Version}
	t := fitted{header: []string{"THRESHOLD", "VALUE", "SOURCE", "MEANING"}, drop: []int{2}, least: 30}
	for _, x := range set.Thresholds.Sorted() {
		list.Thresholds = append(list.Thresholds, listThreshold(x))
		value := x.String()
		if x.Set {
			value += " *"
		}
		t.rows = append(t.rows, []string{x.ID, value, x.Source, x.Meaning})
	}
	if l.json {
		data, err := report.MarshalASCII(list, false)
		if err != nil {
			return err
		}
		return l.put(append(data, '\n'))
	}
	width := l.manners.width.value
	if l.OutTerminal || width > 0 {
		width = min(max(l.width(width), report.MinWidth), report.MaxWidth)
	}
	var b bytes.Buffer
	t.write(&b, width)
	fmt.Fprintf(&b, "%s, version %s\n", plural(int64(len(t.rows)), "threshold"), list.Version)
	return l.put(b.Bytes())
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
