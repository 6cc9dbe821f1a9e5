package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// Detail is how much the text says below its table.
type Detail string

const (
	// DetailWorst explains the destinations at WATCH and above.
	DetailWorst Detail = "worst"
	// DetailAll explains every destination with a finding, and shows the refusal curve.
	DetailAll Detail = "all"
	// DetailNone prints the table only.
	DetailNone Detail = "none"
)

const (
	// DefaultWidth is the width of text that goes to no terminal.
	DefaultWidth = 98
	// MinWidth and MaxWidth bound the width of text, whatever is asked for.
	MinWidth, MaxWidth = 50, 110
	// DefaultTop is how many destinations are listed one by one.
	DefaultTop = 10
)

// TextOptions are the choices of the text form.
type TextOptions struct {
	// Width is the longest line in characters; 0 means DefaultWidth.
	Width int
	// Detail is how much is said below the table; empty means DetailWorst.
	Detail Detail
	// All lists every destination. Top is how many otherwise; 0 means DefaultTop.
	All bool
	Top int
	// Color marks levels and names with ANSI colours. They carry no meaning of their own.
	Color bool
	// Args are the inputs as typed, for the commands offered at the end.
	Args []string
}

// WriteText writes r for a person: the verdict first, the numbers second, the next
// command last. The text is printable ASCII and line ends (and colours, where asked
// for), whatever the logs contain.
func WriteText(w io.Writer, r *Report, o TextOptions) error {
	t := newText(r, o)
	t.head()
	if err := t.table(); err != nil {
		return err
	}
	t.clean()
	for _, g := range t.listed {
		t.detail(g)
	}
	t.ownSide()
	t.unknown()
	t.next()
	_, err := w.Write(t.b.Bytes())
	return err
}

// text is one rendering under way.
type text struct {
	TextOptions
	b bytes.Buffer
	// Everything below has been through Visible.
	in     Input
	own    []OwnSide
	replys []Unknown
	// listed are the destinations shown one by one, worst first; rest are the others.
	listed []*Group
	rest   []*Group
	// refusals is the sum of all receiver refusals by class.
	refusals map[string]int64
	oneDay   bool
}

func newText(r *Report, o TextOptions) *text {
	t := &text{TextOptions: o, refusals: map[string]int64{}}
	if t.Width == 0 {
		t.Width = DefaultWidth
	}
	t.Width = min(max(t.Width, MinWidth), MaxWidth)
	if t.Detail == "" {
		t.Detail = DetailWorst
	}
	if t.Top <= 0 {
		t.Top = DefaultTop
	}
	if t.All {
		t.Top = len(r.Groups)
	}
	t.in, t.own, t.replys = visible(r.Input), visible(r.OwnSide), visible(r.Unknown)
	t.oneDay = t.in.First != nil && t.in.Last != nil && t.in.First.UTC().Format(layoutDay) == t.in.Last.UTC().Format(layoutDay)
	t.choose(r.Groups)
	for i := range r.Groups {
		for class, n := range r.Groups[i].Refusals {
			t.refusals[Visible(class)] += n
		}
	}
	return t
}

// visible is v with every string in it passed through Visible.
func visible[T any](v T) T { return rebuild(reflect.ValueOf(&v).Elem(), Visible).Interface().(T) }

// choose splits the groups into those listed one by one and the rest: findings
// first, worst first; destinations without one only where nothing else is there.
func (t *text) choose(groups []Group) {
	order := make([]*Group, len(groups))
	for i := range groups {
		order[i] = &groups[i]
	}
	slices.SortStableFunc(order, func(a, b *Group) int {
		return cmp.Or(
			cmp.Compare(SeverityRank(b.Severity), SeverityRank(a.Severity)),
			-compareBool(hasFinding(a), hasFinding(b)),
			cmp.Compare(b.Trouble.Refusals, a.Trouble.Refusals),
			cmp.Compare(b.Counts.Deferred, a.Counts.Deferred),
			cmp.Compare(b.Counts.Attempts, a.Counts.Attempts),
			strings.Compare(a.Destination, b.Destination))
	})
	found := slices.ContainsFunc(order, hasFinding)
	for _, g := range order {
		if len(t.listed) < t.Top && (hasFinding(g) || !found || t.All) {
			c := visible(*g)
			t.listed = append(t.listed, &c)
			continue
		}
		t.rest = append(t.rest, g)
	}
}

// SeverityRank orders severities: 0 unknown, 1 normal, 2 watch, 3 escalate.
func SeverityRank(s string) int { return slices.Index([]string{"normal", "watch", "escalate"}, s) + 1 }

func hasFinding(g *Group) bool {
	return SeverityRank(g.Severity) > 1 || g.Cause != "" && g.Cause != "none"
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// head says in one line what was read and how much of it was understood.
func (t *text) head() {
	parts := []string{count(int64(len(t.in.Files)), "file"), count(t.in.Lines, "line")}
	if f := t.formats(); f != "" {
		parts = append(parts, f)
	}
	if t.in.First != nil && t.in.Last != nil {
		parts = append(parts, span(*t.in.First, *t.in.Last))
	}
	s := strings.Join(parts, ", ")
	if t.in.Lines > 0 {
		s += "; " + Percent(t.in.Understood+t.in.Irrelevant, t.in.Lines) + " understood"
		if t.in.NotUnderstood > 0 {
			s += fmt.Sprintf(" (%s not)", rules.Thousands(t.in.NotUnderstood))
		}
	}
	if t.in.Class != nil {
		s += "; only " + *t.in.Class + " failures count"
	}
	t.wrapped(s)
	if n := len(t.in.Errors); n > 0 {
		e := t.in.Errors[0]
		s := count(int64(n), "input problem") + "; " + ErrorText(e)
		t.hanging("incomplete: ", s, "", 3, mark{yellow, "incomplete"})
	}
}

// formats are the formats seen, each once, in the order of the files.
func (t *text) formats() string {
	var names []string
	for _, f := range t.in.Files {
		if f.Format != "" && f.Format != "unknown" && !slices.Contains(names, f.Format) {
			names = append(names, f.Format)
		}
	}
	return strings.Join(names, " + ")
}

// clean says that there is nothing, where there is nothing; an empty or unreadable
// log is never clean.
func (t *text) clean() {
	class := mail.ConnectionLimit.String()
	if t.in.Class != nil {
		class = *t.in.Class
	}
	if t.refusals[class] > 0 {
		return
	}
	s := ""
	switch {
	case t.in.Lines == 0:
		s = "Nothing to report: no lines were read."
	case t.in.Understood+t.in.Irrelevant == 0:
		s = "Nothing to report: no mail log lines were recognised."
	case t.in.Attempts == 0:
		s = fmt.Sprintf("No delivery attempts in %s.", count(t.in.Lines, "line"))
	default:
		s = fmt.Sprintf("No %s replies. %s read.", class, count(t.in.Lines, "line"))
	}
	if other := byCount(t.refusals, 5); other != "" {
		s += " Other refusals: " + other + "."
	}
	if len(t.in.Errors) > 0 && t.in.Attempts > 0 {
		s += " Not everything could be read, so this is no all-clear."
	}
	t.line("")
	t.wrapped(s)
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

// ownSide lists refusals that no receiver made (requirement X12).
func (t *text) ownSide() {
	if len(t.own) == 0 {
		return
	}
	t.line("")
	t.hanging("Own side: ", "refusals by your own server or ESP, not by a receiver; counted apart", "", 0, mark{bold, "Own side"})
	for i, o := range t.own {
		if i == 5 && !t.All {
			t.line(fmt.Sprintf("          and %s more (--all)", rules.Thousands(int64(len(t.own)-i))))
			break
		}
		t.numbered(o.Count, strings.Join(nonEmpty(o.What, o.Class, o.Text), ", "), "", 2)
	}
}

// unknown shows how many replies no rule knows, with the most frequent ones.
func (t *text) unknown() {
	if len(t.replys) == 0 {
		return
	}
	var n int64
	for _, u := range t.replys {
		n += u.Count
	}
	t.line("")
	s := rules.Thousands(n) + " replies no rule knows"
	switch {
	case n == 1:
		s = "1 reply no rule knows"
	case len(t.replys) > 3:
		s += ", the most frequent:"
	}
	t.line(s)
	for _, u := range t.replys[:min(3, len(t.replys))] {
		t.numbered(u.Count, u.Template, u.Where, 2)
	}
}
