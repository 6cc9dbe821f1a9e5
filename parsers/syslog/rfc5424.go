package syslog

import "bytes"

// fields reads what follows the time stamp of an RFC 5424 line:
// HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA [MSG]. A "-" is a value that is
// not known. What a cut line lacks stays empty.
func fields(b []byte, h *Header) {
	h.Host, b = field(b)
	app, b := field(b)
	proc, b := field(b)
	_, b = field(b)
	h.Process = app
	if i := bytes.LastIndexByte(app, '/'); i >= 0 {
		h.Instance, h.Process = app[:i], app[i+1:]
	}
	if p, n := pid(proc); n == len(proc) {
		h.PID = p
	}
	b = skipSpaces(structuredData(b))
	h.Body = bytes.TrimPrefix(b, bom)
}

func field(b []byte) (value, rest []byte) {
	i := bytes.IndexByte(b, ' ')
	if i < 0 {
		i = len(b)
	}
	value, rest = b[:i], skipSpaces(b[i:])
	if len(value) == 1 && value[0] == '-' {
		value = nil
	}
	return value, rest
}

// structuredData skips "-" or a row of [id name="value"]. In a value the
// characters ", \ and ] are escaped with a backslash (RFC 5424 6.3.3).
func structuredData(b []byte) []byte {
	if len(b) > 0 && b[0] == '-' && (len(b) == 1 || b[1] == ' ') {
		return b[1:]
	}
	for len(b) > 0 && b[0] == '[' {
		quoted := false
		i := 1
		for ; i < len(b); i++ {
			if b[i] == '\\' && quoted {
				i++
			} else if b[i] == '"' {
				quoted = !quoted
			} else if b[i] == ']' && !quoted {
				break
			}
		}
		if i >= len(b) {
			return b[len(b):]
		}
		b = b[i+1:]
	}
	return b
}
