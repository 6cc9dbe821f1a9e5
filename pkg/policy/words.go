package policy

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// oneLine makes text of the log safe within one line of a comment, and at its end, where
// OpenSMTPD takes a backslash for a line that goes on.
func oneLine(s string) string {
	return strings.TrimRight(strings.Join(strings.Fields(report.Visible(s)), " "), `\ `)
}

func upper(s string) string {
	if s == "" {
		return s
	}
	r, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(r)) + s[n:]
}

func join(list []string, sep string) string { return strings.Join(list, sep) }

// clock writes seconds in the largest unit that is exact: 15m, 4h, 90s, 225m. All MTAs
// here read it, unlike "3h45m".
func clock(s int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{86400, "d"}, {3600, "h"}, {60, "m"}} {
		if s > 0 && s%u.size == 0 {
			return number(s/u.size) + u.name
		}
	}
	return number(s) + "s"
}

func clocks(list []int64, sep string) string {
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = clock(s)
	}
	return join(words, sep)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// lines joins lines of a file.
func lines(list ...string) string { return join(list, "\n") + "\n" }

// each writes one block for each plan, joined.
func each(plans []Plan, block func(*Plan) string) string {
	var b strings.Builder
	for i := range plans {
		b.WriteString(block(&plans[i]))
	}
	return b.String()
}

// all is the lines of all plans.
func all(plans []Plan, list func(*Plan) []string) []string {
	var out []string
	for i := range plans {
		out = append(out, list(&plans[i])...)
	}
	return out
}

// Label is what every number of sessions carries (H61).
func Label(destination string) string {
	// "Microsoft consumer" is a part of Microsoft, and "consumer" no name.
	return "operating targets, not limits published by " + strings.TrimSuffix(destination, " consumer")
}

func quoteDots(domain string) string { return strings.ReplaceAll(domain, ".", `\.`) }
