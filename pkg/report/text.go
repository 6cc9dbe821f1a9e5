package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

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
	// By is what the rows of the table are; empty means RowsPlatform. Columns are the ids
	// of its columns (ColumnNames); nil shows the usual ones, as many as fit the width.
	By      Rows
	Columns []string
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
	for _, g := range t.mixed {
		t.manyInOne(g)
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
	// Mixed are no destinations: they are shown with their counts only.
	listed []*Group
	mixed  []*Group
	rest   []*Group
	// refusals is the sum of all receiver refusals by class.
	refusals map[string]int64
	oneDay   bool
}

func newText(r *Report, o TextOptions) *text {
	t := &text{TextOptions: o}
	if t.Width == 0 {
		t.Width = DefaultWidth
	}
	t.Width = min(max(t.Width, MinWidth), MaxWidth)
	if t.Detail == "" {
		t.Detail = DetailWorst
	}
	if t.By == "" {
		t.By = RowsPlatform
	}
	if t.Top <= 0 {
		t.Top = DefaultTop
	}
	if t.All {
		t.Top = len(r.Groups)
	}
	t.in, t.own, t.replys = visible(r.Input), visible(r.OwnSide), visible(r.Unknown)
	t.oneDay = oneDay(&t.in)
	t.choose(r.Groups)
	t.refusals = refusalsOf(r.Groups)
	return t
}

// oneDay says that the whole input is of one day, so that times need no date.
func oneDay(in *Input) bool {
	return in.First != nil && in.Last != nil && in.First.UTC().Format(layoutDay) == in.Last.UTC().Format(layoutDay)
}

// visible is v with every string in it passed through Visible.
func visible[T any](v T) T { return rebuild(reflect.ValueOf(&v).Elem(), Visible).Interface().(T) }

// choose splits the groups into those listed one by one and the rest: findings
// first, worst first; destinations without one only where nothing else is there.
func (t *text) choose(groups []Group) {
	order := byWeight(groups)
	found := slices.ContainsFunc(order, hasFinding)
	for _, g := range order {
		if g.Mixed {
			c := visible(*g)
			t.mixed = append(t.mixed, &c)
			continue
		}
		if len(t.listed) < t.Top && (hasFinding(g) || !found || t.All) {
			c := visible(*g)
			t.listed = append(t.listed, &c)
			continue
		}
		t.rest = append(t.rest, g)
	}
}

// byWeight orders destinations for a reader: worst first, those with a finding
// before others of their severity, then by how much is at stake.
func byWeight(groups []Group) []*Group {
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
	return order
}

// refusalsOf sums the refusals of all destinations by class.
func refusalsOf(groups []Group) map[string]int64 {
	sum := map[string]int64{}
	for i := range groups {
		for class, n := range groups[i].Refusals {
			sum[Visible(class)] += n
		}
	}
	return sum
}

// SeverityRank orders severities: 0 unknown, 1 normal, 2 watch, 3 escalate.
func SeverityRank(s string) int { return slices.Index([]string{"normal", "watch", "escalate"}, s) + 1 }

// hasFinding says that there is something to say about a destination.
func hasFinding(g *Group) bool {
	return !g.Mixed && (SeverityRank(g.Severity) > 1 || g.Cause != "" && g.Cause != "none")
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

// head says in one line what was read, and what could not be.
func (t *text) head() {
	t.wrapped(readPhrase(&t.in))
	if n := len(t.in.Errors); n > 0 {
		e := t.in.Errors[0]
		s := count(int64(n), "input problem") + "; " + ErrorText(e)
		t.hanging("incomplete: ", s, "", 3, mark{yellow, "incomplete"})
	}
}

// clean says that there is nothing, where there is nothing.
func (t *text) clean() {
	if s := cleanPhrase(&t.in, t.refusals); s != "" {
		t.line("")
		t.wrapped(s)
	}
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
