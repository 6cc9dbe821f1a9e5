package report

import (
	"bytes"
	"fmt"
	"io"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// Table is aligned columns without borders. Cells must be clean already (Visible):
// the table writer behind it passes control characters through.
type Table struct {
	Header []string
	// Right says which columns are aligned to the right.
	Right []bool
	// Widths are fixed column widths; nil fits the cells. Longer cells are broken.
	Widths []int
	Rows   [][]string
}

// tableGap is the space between two columns.
const tableGap = 2

// Write prints the table; lines have no trailing spaces. An empty Header prints none.
func (t *Table) Write(w io.Writer) error {
	align := make([]tw.Align, len(t.Right))
	for i, right := range t.Right {
		align[i] = tw.AlignLeft
		if right {
			align[i] = tw.AlignRight
		}
	}
	// Automatic formatting would write headers in capitals and break names at "_".
	cells := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoFormat: tw.Off, AutoWrap: tw.WrapNone},
		Padding:    tw.CellPadding{Global: tw.Padding{Right: "  ", Overwrite: true}},
		Alignment:  tw.CellAlignment{PerColumn: align},
	}
	options := []tablewriter.Option{
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Symbols:  tw.NewSymbols(tw.StyleNone),
			Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
		})),
		tablewriter.WithConfig(tablewriter.Config{Header: cells, Row: cells, Behavior: tw.Behavior{TrimSpace: tw.Off}}),
	}
	if t.Widths != nil {
		widths := tw.NewMapper[int, int]()
		for i, n := range t.Widths {
			widths.Set(i, n+tableGap)
		}
		options = append(options, tablewriter.WithColumnWidths(widths))
	}
	var b bytes.Buffer
	table := tablewriter.NewTable(&b, options...)
	if len(t.Header) > 0 {
		table.Header(t.Header)
	}
	if err := table.Bulk(t.Rows); err != nil {
		return fmt.Errorf("cannot lay out the table: %w", err)
	}
	if err := table.Render(); err != nil {
		return fmt.Errorf("cannot lay out the table: %w", err)
	}
	for line := range bytes.Lines(b.Bytes()) {
		if _, err := fmt.Fprintf(w, "%s\n", bytes.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}
