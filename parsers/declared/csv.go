package declared

import (
	"bytes"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/parsers/csvrow"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// column is a field and the name of its column.
type column struct {
	field int
	name  string
}

// table checks the description of a table.
func (f *format) table(p *csvPart) (errs []error) {
	f.csv = p
	switch p.Separator {
	case "":
		p.Separator = ","
	case "tab", `\t`:
		p.Separator = "\t"
	}
	if len(p.Separator) != 1 {
		errs = append(errs, p.At.Key("separator").Errorf("separator: want one character or tab, have %q", p.Separator))
	}
	for field, name := range p.Columns.list() {
		if name == "" {
			continue
		}
		if len(p.Header) > 0 && indexFold(p.Header, name) < 0 {
			errs = append(errs, p.Columns.At.Key(fieldNames[field]).Errorf("%s: no column %q in the header", fieldNames[field], name))
		}
		f.has[field] = true
		f.columns = append(f.columns, column{field, name})
	}
	if len(f.columns) == 0 {
		errs = append(errs, p.At.Errorf("csv: no columns"))
	}
	return errs
}

func indexFold(list []string, name string) int {
	for i, n := range list {
		if strings.EqualFold(strings.TrimSpace(n), name) {
			return i
		}
	}
	return -1
}

// tableDecoder reads the rows of a table.
type tableDecoder struct {
	decoder
	rows csvrow.Reader
	at   []int // the column of each f.columns; nil before the header
	// first is the name of the first of them: a quick sign of a header.
	first []byte
}

func (d *tableDecoder) begin() {
	d.rows.Comma = d.format.csv.Separator[0]
	d.first = []byte(d.format.columns[0].name)
	if h := d.format.csv.Header; len(h) > 0 {
		for _, c := range d.format.columns {
			d.at = append(d.at, indexFold(h, c.name))
		}
	}
}

// Decode implements parsers.Decoder. A row of several lines is told with its last
// line; those before are Irrelevant.
func (d *tableDecoder) Decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	if !d.rows.Open() && d.passes(line) {
		return mail.Irrelevant
	}
	cells, state := d.rows.Add(line)
	switch state {
	case csvrow.Continues:
		return mail.Irrelevant
	case csvrow.Broken:
		return mail.NotUnderstood
	default:
	}
	if d.header(cells) {
		return mail.Irrelevant
	}
	if d.at == nil {
		return mail.NotUnderstood
	}
	d.clear()
	for i, c := range d.format.columns {
		if d.at[i] >= len(cells) {
			return mail.NotUnderstood
		}
		d.set(c.field, cells[d.at[i]])
	}
	return d.tell(emit)
}

// header says that a row names the columns.
func (d *tableDecoder) header(cells [][]byte) bool {
	if !slices.ContainsFunc(cells, func(cell []byte) bool { return bytes.EqualFold(bytes.TrimSpace(cell), d.first) }) {
		return false
	}
	names := make([]string, len(cells))
	for i, c := range cells {
		names[i] = string(c)
	}
	at := make([]int, len(d.format.columns))
	for i, c := range d.format.columns {
		if at[i] = indexFold(names, c.name); at[i] < 0 {
			return false
		}
	}
	d.at = at
	return true
}
