package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/scan"
)

// explainedLine is one line of a log: how it was read, field by field, and what the
// rules made of the reply on it.
type explainedLine struct {
	Explained
	*scan.ReadLine
	Replies []*explainedReply `json:"replies"`
}

// lineOf explains the line that --line names.
func (e *explainCommand) lineOf(ctx context.Context, at string) error {
	file, line, err := place(at)
	if err != nil {
		return err
	}
	cfg, _, err := e.input.scanConfig(ctx, e.world, []string{file})
	if err != nil {
		return err
	}
	read, err := scan.Line(ctx, cfg, line)
	if err != nil {
		return &failure{exitInput, err}
	}
	x := &explainedLine{explainedAs("line"), read, []*explainedReply{}}
	for _, ev := range read.Events {
		if ev.Reply != "" {
			x.Replies = append(x.Replies, explainReply(cfg.Rules, ev.MX, ev.Reply))
		}
	}
	return e.write(&e.manners, e.json, x)
}

func (x *explainedLine) print(p *page) {
	p.line("%s:%d, %s, %s", x.File, x.Line, x.Format, verdictText(x.Verdict))
	p.field("text", x.Text)
	for _, ev := range x.Events {
		p.field("tells", ev.Kind)
		for _, f := range ev.Fields {
			p.item("    "+f.Name, f.Value, 19)
		}
	}
	if len(x.Events) == 0 {
		p.field("tells", "nothing that the chain uses")
	}
	for _, r := range x.Replies {
		p.line("")
		r.print(p)
	}
}

// verdictText is a verdict in words.
func verdictText(v string) string {
	words := []string{"understood", "understood", "irrelevant", "known, but no part of a delivery", "not_understood", "not understood"}
	if i := slices.Index(words, v); i >= 0 {
		return words[i+1]
	}
	return fmt.Sprintf("%q", v)
}
