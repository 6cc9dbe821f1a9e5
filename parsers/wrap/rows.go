package wrap

import (
	"bytes"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/parsers/csvrow"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// heading is what a column of a table holds; rank 0 is one that tells nothing.
type heading struct{ field }

// leastBody is the rank of a name that surely is that of a line.
const leastBody = 4

// addressed are columns of tables that tell of recipients: their rows are no lines of a log.
var addressed = []string{"recipient", "rcpt", "rcpt_to", "to", "email", "recipient_address"}

// headings reads the first record of a table that a log service has exported (Splunk,
// Graylog, CloudWatch Logs Insights, Kibana): one column is the line, another its time.
func headings(line []byte) (heads []heading, ok bool) {
	if bytes.IndexByte(line, ',') < 0 || len(line) > 1<<12 {
		return nil, false
	}
	var r csvrow.Reader
	cells, state := r.Add(syslog.Trim(line))
	if state != csvrow.Complete {
		return nil, false
	}
	var has [numRoles]bool
	heads = make([]heading, len(cells))
	for i, cell := range cells {
		name := string(bytes.TrimSpace(cell))
		if slices.Contains(addressed, strings.ToLower(name)) {
			return nil, false
		}
		if f, known := fields[name]; known && f.rank > 0 && (f.role != body || f.rank >= leastBody) {
			heads[i], has[f.role] = heading{f}, true
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
		h := d.heads[i]
		if h.rank <= r.rank[h.role] || len(cell) == 0 {
			continue
		}
		switch h.role {
		case body:
			r.body = cell
		case when:
			t, precise, exact, ok := d.stamps.read(cell)
			if !ok {
				continue
			}
			r.time, r.precise, r.exact = t, precise, exact
		case host:
			r.host = cell
		case tag:
			t, p := readTag(cell)
			r.tag, r.pid = t, max(r.pid, p)
		case pid:
			r.pid = syslog.PID(cell)
		default:
			continue
		}
		r.rank[h.role] = h.rank
	}
	if len(r.body) == 0 {
		return mail.Irrelevant
	}
	d.emit = emit
	return d.deliver(r, emit)
}
