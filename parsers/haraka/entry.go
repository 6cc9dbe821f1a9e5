package haraka

import (
	"bytes"

	"github.com/seed-07ce53fa/diagnose/parsers/jsonlog"
)

// entry is one line of Haraka, whatever its form. uuid is nil where the line has "-".
type entry struct {
	uuid, origin, message, time []byte
	fields                      []byte // "key=value ..." of a delivery
	delivery                    delivery
	json                        bool // delivery is filled in
}

// read reads a line that begins with Haraka's own text, and says whether it does.
func (e *entry) read(b []byte, c *jsonlog.Cursor) bool {
	*e = entry{}
	switch {
	case len(b) < 10:
		return false
	case b[0] == '[':
		return e.readText(b)
	case bytes.HasPrefix(b, []byte("level=")):
		return e.readLogfmt(b)
	case b[0] == '{':
		return e.readJSON(b, c)
	}
	return false
}

// isLevel knows the levels of logger.js.
func isLevel(b []byte) bool {
	switch string(b) {
	case "DATA", "PROTOCOL", "DEBUG", "INFO", "NOTICE", "WARN", "ERROR", "CRIT", "ALERT", "EMERG", "FATAL":
		return true
	}
	return false
}

// isUUID says that b is a UUID, with the numbers of a transaction and of a message
// behind it, or "-".
func isUUID(b []byte) bool {
	if string(b) == "-" {
		return true
	}
	if len(b) < 36 || b[8] != '-' || b[13] != '-' || b[18] != '-' || b[23] != '-' {
		return false
	}
	for _, c := range b {
		if c-'0' > 9 && c|0x20-'a' > 5 && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

// setUUID sets the UUID if it is one.
func (e *entry) setUUID(b []byte) bool {
	if !isUUID(b) {
		return false
	}
	if len(b) > 1 {
		e.uuid = b
	}
	return true
}

// readText reads "[LEVEL] [UUID] [origin] message".
func (e *entry) readText(b []byte) bool {
	var parts [3][]byte
	for i := range parts {
		end := bytes.IndexByte(b, ']')
		if len(b) == 0 || b[0] != '[' || end < 0 || end > 80 {
			return false
		}
		parts[i], b = b[1:end], bytes.TrimLeft(b[end+1:], " ")
	}
	if !isLevel(parts[0]) || !e.setUUID(parts[1]) {
		return false
	}
	e.origin, e.message = parts[2], b
	e.inner()
	return true
}

// inner takes the origin from the message, where a part of the outbound code logs
// without a message at hand: "[-] [core] [outbound] Failed to get pool entry: ...".
func (e *entry) inner() {
	if rest, ok := bytes.CutPrefix(e.message, []byte("[outbound] ")); ok {
		e.origin, e.message = []byte("outbound"), rest
	}
	if bytes.HasPrefix(e.message, []byte("delivered file=")) {
		e.fields = e.message
	}
}

// readLogfmt reads "level=NOTICE uuid=U source=outbound message="..." ...". A value
// with blanks is in quotes; quotes inside of values are made single ones.
func (e *entry) readLogfmt(b []byte) bool {
	level, uuid := false, false
	for len(b) > 0 {
		b = bytes.TrimLeft(b, " ")
		if bytes.HasPrefix(b, []byte("delivered file=")) {
			e.fields = b
			break
		}
		var key, value []byte
		key, value, b = pair(b)
		if key == nil {
			break
		}
		switch string(key) {
		case "level":
			level = isLevel(value)
		case "uuid":
			uuid = e.setUUID(value)
		case "source", "origin":
			e.origin = value
		case "message", "msg":
			e.message = value
		}
	}
	if !level || !uuid {
		return false
	}
	if e.fields == nil {
		e.inner()
	}
	return true
}

// readJSON reads one object. The fields of a delivery stand beside the message.
func (e *entry) readJSON(b []byte, c *jsonlog.Cursor) bool {
	level, uuid := false, false
	c.Reset(b)
	for c.Object(); c.Next(); {
		switch key := string(c.Key()); key {
		case "level":
			level = isLevel(c.Text())
		case "uuid":
			uuid = e.setUUID(c.Text())
		case "source", "origin":
			e.origin = c.Text()
		case "message":
			e.message = c.Text()
		case "timestamp", "time":
			e.time = c.Text()
		case "delivered file":
			e.json = true
		default:
			e.delivery.set(key, c)
		}
	}
	if !c.Done() || !level || !uuid {
		*e = entry{}
		return false
	}
	e.inner()
	return true
}

// set takes a field of a delivery out of JSON.
func (v *delivery) set(key string, c *jsonlog.Cursor) {
	if p := v.field(key); p != nil {
		*p = c.Text()
	}
}

// pair cuts "key=value" from the front of b. A key has no blanks.
func pair(b []byte) (key, value, rest []byte) {
	eq := bytes.IndexByte(b, '=')
	if eq <= 0 || bytes.IndexByte(b[:eq], ' ') >= 0 {
		return nil, nil, nil
	}
	key, b = b[:eq], b[eq+1:]
	if len(b) > 0 && b[0] == '"' {
		if end := bytes.IndexByte(b[1:], '"'); end >= 0 {
			return key, b[1 : 1+end], b[end+2:]
		}
		return key, b[1:], nil
	}
	if end := bytes.IndexByte(b, ' '); end >= 0 {
		return key, b[:end], b[end:]
	}
	return key, b, nil
}
