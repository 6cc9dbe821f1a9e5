package wrap

import (
	"bytes"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/parsers/csvrow"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// leastBody is the rank of a name that surely is that of a line.
const leastBody = 4

// addressed are columns of tables that tell of recipients: their rows are no lines of a log.
var addressed = []string{"recipient", "rcpt", "rcpt_to", "to", "email", "recipient_address"}

// headings reads the first record of a table that a log service has exported (Splunk,
// Graylog, CloudWatch Logs Insights, Kibana): one column is the line, another its time. A
// column that tells nothing has rank 0.
func headings(line []byte) (heads []field, ok bool) {
	if bytes.IndexByte(line, ',') < 0 || len(line) > 1<<12 {
		return nil, false
	}
	var r csvrow.Reader
	cells, state := r.Add(syslog.Trim(line))
	if state != csvrow.Complete {
		return nil, false
	}
	var has [numRoles]bool
	heads = make([]field, len(cells))
	for i, cell := range cells {
		name := string(bytes.TrimSpace(cell))
		if slices.Contains(addressed, strings.ToLower(name)) {
			return nil, false
		}
		if f, known := fields[name]; known && f.rank > 0 && (f.role != body || f.rank >= leastBody) {
			heads[i], has[f.role] = f, true
		}
	}
	return heads, has[body] && has[when]
}

func firstLine(sample [][]byte) []byte {
	for _, line := range sample {
		if len(bytes.TrimSpace(line)) > 0 {
			return line
		}
	}
	return nil
}

// rowLine takes a line of a table.
func (d *Decoder) rowLine(line []byte, emit func(*mail.Event)) mail.Verdict {
	line = syslog.Trim(line)
	if !d.csv.Open() && (d.heads == nil || bytes.Equal(line, d.first)) { // exports are put one behind the other
		if heads, ok := headings(line); ok {
			d.heads, d.first = heads, append(d.first[:0], line...)
			return mail.Irrelevant
		}
	}
	cells, state := d.csv.Add(line)
	switch state {
	case csvrow.Continues:
		d.open++
		return mail.Irrelevant
	case csvrow.Broken: // a quote that nobody closes
		d.lost[mail.Irrelevant] += d.open
		d.open = 0
		return mail.NotUnderstood
	case csvrow.Complete:
		d.open = 0
	}
	r := &d.rec
	*r = record{}
	for i, cell := range cells[:min(len(cells), len(d.heads))] {
		switch f := d.heads[i]; {
		case f.rank <= r.rank[f.role] || len(cell) == 0:
		case f.role == body:
			r.body, r.rank[body] = cell, f.rank
		default:
			d.note(r, f, nil, cell)
		}
	}
	if len(r.body) == 0 {
		return mail.Irrelevant
	}
	d.emit = emit
	return d.deliver(r, emit)
}
