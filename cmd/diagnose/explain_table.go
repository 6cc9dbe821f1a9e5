package main

import (
	"strings"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// explainedTable is how the five signals bear on the five causes (X01).
type explainedTable struct {
	Explained
	Causes  []tableColumn `json:"causes"`
	Signals []tableRow    `json:"signals"`
	Source  string        `json:"source"`
}

type tableColumn struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Source string `json:"source"`
}

type tableRow struct {
	ID     string      `json:"id"`
	Name   string      `json:"name"`
	Source string      `json:"source"`
	Cells  []tableCell `json:"cells"`
}

type tableCell struct {
	Cause string `json:"cause"`
	// Bearing is for, against or none; By the signal or qualifier that carries it.
	Bearing string  `json:"bearing"`
	By      *string `json:"by"`
	Text    string  `json:"text"`
}

func explainTable(t *rules.Table) *explainedTable {
	x := &explainedTable{Explained: explainedAs("table"), Source: "X01"}
	for _, c := range t.Causes {
		x.Causes = append(x.Causes, tableColumn{c.ID, c.Name, c.Source})
	}
	for _, s := range t.Signals {
		row := tableRow{ID: s.ID, Name: s.Name, Source: s.Source}
		for _, c := range s.Cells {
			row.Cells = append(row.Cells, tableCell{c.Cause, c.Bearing, orNil(c.By), c.Text})
		}
		x.Signals = append(x.Signals, row)
	}
	return x
}

func (x *explainedTable) print(p *page) {
	signs := map[string]string{"for": "+", "against": "-", "none": " "}
	names := map[string]string{}
	var columns []string
	for _, c := range x.Causes {
		names[c.ID] = c.Name
		columns = append(columns, c.Name)
	}
	p.line("causes and the signals of them")
	p.field("signals", "are evidence: + for, - against, blank has no bearing")
	p.field("causes", "are conclusions: "+strings.Join(columns, ", "))
	p.field("source", x.Source)
	for _, s := range x.Signals {
		p.line("\n  %s  [%s]", s.Name, s.Source)
		for _, c := range s.Cells {
			text := c.Text
			if c.By != nil {
				text += "  [" + *c.By + "]"
			}
			p.item("    "+signs[c.Bearing]+" "+names[c.Cause], text, 28)
		}
	}
}
