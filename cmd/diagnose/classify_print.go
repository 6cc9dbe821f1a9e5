package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// printer returns what prints one result and what ends the output.
func (c *classifyCommand) printer(w *bufio.Writer) (emit func(classified) error, finish func() error) {
	nothing := func() error { return nil }
	switch {
	case c.json:
		return func(r classified) error {
			data, err := report.MarshalASCII(r, true)
			if err != nil {
				return err
			}
			_, err = w.Write(append(data, '\n'))
			return err
		}, nothing
	case c.csv:
		table := csv.NewWriter(w)
		err := table.Write([]string{"reply", "class", "scope", "provider", "confidence", "rule"})
		return func(r classified) error {
				return errors.Join(err, table.Write(csvCells(r)))
			}, func() error {
				table.Flush()
				return errors.Join(err, table.Error())
			}
	}
	t := &classifyTable{w: w, width: c.width(c.manners.width.value)}
	return t.add, t.flush
}

func csvCells(r classified) []string {
	cells := []string{r.Reply, r.Class, r.Scope, deref(r.Provider, ""), confidenceText(r.Confidence), deref(r.Rule, "")}
	for i, c := range cells {
		cells[i] = report.CSVCell(c)
	}
	return cells
}

func confidenceText(c float64) string { return strconv.FormatFloat(c, 'f', 2, 64) }

// classifyTable is the text form. It is printed in pieces of fixed column widths,
// so that it needs no more memory for more replies.
type classifyTable struct {
	w      io.Writer
	width  int
	rows   [][]string
	header bool
}

// piece is how many rows are laid out together.
const piece = 500

func (t *classifyTable) add(r classified) error {
	t.rows = append(t.rows, []string{r.Class, r.Scope, deref(r.Provider, "-"), confidenceText(r.Confidence), deref(r.Rule, "-"), r.Reply})
	if len(t.rows) < piece {
		return nil
	}
	return t.flush()
}

func (t *classifyTable) flush() error {
	if len(t.rows) == 0 {
		return nil
	}
	heads := []string{"CLASS", "SCOPE", "PROVIDER", "CONF", "RULE", "REPLY"}
	widths := []int{16, 13, 18, 4, 20, 0}
	left := min(max(t.width, report.MinWidth), report.MaxWidth)
	for _, n := range widths[:5] {
		left -= n + 2
	}
	show := []int{0, 1, 2, 3, 4, 5}
	for _, drop := range []int{1, 2, 4} { // what goes before the reply does
		if left < 25 {
			left += widths[drop] + 2
			show = slices.DeleteFunc(show, func(i int) bool { return i == drop })
		}
	}
	widths[5] = left
	table := report.Table{}
	for _, i := range show {
		if !t.header {
			table.Header = append(table.Header, heads[i])
		}
		table.Widths, table.Right = append(table.Widths, widths[i]), append(table.Right, i == 3)
	}
	t.header = true
	for _, row := range t.rows {
		var cells []string
		for _, i := range show {
			cells = append(cells, cut(report.Visible(row[i]), widths[i]))
		}
		table.Rows = append(table.Rows, cells)
	}
	t.rows = t.rows[:0]
	return table.Write(t.w)
}

// cut shortens s to width characters; what is missing is in --json.
func cut(s string, width int) string {
	if len(s) <= width {
		return s
	}
	return s[:width-2] + ".."
}
