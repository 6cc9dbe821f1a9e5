package report

import (
	"fmt"
	"strings"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// column is one column of the summary table.
type column struct {
	head  string
	right bool
	cell  func(*Group) string
	// sum is the cell of the row that stands for many destinations.
	sum func([]*Group) string
}

// minDestination is the least width that a destination needs to be recognised.
const minDestination = 20

// columns are all columns of the summary table. Which are left out on a narrow
// terminal, and in which order, is droppable.
func (t *text) columns() []column {
	number := func(head string, of func(*Group) int64) column {
		return column{head, true, func(g *Group) string { return rules.Thousands(of(g)) }, func(gs []*Group) string {
			var n int64
			for _, g := range gs {
				n += of(g)
			}
			return rules.Thousands(n)
		}}
	}
	return []column{
		{"LEVEL", false, func(g *Group) string { return t.level(g.Severity) }, func([]*Group) string { return "" }},
		{"DESTINATION", false, destination, others},
		{"CAUSE", false, func(g *Group) string { return shorten(g.Cause, 14) }, func(gs []*Group) string { return shared(gs, "none") }},
		{"LIMIT", false, limit, func([]*Group) string { return "-" }},
		number("DEFERRED", func(g *Group) int64 { return g.Counts.Deferred }),
		number("ACCEPTED", func(g *Group) int64 { return g.Counts.Delivered }),
		number("EXPIRED", func(g *Group) int64 { return g.Counts.Expired }),
		{"SESSIONS/IP", true, peak, func([]*Group) string { return "" }},
	}
}

func droppable() []string { return []string{"SESSIONS/IP", "LIMIT", "ACCEPTED", "EXPIRED"} }

// table prints the destinations, worst first.
func (t *text) table() error {
	if len(t.listed) == 0 {
		return nil
	}
	cols := t.columns()
	for _, head := range append(droppable(), "") {
		if t.roomForDestination(cols) >= minDestination || head == "" {
			break
		}
		for i, c := range cols {
			if c.head == head {
				cols = append(cols[:i:i], cols[i+1:]...)
				break
			}
		}
	}
	room := t.roomForDestination(cols)

	table := Table{}
	for _, c := range cols {
		table.Header = append(table.Header, c.head)
		table.Right = append(table.Right, c.right)
	}
	add := func(cell func(column) string) {
		row := make([]string, len(cols))
		for i, c := range cols {
			row[i] = cell(c)
			if c.head == "DESTINATION" {
				row[i] = shorten(row[i], room)
			}
		}
		table.Rows = append(table.Rows, row)
	}
	for _, g := range t.listed {
		add(func(c column) string {
			if c.head == "DESTINATION" && len(c.cell(g)) > room {
				return g.Destination // before the name itself, the number of its hosts goes
			}
			return c.cell(g)
		})
	}
	if len(t.rest) > 0 {
		add(func(c column) string { return c.sum(t.rest) })
	}
	t.line("")
	return table.Write(&t.b)
}

// roomForDestination is what the other columns leave of a line.
func (t *text) roomForDestination(cols []column) int {
	room := t.Width
	for _, c := range cols {
		if c.head == "DESTINATION" {
			continue
		}
		width := len(c.head)
		for _, g := range t.listed {
			cell := c.cell(g)
			if c.head == "LEVEL" {
				cell = severityWord(g.Severity) // without its colour
			}
			width = max(width, len(cell))
		}
		if len(t.rest) > 0 {
			width = max(width, len(c.sum(t.rest)))
		}
		room -= width + tableGap
	}
	return room
}

func destination(g *Group) string {
	if n := len(g.MX); n > 1 {
		return fmt.Sprintf("%s (%s MX)", g.Destination, rules.Thousands(int64(n)))
	}
	return g.Destination
}

// others names the destinations that share a row.
func others(gs []*Group) string {
	return count(int64(len(gs)), "other destination")
}

// shared is the cause of all of gs, or "various".
func shared(gs []*Group, none string) string {
	for _, g := range gs {
		if hasFinding(g) {
			return "various"
		}
	}
	return none
}

// limit is the second axis in a word: "fixed 3", "dynamic" or "-".
func limit(g *Group) string {
	switch {
	case g.Limit.Type == "fixed" && g.Limit.Sessions != nil:
		return "fixed " + rules.Thousands(*g.Limit.Sessions)
	case g.Limit.Type != "" && g.Limit.Type != "unknown":
		return shorten(g.Limit.Type, 9)
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
	switch {
	case n > 0:
		return "peak " + rules.Thousands(n)
	case g.PeakSessions.Estimate != nil:
		return "peak <=" + rules.Thousands(*g.PeakSessions.Estimate)
	}
	return "-"
}

// severityWord is how a severity is written in headings.
func severityWord(s string) string { return strings.ToUpper(shorten(s, len("escalate"))) }
