package esp

import "bytes"

// Address returns the address in "Name <a@example.com>", "<a@example.com>" or
// "a@example.com".
func Address(b []byte) []byte {
	b = bytes.TrimSpace(b)
	if i := bytes.LastIndexByte(b, '<'); i >= 0 {
		if j := bytes.IndexByte(b[i:], '>'); j > 0 {
			return bytes.TrimSpace(b[i+1 : i+j])
		}
	}
	return b
}

// Host returns the host name or address that stands at the start of b without a
// dot at its end, and whether it is an IP address.
func Host(b []byte) (host []byte, ip bool) {
	b = bytes.TrimSpace(b)
	if len(b) > 2 && b[0] == '[' && b[len(b)-1] == ']' {
		b = b[1 : len(b)-1]
	}
	b = bytes.TrimSuffix(b, []byte("."))
	return b, IsIP(b)
}

// IsIP says that b looks like an IPv4 or IPv6 address. What an export masked
// ("xxx.xxx.xxx.xxx") is none.
func IsIP(b []byte) bool {
	dots, colons, digits := 0, 0, 0
	for _, c := range b {
		switch {
		case c == '.':
			dots++
		case c == ':':
			colons++
		case c-'0' <= 9:
			digits++
		case c|0x20-'a' > 5:
			return false
		}
	}
	if colons == 0 {
		return dots == 3 && dots+digits == len(b) && digits >= 4 && len(b) <= 15
	}
	return colons >= 2 && len(b) <= 45
}
