package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// rulesTable is what the commands share that list something of the rules.
type rulesTable struct {
	world
	input   inputFlags // only its rules
	manners manners
	json    bool
}

func (l *rulesTable) jsonFlag(fs *pflag.FlagSet) {
	addBool(fs, groupOutput, &l.json, "json", "", "one JSON object")
}

func (l *rulesTable) add(fs *pflag.FlagSet) {
	l.input.rulesFlag(fs)
	l.manners.add(fs)
}

// write prints list as JSON, or its table t and how many rows of one kind it has.
func (l *rulesTable) write(list any, t *fitted, one, version string) error {
	if l.json {
		data, err := report.MarshalASCII(list, false)
		if err != nil {
			return err
		}
		return l.put(append(data, '\n'))
	}
	// Rows for a terminal are cut to its width; in a pipe grep wants all of them.
	width := l.manners.width.value
	if l.OutTerminal || width > 0 {
		width = min(max(l.width(width), report.MinWidth), report.MaxWidth)
	}
	var b bytes.Buffer
	t.write(&b, width)
	fmt.Fprintf(&b, "%s, version %s\n", plural(int64(len(t.rows)), one), version)
	return l.put(b.Bytes())
}

// fitted is a table that fits a width: columns of drop are left out in that order,
// and the last one shown takes the rest and is cut.
type fitted struct {
	header []string
	rows   [][]string
	drop   []int
	// least is the least width of the last column; before that others go.
	least int
}

// write writes the table; width 0 is no bound.
func (t *fitted) write(b *bytes.Buffer, width int) {
	widths := make([]int, len(t.header))
	show := make([]int, len(t.header))
	for i, h := range t.header {
		show[i], widths[i] = i, len(h)
		for _, row := range t.rows {
			row[i] = report.Visible(row[i])
			widths[i] = max(widths[i], len(row[i]))
		}
	}
	if width > 0 {
		for _, d := range append(t.drop, -1) {
			last, left := show[len(show)-1], width
			for _, i := range show[:len(show)-1] {
				left -= widths[i] + 2
			}
			if left >= min(t.least, widths[last]) || d < 0 {
				widths[last] = max(left, 2)
				break
			}
			show = slices.DeleteFunc(show, func(i int) bool { return i == d })
		}
	}
	for _, row := range append([][]string{t.header}, t.rows...) {
		var line strings.Builder
		for _, i := range show {
			fmt.Fprintf(&line, "%-*s  ", widths[i], cut(row[i], widths[i]))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}
