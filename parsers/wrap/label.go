package wrap

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// maxLabel is more than what tools put before a line.
const maxLabel = 256

// label returns how long the text is that a tool has put before a line, 0 if there is none:
//
//	/var/log/mail.log.1:12:Mar  3 10:18:23 ..      grep -n
//	postfix-1  | 2026-03-03T10:18:23+00:00 ..      docker compose logs
//	[pod/mail-0/postfix] Mar  3 10:18:23 ..        kubectl logs --prefix
//	2026-03-03T10:18:23Z {host="mx1"} Mar  3 ..    logcli
//	2026-03-03T10:18:23Z stream {"eventType": ..   aws logs tail
//
// What follows it is a time stamp, or an object that ends with the line.
func label(line []byte) int {
	line = bytes.TrimRight(line, " \r\n")
	if len(line) == 0 || bytes.IndexByte([]byte(`"{},`), line[0]) >= 0 {
		return 0 // part of an object that spans lines
	}
	for i := 1; i < min(len(line), maxLabel); i++ {
		switch c := line[i]; {
		case c == '{' && (line[i-1] == ' ' || line[i-1] == '\t' || line[i-1] == ':'):
			if line[len(line)-1] == '}' && i+1 < len(line) && line[i+1] == '"' {
				return i
			}
		case (line[i-1] == ':' || line[i-1] == ' ' && (i > 1 && bytes.IndexByte([]byte("|]}:"), line[i-2]) >= 0)) && syslog.Stamps(line[i:]):
			return i
		}
	}
	return 0
}

// labelLine takes a line with a label. One without goes to the format inside as it is.
func (d *Decoder) labelLine(line []byte, emit func(*mail.Event)) mail.Verdict {
	line = syslog.Trim(line)
	n := label(line)
	if n == 0 {
		return d.plain(line, emit)
	}
	r := &d.rec
	*r = record{body: line[n:]}
	if first, _, ok := bytes.Cut(line[:n], []byte(" ")); ok {
		r.time, r.precise, r.exact, _ = d.stamps.read(first)
	}
	d.emit = emit
	return d.deliver(r, emit)
}
