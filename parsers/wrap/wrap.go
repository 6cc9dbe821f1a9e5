// Package wrap reads logs whose lines were put into something else by what
// collected them: journald, a container engine, a log shipper, an export. It takes
// the line out, with the time, host and program that the collector noted, and
// hands it to the decoder of the format inside.
//
//	journalctl -o json, json-pretty, json-seq, json-sse     {"__REALTIME_TIMESTAMP":"..","SYSLOG_IDENTIFIER":"postfix/smtp","MESSAGE":".."}
//	journalctl -o export                                    __CURSOR=..  MESSAGE=..  and an empty line
//	Docker json-file                                        {"log":"..\n","stream":"stdout","time":".."}
//	CRI: /var/log/containers, /var/log/pods                 2026-03-03T10:18:23.504367123Z stdout F ..
//	Filebeat, Fluentd, Vector, Promtail, GELF, exports      {"@timestamp":"..","message":".."}
//	tables                                                  .. TAB .. TAB message
//
// Sources: systemd "Journal Export Formats" and systemd.journal-fields(7); Docker
// "JSON File logging driver"; Kubernetes CRI logging format
// (kubernetes/kubernetes:pkg/kubelet/kuberuntime/logs); Elastic Common Schema;
// Graylog GELF 1.1.
package wrap

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// kind is how lines are wrapped.
type kind uint8

const (
	bare     kind = iota // not at all
	objects              // JSON objects
	export               // journalctl -o export
	cri                  // container runtime interface
	labelled             // a text before the line, such as grep's file name
	rows                 // CSV whose first record names the column of the message
	table                // the last of several columns
	numKinds = iota
)

// sniff tells how a line is wrapped, if it is. Tables are not told by one line.
func sniff(line []byte) kind {
	line = bytes.TrimLeft(syslog.Trim(line), " \t\x1e")
	switch {
	case len(line) == 0:
	case line[0] == '[' && len(line) > 1 && line[1]|0x20-'a' < 26 && label(line) > 0:
		return labelled
	case line[0] == '{', line[0] == '[', bytes.HasPrefix(line, sse):
		return objects
	case bytes.HasPrefix(line, []byte("__")) && isField(line):
		return export
	case line[0]-'0' < 10:
		if _, ok := readCRI(line); ok {
			return cri
		}
	}
	if label(line) > 0 {
		return labelled
	}
	return bare
}

// Sample is the first lines of a file that has a wrapper, taken out of it.
type Sample struct {
	// Bodies are the lines inside. Tagged are the same lines where the wrapper
	// names the program: made into lines of a system log.
	Bodies, Tagged [][]byte
	kind           kind
	newlines       bool // Docker: a body ends with its line end
	dated          bool // every body has a time outside
}

// Open takes the lines of a sample out of their wrapper. ok is false if they have
// none.
func Open(sample [][]byte) (s *Sample, ok bool) {
	k := kindOf(sample)
	if k == bare {
		return nil, false
	}
	s = &Sample{kind: k, dated: true}
	d := &Decoder{kind: k, sample: s}
	d.begin(parsers.Options{})
	drop := func(*mail.Event) {}
	for _, line := range sample {
		d.Decode(line, drop)
	}
	d.flush(drop)
	return s, len(s.Bodies) > 0
}

// kindOf returns how most lines of a sample are wrapped.
func kindOf(sample [][]byte) kind {
	var n [numKinds]int
	lines := 0
	for _, line := range sample {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		lines++
		k := sniff(line)
		if k == bare && bytes.IndexByte(line, '\t') > 0 {
			k = table
		}
		n[k]++
	}
	best := bare
	if _, ok := headings(firstLine(sample)); ok {
		return rows
	}
	for k := objects; k < labelled; k++ {
		if n[k] > n[best] || best == bare && n[k] > 0 {
			best = k
		}
	}
	for _, k := range [...]kind{labelled, table} {
		if best == bare && n[k]*2 > lines {
			return k
		}
	}
	return best
}

// Score says how many lines of the sample a format surely knows.
func (s *Sample) Score(f parsers.Format) int {
	n, _ := s.score(f)
	return n
}

// score also says whether the format wants the program in front of the text.
func (s *Sample) score(f parsers.Format) (n int, tagged bool) {
	n = f.Score(s.Bodies)
	if t := f.Score(s.Tagged); t > n || t == n && len(s.Tagged) == len(s.Bodies) && !isDocument(s.Bodies) {
		return t, true
	}
	return n, false
}

// isDocument says that the lines are JSON: such a format wants no text before it.
func isDocument(lines [][]byte) bool { return len(lines) > 0 && sniff(lines[0]) == objects }

// Format returns the format f as it is read out of the wrapper of the sample. It
// keeps its name.
func (s *Sample) Format(f parsers.Format) parsers.Format {
	_, tagged := s.score(f)
	in := f
	k, newlines, dated := s.kind, s.newlines, s.dated
	in.New = func(o parsers.Options) parsers.Decoder {
		d := &Decoder{kind: k, format: f, tagged: tagged, newlines: newlines}
		d.begin(o)
		return d
	}
	open := func(sample [][]byte) *Sample {
		inner, ok := Open(sample)
		if !ok {
			return &Sample{dated: true}
		}
		return inner
	}
	in.Score = func(sample [][]byte) int { return open(sample).Score(f) }
	in.Yearless = func(sample [][]byte) bool {
		inner := open(sample)
		return !(inner.dated && dated) && f.Yearless != nil && f.Yearless(inner.Bodies)
	}
	in.Zoneless = func(sample [][]byte) bool {
		inner := open(sample)
		return !(inner.dated && dated) && f.Zoneless != nil && f.Zoneless(inner.Bodies)
	}
	in.Unwrap = func(sample [][]byte) [][]byte { return open(sample).Bodies }
	return in
}
