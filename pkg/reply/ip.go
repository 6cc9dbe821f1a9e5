package reply

import (
	"bytes"
	"net/netip"
)

// QuotedIP returns the client address that a receiver quotes in its reply, IPv4
// or IPv6:
//
//	The mail server [198.51.100.25] has exceeded ...
//	[192.0.2.1      15] Our system has detected ...
//	too many connections from 192.0.2.1
//
// text is the words of the reply (Reply.Text): an MTA's wrapping quotes the MX.
// An address inside a URL, a network ("IP Netblock [192.0.2.0 19]"), Yahoo's
// "4.16.55.1" and the placeholder [a.b.c.d] are none.
func QuotedIP(text []byte) (netip.Addr, bool) {
	for i := 0; i < len(text); {
		if n := words(text[i:]); n > 0 && (i == 0 || text[i-1] == ' ') {
			i += n
			continue
		}
		c := text[i]
		if !isDigit(c) && !isLetter(c) && c != ':' {
			i++
			continue
		}
		// A token of letters, digits and marks.
		j := i
		seen := uint16(0)
		for j < len(text) && classOf[text[j]]&isWord != 0 {
			seen |= classOf[text[j]]
			j++
		}
		if i > 0 && classOf[text[i-1]]&isWord != 0 {
			i = j
			continue
		}
		if seen&isMark == 0 {
			i = j
			continue
		}
		if bytes.Contains(text[i:j], []byte("//")) {
			i = skipURL(text, i)
			continue
		}
		if a, ok := address(text[i:j]); ok && !notClient(text[:i], a) {
			return a, true
		}
		i = j
	}
	return netip.Addr{}, false
}

// words returns how many bytes b begins with that are words of letters alone, with the
// blank behind the last one: no address is among them.
func words(b []byte) int { return bytes.LastIndexByte(b[:letters(b)], ' ') + 1 }

func skipURL(b []byte, i int) int {
	for i < len(b) && classOf[b[i]]&isSpace == 0 && b[i] != '>' && b[i] != ')' && b[i] != '"' {
		i++
	}
	return i
}

// address parses a token as an IP address, with a port or not.
func address(t []byte) (netip.Addr, bool) {
	t = bytes.TrimRight(t, ".:-/_")
	if len(t) < 2 || len(t) > 60 {
		return netip.Addr{}, false
	}
	colons := bytes.Count(t, []byte(":"))
	switch {
	case colons == 0 && bytes.Count(t, []byte(".")) == 3:
		return address4(t)
	case colons == 1:
		t = t[:bytes.IndexByte(t, ':')]
		if bytes.Count(t, []byte(".")) != 3 {
			return netip.Addr{}, false
		}
	case colons >= 2:
		if len(t) > 5 && hasFoldPrefix(t, "ipv6:") {
			t = t[5:]
		}
	default:
		return netip.Addr{}, false
	}
	if bytes.IndexByte(t, '%') >= 0 {
		return netip.Addr{}, false
	}
	var buf [64]byte
	a, err := netip.ParseAddr(string(append(buf[:0], t...)))
	if err != nil || a.IsUnspecified() {
		return netip.Addr{}, false
	}
	return a.Unmap(), true
}

// address4 is netip.ParseAddr for four numbers with dots: most replies quote one.
func address4(t []byte) (netip.Addr, bool) {
	var ip [4]byte
	for i := range ip {
		n, digits := 0, 0
		for digits < len(t) && isDigit(t[digits]) && digits < 3 {
			n = n*10 + int(t[digits]-'0')
			digits++
		}
		if digits == 0 || n > 255 || digits > 1 && t[0] == '0' || i < 3 && (digits == len(t) || t[digits] != '.') {
			return netip.Addr{}, false
		}
		if ip[i] = byte(n); i < 3 {
			digits++ // the dot
		}
		t = t[digits:]
	}
	a := netip.AddrFrom4(ip)
	return a, len(t) == 0 && !a.IsUnspecified()
}

// notClient says that the words before an address make it something else than
// the client's: a network, or the "4.16.55.1" that Yahoo's deferrals end in.
func notClient(head []byte, a netip.Addr) bool {
	head = bytes.TrimRight(head, " [(")
	if endsFold(head, "netblock") || bytes.HasSuffix(head, []byte("#")) {
		return true
	}
	return bytes.HasSuffix(head, []byte(" -")) && a.Is4() && a.As4()[0] == 4
}
