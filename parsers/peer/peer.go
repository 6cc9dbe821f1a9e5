// Package peer reads how logs name the other end of a connection, and tells
// whether it spoke.
//
//	mx.example.net. [203.0.113.2]      sendmail
//	203.0.113.2 (mx.example.net)       OpenSMTPD
//	mx.example.net (203.0.113.2)       PowerMTA
//	mx.example.net[203.0.113.2]        ZoneMTA
//	203.0.113.2:25, [2001:db8::2]:25   KumoMTA, Exchange
//
// All results are slices of the argument. Nothing is allocated.
package peer

import (
	"bytes"
	"hash/fnv"
)

// IsIP says that the text has the characters of an IP address. Logs are made
// anonymous with texts that are none ("xxx.xxx.xxx.xxx").
func IsIP(b []byte) bool {
	dots, colons, letters := 0, 0, 0
	for _, c := range b {
		switch {
		case c-'0' <= 9:
		case c == '.':
			dots++
		case c == ':':
			colons++
		case c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
			letters++
		case c == '%' && colons >= 2: // the zone of a link-local address
			return true
		default:
			return false
		}
	}
	return colons >= 2 && len(b) <= 45 || dots == 3 && colons == 0 && letters == 0 && len(b) >= 7 && len(b) <= 15
}

// IsLoopback says that the address is of this host.
func IsLoopback(ip []byte) bool {
	ip = bytes.TrimPrefix(ip, []byte("::ffff:"))
	return len(ip) > 4 && string(ip[:4]) == "127." || string(ip) == "::1"
}

// Address returns the IP address that b is, without brackets, port and the
// "IPv6:" of RFC 5321 4.1.3, nil if b is none.
func Address(b []byte) []byte {
	b = bytes.TrimSpace(b)
	if len(b) > 1 && b[0] == '[' {
		end := bytes.IndexByte(b, ']')
		if end < 0 || end+1 < len(b) && b[end+1] != ':' {
			return nil
		}
		b = b[1:end]
	} else if i := bytes.LastIndexByte(b, ':'); i > 0 && bytes.IndexByte(b, ':') == i {
		b = b[:i]
	}
	if len(b) > 5 && bytes.EqualFold(b[:5], []byte("ipv6:")) {
		b = b[5:]
	}
	if !IsIP(b) {
		return nil
	}
	return b
}

// Name returns the host name that b is, without the dot of the root; nil if b is
// empty, an address, or no single word.
func Name(b []byte) []byte {
	b = bytes.TrimSuffix(bytes.TrimSpace(b), []byte("."))
	if len(b) == 0 || len(b) > 255 || bytes.ContainsAny(b, " \t[](){}<>\"/\\,;=") || Address(b) != nil {
		return nil
	}
	return b
}

// Split returns name and address of a peer in any of the forms above. Either may
// be missing.
func Split(b []byte) (name, ip []byte) {
	b = bytes.TrimSpace(b)
	if i := 1 + bytes.IndexAny(b[min(1, len(b)):], " (["); i > 0 {
		first, second := b[:i], inner(b[i:])
		if ip = Address(first); ip != nil {
			return Name(second), ip
		}
		return Name(first), Address(second)
	}
	if ip = Address(b); ip != nil {
		return nil, ip
	}
	return Name(b), nil
}

// inner returns what stands in the first pair of brackets of b.
func inner(b []byte) []byte {
	open := bytes.IndexAny(b, "([")
	if open < 0 {
		return nil
	}
	closing := byte(')')
	if b[open] == '[' {
		closing = ']'
	}
	b = b[open+1:]
	if end := bytes.IndexByte(b, closing); end >= 0 {
		return b[:end]
	}
	return b
}

// Speaks says that b begins with a reply code (RFC 5321 4.2): 200 to 599, then a
// blank, a hyphen or nothing. A text that does not was made by the sending side.
func Speaks(b []byte) bool {
	return len(b) >= 3 && b[0] >= '2' && b[0] <= '5' && b[1]-'0' <= 9 && b[2]-'0' <= 9 &&
		(len(b) == 3 || b[3] == ' ' || b[3] == '-')
}

// limits are the words with which servers turn a client away because of how many
// connections there are, in lower case: Postfix, Exim, sendmail, Exchange,
// KumoMTA, OpenSMTPD.
var limits = [...]string{
	"too many connections", "too many open connections", "too many concurrent", "too many smtp sessions", "too many sessions",
	"connection rate limit", "connection limit", "concurrent server connections", "maximum number of connections",
	"number of concurrent", "client limit reached", "too many simultaneous", "too many conn",
}

// TooMany says that a reply of our own server is about the number of connections.
func TooMany(b []byte) bool {
	var buf [512]byte
	b = b[:min(len(b), len(buf))]
	lower := buf[:len(b)]
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	for _, words := range limits {
		if bytes.Contains(lower, []byte(words)) {
			return true
		}
	}
	return false
}

// Session makes a number of a session id, for mail.Event.PID where one process
// holds many sessions: what counts is that two sessions differ.
func Session(id []byte) uint32 {
	if len(id) == 0 {
		return 0
	}
	h := fnv.New32a()
	_, _ = h.Write(id) // a hash never fails
	return max(h.Sum32(), 1)
}
