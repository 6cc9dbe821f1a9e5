package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// The sentences that text, Markdown and HTML share. They take values whose strings
// have been through Visible and return plain text: each output escapes it its own way.

// readPhrase says in one line what was read and how much of it was understood.
func readPhrase(in *Input) string {
	parts := []string{count(int64(len(in.Files)), "file"), count(in.Lines, "line")}
	if f := formatsOf(in); f != "" {
		parts = append(parts, f)
	}
	if in.First != nil && in.Last != nil {
		parts = append(parts, span(*in.First, *in.Last))
	}
	s := strings.Join(parts, ", ")
	if in.Lines > 0 {
		s += "; " + Percent(in.Understood+in.Irrelevant, in.Lines) + " understood"
		if in.NotUnderstood > 0 {
			s += fmt.Sprintf(" (%s not)", rules.Thousands(in.NotUnderstood))
		}
	}
	if in.Class != nil {
		s += "; only " + *in.Class + " failures count"
	}
	return s
}

// formatsOf are the formats seen, each once, in the order of the files.
func formatsOf(in *Input) string {
	var names []string
	for _, f := range in.Files {
		if f.Format != "" && f.Format != "unknown" && !slices.Contains(names, f.Format) {
			names = append(names, f.Format)
		}
	}
	return strings.Join(names, " + ")
}

// cleanPhrase says that there is nothing, where there is nothing, else "". An empty
// or unreadable log is never clean. refusals are those of all receivers by class.
func cleanPhrase(in *Input, refusals map[string]int64) string {
	class := mail.ConnectionLimit.String()
	if in.Class != nil {
		class = *in.Class
	}
	if refusals[class] > 0 {
		return ""
	}
	s := ""
	switch {
	case in.Lines == 0:
		s = "Nothing to report: no lines were read."
	case in.Understood+in.Irrelevant == 0:
		s = "Nothing to report: no mail log lines were recognised."
	case in.Attempts == 0:
		s = fmt.Sprintf("No delivery attempts in %s.", count(in.Lines, "line"))
	default:
		s = fmt.Sprintf("No %s replies. %s read.", class, count(in.Lines, "line"))
	}
	if other := byCount(refusals, 5); other != "" {
		s += " Other refusals: " + other + "."
	}
	if len(in.Errors) > 0 && in.Attempts > 0 {
		s += " Not everything could be read, so this is no all-clear."
	}
	return s
}

// byCount writes the positive counters of m, highest first: "greylist 40, tls 2".
func byCount(m map[string]int64, most int) string {
	var names []string
	for name, n := range m {
		if n > 0 {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(m[b], m[a]), strings.Compare(a, b)) })
	more := len(names) - most
	if more > 0 {
		names = names[:most]
	}
	for i, name := range names {
		names[i] = name + " " + rules.Thousands(m[name])
	}
	if more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}
