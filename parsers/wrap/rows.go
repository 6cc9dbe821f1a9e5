package wrap

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/csvrow"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// heading is what a column of a table holds; rank 0 is one that tells nothing.
type heading struct{ field }

// headings reads the first record of a table that a log service has exported (Splunk,
// Graylog, CloudWatch Logs Insights, Kibana): one column is the message, another the time.
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
		if f, known := fields[string(bytes.TrimSpace(cell))]; known && f.rank > 0 {
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
	cells, state := d.csv.Add(syslog.Trim(line))
	if state != csvrow.Complete {
		return mail.Irrelevant
	}
	if heads, ok := headings(line); ok && !d.csv.Open() {
		d.heads = heads
		return mail.Irrelevant
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
