package report

import "slices"

const (
	// minName is the least width that a name needs to be recognised; narrower, other
	// columns go first.
	minName = 23
	// leastName is what is left of it where nothing else can go.
	leastName = 8
)

// table prints the destinations or their parts, worst first.
func (t *text) table() error {
	shown, rest := t.rows()
	if len(shown) == 0 {
		return nil
	}
	all := t.columns()
	var cols []column
	for _, id := range t.shownColumns() {
		if i := slices.IndexFunc(all, func(c column) bool { return c.id == id }); i >= 0 {
			cols = append(cols, all[i])
		}
	}
	widths := t.fit(&cols, shown, rest)

	table := Table{}
	for _, c := range cols {
		table.Header = append(table.Header, c.head)
		table.Right = append(table.Right, c.right)
	}
	add := func(cell func(column) string, plain string) {
		cells := make([]string, len(cols))
		for i, c := range cols {
			s := cell(c)
			if c.id == "destination" && len(s) > widths[i] && plain != "" {
				s = plain // before the name itself, the number of its hosts goes
			}
			switch {
			case c.elastic && c.id == "destination":
				s = shorten(s, widths[i])
			case c.elastic:
				s = shortenMiddle(s, widths[i])
			}
			cells[i] = s
		}
		table.Rows = append(table.Rows, cells)
	}
	for _, r := range shown {
		add(func(c column) string { return c.cell(r) }, Visible(r.g.Destination))
	}
	if len(rest) > 0 {
		add(func(c column) string { return c.sum(rest) }, "")
	}
	t.line("")
	return table.Write(&t.b)
}

// fit returns the widths of the columns. Where they do not fit the line, columns go
// that nobody asked for by name, then names are shortened.
func (t *text) fit(cols *[]column, shown, rest []*row) []int {
	var widths []int
	over, spare := -tableGap-t.Width, 0 // spare is what names can give without harm
	for _, c := range *cols {
		width := len(c.head)
		for _, r := range shown {
			cell := c.cell(r)
			if c.id == "level" {
				cell = severityWord(r.severity) // without its colour
			}
			width = max(width, len(cell))
		}
		if len(rest) > 0 {
			width = max(width, len(c.sum(rest)))
		}
		widths = append(widths, width)
		over += width + tableGap
		if c.elastic {
			spare += max(width-minName, 0)
		}
	}
	for _, id := range droppable(*cols, shown, rest) {
		i := slices.IndexFunc(*cols, func(c column) bool { return c.id == id })
		if len(t.Columns) > 0 || over <= spare || i < 0 {
			continue
		}
		over -= widths[i] + tableGap
		*cols, widths = slices.Delete(*cols, i, i+1), slices.Delete(widths, i, i+1)
	}
	for _, least := range []int{minName, leastName} {
		for over > 0 {
			widest := -1
			for i, c := range *cols {
				if c.elastic && widths[i] > least && (widest < 0 || widths[i] > widths[widest]) {
					widest = i
				}
			}
			if widest < 0 {
				break
			}
			widths[widest]--
			over--
		}
	}
	return widths
}
