package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

func (x *explainedReply) print(p *page) {
	for _, l := range report.Wrap(report.Visible(x.Reply), p.width, 0) {
		p.line("%s", l)
	}
	name := x.ClassName
	if x.LimitKind != nil && *x.LimitKind != "own-side" {
		name += ", " + *x.LimitKind
	}
	p.field("class", name+" ("+x.CodeMeans+")")
	if x.Rule == nil {
		p.field("rule", "none knows this reply; to write one: diagnose help rules")
	} else {
		how := ""
		if x.Confidence < guess {
			how = ": the words say little, this is a guess"
		}
		p.field("rule", fmt.Sprintf("%s, confidence %s%s", *x.Rule, confidenceText(x.Confidence), how))
	}
	if x.Receiver != nil {
		by := "its words"
		if x.MX != nil {
			by = "its MX"
		}
		p.field("receiver", fmt.Sprintf("%s (%s), by %s", *x.Receiver, *x.Provider, by))
	} else if x.MX != nil {
		p.field("receiver", *x.MX+", an MX that no rule knows")
	}
	x.printParts(p)
	p.field("says", x.Says)
	scope := deref(x.ScopeSays, "")
	if scope != "" && x.Scope != mail.ScopeUnknown.String() {
		scope = x.Scope + ": " + scope
	}
	p.field("scope", scope)
	p.field("is not", deref(x.IsNot, ""))
	p.field("first do", strings.Join(x.First, "; "))
	action := deref(x.Action, "")
	if action == strings.Join(x.First, ", ") {
		action = "" // said already
	}
	p.field("reported", actionText(action, x.WaitS))
	p.field("fix is with", deref(x.Fix, ""))
	p.fields("note", x.Notes)
	for i, l := range x.LookAlikes {
		label := ""
		if i == 0 {
			label = "look-alikes"
		}
		// Two lines are enough to know it again.
		text := report.Wrap(report.Visible(l.ClassName+": "+l.Example), p.width-fieldColumn, 2)
		p.field(orElse(label, " "), strings.Join(text, " "))
	}
	var won []string
	for _, r := range x.WonOver {
		won = append(won, r.Rule+" ("+r.Class+")")
	}
	p.field("won over", strings.Join(won, ", "))
	p.field("source", sourcesText(x.Sources))
}

// printParts prints the codes with what they say by themselves, and the other
// parts of the reply.
func (x *explainedReply) printParts(p *page) {
	label := "code"
	for i, c := range x.Codes {
		if c.Do == nil {
			continue
		}
		says := c.Says + "; "
		if i == 0 {
			says = "" // the class line has it
		}
		p.field(label, c.Code+": "+says+*c.Do)
		label = ""
	}
	var parts []string
	for _, part := range []struct {
		name  string
		value *string
	}{{"your IP", x.QuotedIP}, {"tag", x.Tag}, {"written by", x.Server}, {"at", x.Stamp}} {
		if part.value != nil {
			parts = append(parts, part.name+" "+*part.value)
		}
	}
	p.field("parts", strings.Join(parts, ", "))
}

// actionText is what a rule says is documented or reported to help, and how long
// to wait.
func actionText(action string, waitS *int64) string {
	if waitS == nil {
		return action
	}
	wait := "wait " + rules.Duration(*waitS)
	if action == "" {
		return wait
	}
	return action + "; " + wait
}

func sourcesText(list []sourceLine) string {
	var parts []string
	for _, s := range list {
		parts = append(parts, s.Of+": "+s.Source)
	}
	return strings.Join(parts, "; ")
}

// originOf is the place of a rule: built in, or in the folder or file it came from.
func originOf(r *rules.ReplyRule, dir string) string {
	file := r.At.File
	if !r.User {
		file = "built-in " + file
	} else if dir != "" && !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
	}
	return fmt.Sprintf("%s:%d", file, r.At.Line)
}
