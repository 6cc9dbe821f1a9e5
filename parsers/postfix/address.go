package postfix

import "bytes"

// address cuts "<addr>" or a bare "addr" from the front of b. rest begins with
// ", " or is empty.
//
// The address may hold commas, spaces and even "<" and ">": quoted in its local
// part as RFC 5321 4.1.2 has it (info_log_addr_form = external), or as they are
// (internal). So the end is not the first ">" but the first one outside quotes
// that another field follows. A line that is cut inside the address has no rest.
func address(b []byte) (addr, rest []byte) {
	if len(b) == 0 || b[0] != '<' {
		for i := 0; ; {
			n := bytes.IndexByte(b[i:], ',')
			if n < 0 {
				return bytes.TrimRight(b, " "), nil
			}
			if i += n; isField(b[i:]) {
				return b[:i], b[i:]
			}
			i++
		}
	}
	start := 1
	if len(b) > 1 && b[1] == '"' {
		start = quoted(b)
	}
	for i := start; ; {
		n := bytes.IndexByte(b[i:], '>')
		if n < 0 {
			break
		}
		if i += n; i+1 == len(b) || isField(b[i+1:]) {
			return b[1:i], b[i+1:]
		}
		i++
	}
	if i := bytes.IndexByte(b[start:], '>'); i >= 0 {
		return b[1 : start+i], b[start+i+1:]
	}
	return b[1:], nil
}

// quoted returns the place after a quoted local part that begins at b[1], or 1
// if its end is missing.
func quoted(b []byte) int {
	for i := 2; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 1
}

// isField says that b begins with ", key=".
func isField(b []byte) bool {
	if len(b) < 4 || b[0] != ',' || b[1] != ' ' {
		return false
	}
	i := 2
	for i < len(b) && (b[i] >= 'a' && b[i] <= 'z' || b[i] == '_') {
		i++
	}
	return i > 2 && i < len(b) && b[i] == '='
}

// cutPeer cuts "host[address]" with an optional ":port" from the front of b. name
// and in are what stands before and in the brackets. The name has no spaces;
// it is empty for postscreen's "[192.0.2.1]:25".
func cutPeer(b []byte) (name, in, rest []byte, ok bool) {
	open := bytes.IndexByte(b, '[')
	if open < 0 || open > 255 || bytes.IndexByte(b[:open], ' ') >= 0 {
		return nil, nil, b, false
	}
	end := bytes.IndexByte(b[open:], ']')
	if end < 0 {
		return nil, nil, b, false
	}
	end += open
	name, in, rest = b[:open], b[open+1:end], b[end+1:]
	if len(rest) > 1 && rest[0] == ':' && rest[1]-'0' <= 9 {
		i := 1
		for i < len(rest) && rest[i]-'0' <= 9 {
			i++
		}
		rest = rest[i:]
	}
	return name, in, rest, true
}
