package wrap

import (
	"bytes"
	"slices"

	"github.com/seed-07ce53fa/diagnose/parsers/jsonlog"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
)

// record is one line with what the collector noted about it.
type record struct {
	body      []byte
	bodies    [][]byte // a repeated field: several messages in one record
	host, tag []byte
	pid       uint32
	stream    []byte

	time    int64 // microseconds, 0 if unknown
	precise bool
	exact   bool // the time has its year and zone
	// prompt says that the time is when the line was written; else it may be when
	// a shipper read the file.
	prompt bool
	// piece says that a body without a line end goes on in the next record.
	piece bool
	rank  [numRoles]uint8
	page  bool // it holds records under one of pages
}

// role is what a field of a record holds.
type role uint8

const (
	body role = iota
	when
	host
	tag
	pid
	stream
	numRoles = iota
)

// field is a name that a collector gives to a role. Where several are there the
// highest rank counts.
type field struct {
	role role
	rank uint8
	in   map[string]field // the fields of an object of that name
}

// fields are the names in use: systemd.journal-fields(7), Docker json-file,
// Elastic Common Schema, GELF, VictoriaLogs, Fluent Bit, Vector, rsyslog, Splunk,
// Google Cloud Logging. rank 0 is a name that means something only as an object.
var fields = map[string]field{
	"MESSAGE": {body, 9, nil}, "message": {body, 8, original}, "_msg": {body, 8, nil}, "full_message": {body, 7, nil},
	"short_message": {body, 6, nil}, "log": {body, 6, logFields}, "line": {body, 5, nil}, "msg": {body, 5, nil}, "rawmsg": {body, 5, nil},
	"_raw": {body, 5, nil}, "textPayload": {body, 5, nil}, "event.original": {body, 4, nil}, "log.original": {body, 4, nil},
	"event": {body, 3, original}, "body": {body, 2, nil}, "@message": {body, 8, nil}, "SyslogMessage": {body, 8, nil}, "RawData": {body, 5, nil},

	"__REALTIME_TIMESTAMP": {when, 9, nil}, "@timestamp": {when, 8, nil}, "_time": {when, 7, nil}, "timereported": {when, 7, nil},
	"timestamp": {when, 6, nil}, "time": {when, 5, nil}, "Timestamp": {when, 5, nil}, "ts": {when, 4, nil}, "date": {when, 4, nil},
	"TimeGenerated": {when, 6, nil}, "EventTime": {when, 7, nil}, "datetime": {when, 4, nil}, "timegenerated": {when, 4, nil},

	"_HOSTNAME": {host, 9, nil}, "HostName": {host, 7, nil}, "Computer": {host, 6, nil}, "hostname": {host, 7, nil}, "host": {host, 6, names}, "host.name": {host, 5, nil}, "host.hostname": {host, 6, nil},
	"sysloghost": {host, 8, nil}, "syslog_hostname": {host, 8, nil}, "logsource": {host, 7, nil}, "HOSTNAME": {host, 7, nil},

	"SYSLOG_IDENTIFIER": {tag, 9, nil}, "syslogtag": {tag, 8, nil}, "syslog_identifier": {tag, 8, nil}, "log.syslog.appname": {tag, 8, nil},
	"syslog_program": {tag, 7, nil}, "programname": {tag, 6, nil}, "ident": {tag, 7, nil}, "appname": {tag, 7, nil}, "app_name": {tag, 7, nil},
	"app-name": {tag, 7, nil}, "ProcessName": {tag, 7, nil}, "program": {tag, 6, nil}, "process.name": {tag, 3, nil}, "tag": {tag, 2, nil},

	"SYSLOG_PID": {pid, 9, nil}, "_PID": {pid, 8, nil}, "ProcessID": {pid, 7, nil}, "pid": {pid, 7, nil}, "procid": {pid, 7, nil}, "syslog_pid": {pid, 7, nil},
	"process.pid": {pid, 6, nil}, "log.syslog.procid": {pid, 8, nil},

	"stream": {stream, 9, nil},

	"process": {rank: 0, in: map[string]field{"name": {tag, 3, nil}, "program": {tag, 4, nil}, "pid": {pid, 6, nil}}},
	"syslog":  {rank: 0, in: syslogFields}, "journald": {rank: 0, in: map[string]field{"pid": {pid, 7, nil}}},
	"fields": {rank: 0, in: nested}, "result": {rank: 0, in: nested}, "jsonPayload": {rank: 0, in: nested}, "_source": {rank: 0, in: source}, "content": {rank: 0, in: nested},
	"attributes": {rank: 0, in: nested}, "labels": {rank: 0, in: map[string]field{"host": {host, 4, nil}, "hostname": {host, 4, nil}}},
}

var (
	original     = map[string]field{"original": {body, 4, nil}, "message": {body, 4, nil}}
	names        = map[string]field{"name": {host, 5, nil}, "hostname": {host, 6, nil}}
	syslogFields = map[string]field{"appname": {tag, 8, nil}, "identifier": {tag, 8, nil}, "procid": {pid, 8, nil}, "pid": {pid, 8, nil}, "hostname": {host, 8, nil}}
	logFields    = map[string]field{"original": {body, 4, nil}, "syslog": {rank: 0, in: syslogFields}}
	// nested is what an envelope around the record holds, without envelopes in it.
	nested = map[string]field{
		"MESSAGE": {body, 9, nil}, "message": {body, 8, nil}, "log": {body, 6, logFields}, "line": {body, 5, nil}, "msg": {body, 5, nil}, "_raw": {body, 5, nil},
		"_time": {when, 7, nil}, "@timestamp": {when, 8, nil}, "timestamp": {when, 6, nil},
		"host": {host, 6, names}, "hostname": {host, 7, nil}, "ident": {tag, 7, nil}, "appname": {tag, 7, nil}, "program": {tag, 6, nil}, "pid": {pid, 7, nil},
		"SYSLOG_IDENTIFIER": {tag, 9, nil}, "_HOSTNAME": {host, 9, nil}, "_PID": {pid, 8, nil}, "SYSLOG_PID": {pid, 9, nil}, "__REALTIME_TIMESTAMP": {when, 9, nil},
	}
	source = map[string]field{
		"message": {body, 8, original}, "MESSAGE": {body, 9, nil}, "log": {body, 6, logFields}, "event": {body, 3, original}, "@timestamp": {when, 8, nil},
		"timestamp": {when, 6, nil}, "host": {host, 6, names}, "hostname": {host, 7, nil}, "syslog": {rank: 0, in: syslogFields},
		"SYSLOG_IDENTIFIER": {tag, 9, nil}, "_HOSTNAME": {host, 9, nil}, "_PID": {pid, 8, nil}, "SYSLOG_PID": {pid, 9, nil}, "__REALTIME_TIMESTAMP": {when, 9, nil},
		"process": {rank: 0, in: map[string]field{"name": {tag, 3, nil}, "program": {tag, 4, nil}, "pid": {pid, 6, nil}}},
	}
)

// reader fills records from JSON objects.
type reader struct {
	cursor jsonlog.Cursor
	stamps stamps
	arena  []byte   // bodies that are lists of bytes
	bodies [][]byte // bodies that are lists of texts
	others bool     // a field that Docker does not write
}

// object reads one JSON object. It returns false if it is no valid one.
func (d *reader) object(text []byte, r *record) bool {
	*r = record{}
	d.arena, d.bodies, d.others = d.arena[:0], d.bodies[:0], false
	d.cursor.Reset(text)
	d.members(r, fields, true)
	if !d.cursor.Done() {
		return false
	}
	r.bodies = d.bodies
	r.piece = !d.others && r.rank[stream] > 0 && r.rank[body] > 0
	r.prompt = r.prompt || r.piece
	return true
}

func (d *reader) members(r *record, known map[string]field, top bool) {
	c := &d.cursor
	for c.Object(); c.Next(); {
		f, ok := known[string(c.Key())]
		if top && !isDocker(c.Key()) {
			d.others = true
		}
		r.page = r.page || top && c.Kind() == '[' && slices.Contains(pages, string(c.Key()))
		switch {
		case !ok:
		case c.Kind() == '{':
			if f.in != nil {
				d.members(r, f.in, false)
			}
		case f.rank > r.rank[f.role]:
			d.take(r, f, c.Key())
		}
	}
}

// isDocker says that a key is one of those of a Docker json-file.
func isDocker(key []byte) bool {
	switch string(key) {
	case "log", "stream", "time", "attrs":
		return true
	}
	return false
}

// take reads the value that the cursor is at.
func (d *reader) take(r *record, f field, key []byte) {
	c := &d.cursor
	switch f.role {
	case body:
		if d.body(r) {
			r.rank[body] = f.rank
		}
	case stream:
		r.stream, r.rank[stream] = c.Text(), f.rank
	default:
		d.note(r, f, key, c.First())
	}
}

// note takes what a field says of the line, if it says it.
func (d *reader) note(r *record, f field, key, value []byte) {
	switch f.role {
	case body, stream: // they say nothing of the line
		return
	case when:
		journal := f.rank == 9 && string(key) == "__REALTIME_TIMESTAMP"
		t, precise, exact, ok := d.stamps.read(value)
		if !ok || r.exact && !exact {
			return
		}
		r.time, r.precise, r.exact, r.prompt = t, precise, exact, journal
	case host:
		if len(value) == 0 {
			return
		}
		r.host = value
	case tag:
		t, p := readTag(value)
		// A tag without a mark of syslog may be the routing tag of a shipper.
		if len(t) == 0 || f.rank < 3 && p == 0 {
			return
		}
		r.tag = t
		if p != 0 && r.rank[pid] < f.rank {
			r.pid, r.rank[pid] = p, f.rank
		}
	case pid:
		p := syslog.PID(value)
		if p == 0 {
			return
		}
		r.pid = p
	}
	r.rank[f.role] = f.rank
}

// body reads a message: a string; a list of bytes, as journald writes what is not
// UTF-8; or a list of strings, a field that was given more than once. null is a
// message that was too long for journald.
func (d *reader) body(r *record) bool {
	c := &d.cursor
	switch c.Kind() {
	case '"':
		r.body = c.Text()
		d.bodies = d.bodies[:0]
		return true
	case '[':
		from := len(d.arena)
		d.bodies = d.bodies[:0]
		for c.Array(); c.Next(); {
			if c.Kind() == '"' {
				d.bodies = append(d.bodies, c.Text())
			} else if n := syslog.PID(c.Text()); n < 256 {
				d.arena = append(d.arena, byte(n))
			}
		}
		r.body = d.arena[from:len(d.arena):len(d.arena)]
		if len(d.bodies) > 0 {
			r.body, d.bodies = d.bodies[0], d.bodies[1:]
		}
		return true
	}
	return false
}

// readTag cuts "postfix/smtp[123]:" into the tag and its process id.
func readTag(b []byte) (t []byte, p uint32) {
	b = bytes.TrimRight(b, ": ")
	if n := len(b); n > 2 && b[n-1] == ']' {
		if i := bytes.LastIndexByte(b, '['); i >= 0 {
			return b[:i], syslog.PID(b[i+1 : n-1])
		}
	}
	return b, 0
}
