package wrap

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
)

// criLine is "2026-03-03T10:18:23.504367123Z stdout F text". The tag is F for a
// full line and the last piece of one, P for the pieces before; more tags may
// follow after a colon. Before Kubernetes 1.11 there was no tag.
type criLine struct {
	stamp, stream, text []byte
	partial             bool
}

// readCRI reads such a line; ok is false if it is none. The stamp is not checked.
func readCRI(line []byte) (l criLine, ok bool) {
	line = syslog.Trim(line)
	i := bytes.IndexByte(line, ' ')
	if i < 20 || i > 40 || line[4] != '-' || line[10] != 'T' {
		return l, false
	}
	l.stamp = line[:i]
	rest, is := bytes.CutPrefix(line[i+1:], []byte("std"))
	if !is {
		return l, false
	}
	if l.text, is = bytes.CutPrefix(rest, []byte("out ")); !is {
		if l.text, is = bytes.CutPrefix(rest, []byte("err ")); !is {
			return l, false
		}
	}
	l.stream = rest[:len("out")]
	mark, text, _ := bytes.Cut(l.text, []byte(" "))
	first, _, _ := bytes.Cut(mark, []byte(":"))
	switch string(first) {
	case "P":
		l.partial, l.text = true, text
	case "F":
		l.text = text
	}
	return l, true
}
