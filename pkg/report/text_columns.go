package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// column is one column of the summary table.
type column struct {
	id, head string
	right    bool
	cell     func(*row) string
	// sum is the cell of the row that stands for many.
	sum func([]*row) string
	// elastic columns hold names: they can be shortened.
	elastic bool
}

// columns are all columns there are; which are shown is up to Columns and By.
func (t *text) columns() []column {
	none := func([]*row) string { return "" }
	number := func(id, head string, of func(*row) int64) column {
		return column{id: id, head: head, right: true,
			cell: func(r *row) string { return rules.Thousands(of(r)) },
			sum: func(rows []*row) string {
				var n int64
				for _, r := range rows {
					n += of(r)
				}
				return rules.Thousands(n)
			},
		}
	}
	counter := func(id string, of func(*Counts) int64) column {
		return number(id, strings.ToUpper(id), func(r *row) int64 { return of(&r.counts) })
	}
	words := func(id string, cell func(*row) string) column {
		return column{id: id, head: strings.ToUpper(id), sum: none, cell: func(r *row) string { return cmp.Or(cell(r), "-") }}
	}
	cols := []column{
		words("level", func(r *row) string { return t.level(r.severity) }),
		words("destination", t.destination),
		words("cause", func(r *row) string { return shorten(r.cause, 14) }),
		words("confidence", func(r *row) string { return confidenceCell(r.g) }),
		words("limit", func(r *row) string { return limit(r.g) }),
		words("state", func(r *row) string { return Visible(r.g.State) }),
		words("kind", func(r *row) string { return Visible(r.g.Kind) }),
		words("owner", func(r *row) string { return Visible(r.g.Owner) }),
		number("refusals", "REFUSALS", func(r *row) int64 { return troubleOf(r.refusals) }),
		counter("attempts", func(c *Counts) int64 { return c.Attempts }),
		counter("messages", func(c *Counts) int64 { return c.Messages }),
		counter("recipients", func(c *Counts) int64 { return c.Recipients }),
		counter("sessions", func(c *Counts) int64 { return c.Sessions }),
		counter("deferred", func(c *Counts) int64 { return c.Deferred }),
		counter("accepted", func(c *Counts) int64 { return c.Delivered }),
		counter("bounced", func(c *Counts) int64 { return c.Bounced }),
		counter("expired", func(c *Counts) int64 { return c.Expired }),
		counter("suspensions", func(c *Counts) int64 { return c.Suspensions }),
		{id: "peak", head: "SESSIONS/IP", right: true, cell: func(r *row) string { return r.peak }, sum: none},
	}
	if t.By != RowsPlatform {
		cols = append(cols, words(string(t.By), func(r *row) string { return r.name }))
	}
	for i := range cols {
		c := &cols[i]
		switch c.id {
		case t.nameColumn():
			c.elastic, c.sum = true, t.others
		case "destination":
			c.elastic = true
		case "cause":
			c.sum = shared
		case "limit":
			c.sum = func([]*row) string { return "-" }
		}
	}
	return cols
}

// nameColumn is the id of the column that names the rows.
func (t *text) nameColumn() string {
	if t.By == RowsPlatform {
		return "destination"
	}
	return string(t.By)
}

// shownColumns are the ids of the columns of the table as asked for.
func (t *text) shownColumns() []string {
	switch {
	case len(t.Columns) > 0:
		return t.Columns
	case t.By == RowsPlatform:
		// Refusals and bounces where there are any: they explain why nothing was deferred.
		ids := []string{"level", "destination", "cause", "limit", "refusals", "deferred", "accepted", "bounced", "expired", "peak"}
		return slices.DeleteFunc(ids, func(id string) bool {
			return id == "refusals" && !t.any(func(g *Group) bool { return g.Trouble.Refusals > 0 }) ||
				id == "bounced" && !t.any(func(g *Group) bool { return g.Counts.Bounced > 0 })
		})
	case t.By == RowsIP:
		return []string{"level", "ip", "destination", "cause", "refusals", "deferred", "accepted", "peak"}
	}
	return []string{t.nameColumn(), "destination", "refusals", "attempts", "deferred", "accepted"}
}

// any says whether something is true of any destination.
func (t *text) any(is func(*Group) bool) bool {
	return slices.ContainsFunc(slices.Concat(t.listed, t.mixed, t.rest), is)
}

// droppable are the columns that go first where the terminal is narrow: those that say
// nothing but 0, then others.
func droppable(cols []column, shown, rest []*row) (ids []string) {
	for _, c := range cols {
		some := len(rest) > 0 && c.sum(rest) != "0"
		if !some && !slices.ContainsFunc(shown, func(r *row) bool { return c.cell(r) != "0" }) {
			ids = append(ids, c.id)
		}
	}
	return append(ids, "bounced", "peak", "limit", "attempts", "accepted", "expired", "cause")
}

// ColumnNames are the columns that a table with such rows can have, in the order of
// their list. The column of the rows themselves is named like by.
func ColumnNames(by Rows) []string {
	t := text{TextOptions: TextOptions{By: by}}
	var names []string
	for _, c := range t.columns() {
		names = append(names, c.id)
	}
	return names
}

func (t *text) destination(r *row) string {
	name := Visible(r.g.Destination)
	if n := len(r.g.MX); n > 1 && t.By == RowsPlatform && !r.g.Mixed {
		over := ""
		if r.g.ByMXMore > 0 {
			over = "over "
		}
		return fmt.Sprintf("%s (%s%s MX)", name, over, rules.Thousands(int64(n)))
	}
	return name
}

// others names what shares a row.
func (t *text) others(rows []*row) string {
	what := map[Rows]string{RowsMX: "other MX host", RowsDomain: "other domain", RowsIP: "other row"}[t.By]
	if what == "" {
		what = "other destination"
	}
	return count(int64(len(rows)), what)
}

// shared is the cause of all rows, or "various".
func shared(rows []*row) string {
	if slices.ContainsFunc(rows, func(r *row) bool { return r.found }) {
		return "various"
	}
	return "none"
}

// confidenceCell is the confidence in the cause of g, "-" where there is none.
func confidenceCell(g *Group) string {
	if g.Cause == "none" || g.Cause == "unclear" || g.Cause == "" {
		return "-"
	}
	return fmt.Sprintf("%.2f", g.Confidence)
}

// limit is the second axis in a word: "fixed 3", "dynamic" or "-".
func limit(g *Group) string {
	switch {
	case g.Limit.Type == "fixed" && g.Limit.Sessions != nil:
		return "fixed " + rules.Thousands(*g.Limit.Sessions)
	case g.Limit.Type != "" && g.Limit.Type != "unknown":
		return shorten(Visible(g.Limit.Type), 9)
	}
	return "-"
}

// unknownIP is the key of per_ip for sessions whose sending IP no log tells.
const unknownIP = "unknown"

// peak is the highest number of sessions of one sending IP. Where the log has no
// sending IP, the peak of all of them is an upper bound.
func peak(g *Group) string {
	var n int64
	for ip, of := range g.PeakSessions.PerIP {
		if ip != unknownIP && ip != "" {
			n = max(n, of)
		}
	}
	if n == 0 && g.PeakSessions.Estimate != nil {
		return "peak <=" + rules.Thousands(*g.PeakSessions.Estimate)
	}
	return peakOf(n)
}

func peakOf(n int64) string {
	if n == 0 {
		return "-"
	}
	return "peak " + rules.Thousands(n)
}

// severityWord is how a severity is written in headings.
func severityWord(s string) string { return strings.ToUpper(shorten(s, len("escalate"))) }
