package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// next offers the commands to go on with.
func (t *text) next() {
	args := t.inputs()
	cmds := []string{strings.TrimRight("diagnose --json "+args, " ")}
	if len(t.listed) > 0 && hasFinding(t.listed[0]) {
		g := t.listed[0]
		if slices.Contains(rules.CauseNames(), g.Cause) {
			cmds = append(cmds, "diagnose explain "+g.Cause)
		}
		dest := ShellWord(cmp.Or(g.Platform, g.Destination))
		if SeverityRank(g.Severity) > 1 {
			cmds = append(cmds, strings.TrimRight("diagnose ticket --for "+dest+" "+args, " "))
		}
		c := "diagnose parse --for " + dest
		if limit := mail.ConnectionLimit.String(); g.Refusals[limit] > 0 {
			c += " --class " + limit
		}
		cmds = append(cmds, strings.TrimRight(c+" "+args, " "))
	}
	if len(t.replys) > 0 {
		cmds = append(cmds, "diagnose help rules")
	}
	t.line("")
	label, line := "next: ", ""
	for _, c := range cmds {
		if len(label)+len(c) > t.Width {
			continue // half a command helps nobody
		}
		if line != "" && len(label)+len(line)+3+len(c) > t.Width {
			t.line(label + line)
			label, line = "      ", ""
		}
		if line != "" {
			line += "   "
		}
		line += c
	}
	t.line(label + line)
}

// inputs are the inputs as typed, or PATH... where they would not fit a line.
func (t *text) inputs() string {
	words := make([]string, len(t.Args))
	for i, a := range t.Args {
		words[i] = shellPattern(a)
	}
	if s := strings.Join(words, " "); len(s) <= t.Width-60 {
		return s
	}
	return "PATH..."
}

// shellPattern is ShellWord for an argument of this program, whose glob patterns stay
// as typed.
func shellPattern(s string) string {
	if plain := strings.NewReplacer("*", "", "?", "", "[", "", "]", "").Replace(s); plain == ShellWord(plain) {
		return s
	}
	return ShellWord(s)
}
