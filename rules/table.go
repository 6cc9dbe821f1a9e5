package rules

import (
	"maps"
	"slices"
)

// Table is how the five signals bear on the five causes (requirement X01,
// rules/table.yaml): a picture of the signal table, which it is held against.
type Table struct {
	Causes  []TableName `yaml:"causes"`
	Signals []TableRow  `yaml:"signals"`
	At      Pos         `yaml:"-"`
}

// TableName is the head of a column.
type TableName struct {
	ID     string `yaml:"id"`
	Name   string `yaml:"name"`
	Source string `yaml:"source"`
	At     Pos    `yaml:"-"`
}

// TableRow is a signal with a cell for each cause.
type TableRow struct {
	ID     string `yaml:"id"`
	Name   string `yaml:"name"`
	Source string `yaml:"source"`
	Cells  []Cell `yaml:"cells"`
	At     Pos    `yaml:"-"`
}

// Cell says whether a signal speaks for or against a cause, or has no bearing.
type Cell struct {
	Cause   string `yaml:"cause"`
	Bearing string `yaml:"bearing"`
	// By is the id of the signal or qualifier that carries it, Facts some with which
	// it speaks so.
	By    string    `yaml:"by,omitempty"`
	Facts cellFacts `yaml:"facts,omitempty"`
	Text  string    `yaml:"text"`
	At    Pos       `yaml:"-"`
}

// Bearings are what a cell may say.
func Bearings() []string { return []string{"for", "against", "none"} }

// LoadTable reads table.yaml and returns every mistake in it: each signal needs a cell
// for each cause.
func LoadTable(file string, src []byte) (*Table, []error) {
	t := &Table{At: Pos{File: file, Line: 1, Column: 1}}
	return t, append(DecodeStrict(file, src, t), t.check()...)
}

func (t *Table) check() (errs []error) {
	names := make([]string, len(t.Causes))
	for i, n := range t.Causes {
		names[i] = n.ID
		errs = append(errs, filled(n.At, "column", "id", n.ID, "name", n.Name)...)
		errs = append(errs, sourced(n.At, n.Source)...)
	}
	for i := range t.Signals {
		row := &t.Signals[i]
		errs = append(errs, filled(row.At, "signal", "id", row.ID, "name", row.Name)...)
		errs = append(errs, sourced(row.At, row.Source)...)
		missing := slices.Clone(names)
		for j := range row.Cells {
			cell := &row.Cells[j]
			errs = append(errs, oneOf(cell.At, "cause", cell.Cause, names)...)
			missing = slices.DeleteFunc(missing, func(n string) bool { return n == cell.Cause })
			errs = append(errs, cell.check()...)
		}
		for _, n := range missing {
			errs = append(errs, row.At.Errorf("signal %q has no cell for %s", row.ID, n))
		}
	}
	return errs
}

func (cell *Cell) check() (errs []error) {
	errs = append(errs, oneOf(cell.At, "bearing", cell.Bearing, Bearings())...)
	errs = append(errs, filled(cell.At, "cell "+cell.Cause, "text", cell.Text)...)
	errs = append(errs, knownFacts(cell.At, cell.Facts)...)
	if (cell.Bearing == "none") != (cell.By == "") {
		errs = append(errs, cell.At.Errorf("a rule belongs to what has a bearing, and to nothing else"))
	}
	return errs
}

// Disagreements are the cells whose rule is not there, or speaks otherwise with the
// facts of the cell.
func (t *Table) Disagreements(c *Causes) (errs []error) {
	for i := range t.Signals {
		for j := range t.Signals[i].Cells {
			if cell := &t.Signals[i].Cells[j]; cell.By != "" {
				errs = append(errs, cell.disagreement(c)...)
			}
		}
	}
	return errs
}

func (cell *Cell) disagreement(c *Causes) (errs []error) {
	facts := Facts{}
	for _, name := range slices.Sorted(maps.Keys(cell.Facts)) {
		facts[name] = Measure{Value: cell.Facts[name], Basis: Assumed}
	}
	bearing, ok := c.bearing(cell.By, facts)
	switch {
	case !ok:
		errs = append(errs, cell.At.Key("by").Errorf("no signal or qualifier %q%s", cell.By, DidYouMean(cell.By, c.ruleIDs())))
	case bearing != cell.Bearing:
		errs = append(errs, cell.At.Key("bearing").Errorf("%s speaks %s with these facts, not %s", cell.By, bearing, cell.Bearing))
	}
	return errs
}

// bearing says how a signal or qualifier speaks with facts: for, against or none.
func (c *Causes) bearing(id string, facts Facts) (string, bool) {
	for i := range c.Causes {
		for j := range c.Causes[i].Signals {
			s := &c.Causes[i].Signals[j]
			switch {
			case s.ID != id:
				continue
			case s.When.Eval(facts) != True:
				return "none", true
			case s.Weight > 0:
				return "for", true
			}
			return "against", true
		}
	}
	for i := range c.Qualifiers {
		if m := &c.Qualifiers[i]; m.ID == id && m.When != nil {
			return map[Truth]string{True: "for", False: "against", Unknown: "none"}[m.When.Eval(facts)], true
		}
	}
	return "", false
}

// ruleIDs are the ids of all signals and qualifiers.
func (c *Causes) ruleIDs() []string {
	ids := c.QualifierIDs()
	for i := range c.Causes {
		for j := range c.Causes[i].Signals {
			ids = append(ids, c.Causes[i].Signals[j].ID)
		}
	}
	return ids
}
