package dsn

import (
	"bytes"
	"net/netip"
)

// server reads "dns; mx.example.net (203.0.113.9)" (RFC 3464 2.2.2, 2.3.5).
func server(v []byte) (host, ip []byte) {
	if i := bytes.IndexByte(v, ';'); i >= 0 {
		v = v[i+1:]
	}
	name := firstWord(bytes.TrimSpace(v))
	rest := v[bytes.Index(v, name)+len(name):]
	for _, part := range bytes.FieldsFunc(rest, func(c rune) bool { return c == ' ' || c == '(' || c == ')' || c == '[' || c == ']' || c == ',' }) {
		if a := literal(part); a != nil {
			ip = a
			break
		}
	}
	if i := bytes.IndexAny(name, "[("); i >= 0 { // "mx.example.net[203.0.113.9]", "[203.0.113.9]"
		if end := bytes.IndexAny(name[i:], "])"); end > 0 {
			if a := literal(name[i+1 : i+end]); a != nil {
				ip = a
			}
		}
		name = name[:i]
	}
	name = bytes.TrimRight(name, ".,;:")
	if a := literal(name); a != nil {
		return nil, a
	}
	if i := bytes.IndexByte(name, ':'); i >= 0 { // a port
		if name = name[:i]; literal(name) != nil {
			return nil, name
		}
	}
	if len(name) == 0 {
		return nil, ip
	}
	return name, ip
}

// hostIn returns the host that a reason names: "host mx.example.net[203.0.113.9]".
func hostIn(text []byte) (host, ip []byte) {
	for _, mark := range [...]string{"host ", "connect to ", "conversation with ", "connection with ", "Connected to "} {
		i := bytes.Index(text, []byte(mark))
		if i < 0 || i > 0 && text[i-1] != ' ' {
			continue
		}
		rest := text[i+len(mark):]
		if !bytes.ContainsAny(bytes.TrimRight(firstWord(rest), ":"), ".[:") {
			continue // "Remote host said: 550 ... [192.0.2.10]" names none
		}
		if end := bytes.IndexAny(rest, "]"); end > 0 && end < 200 {
			rest = rest[:end+1]
		} else if end := bytes.IndexByte(rest, ' '); end > 0 {
			rest = rest[:end]
		}
		if h, a := server(rest); a != nil || bytes.IndexByte(h, '.') > 0 {
			return h, a
		}
	}
	// qmail and DragonFly begin with it: "203.0.113.9 does not like recipient.",
	// "mx.example.net [203.0.113.9] did not like our RCPT TO:".
	if i := bytes.Index(text, []byte(" did not like ")); i > 0 {
		return server(text[:i])
	}
	if first := literal(firstWord(text)); first != nil {
		return nil, first
	}
	return nil, nil
}

// literal returns the IP address that a text is, without the "IPv6:" of RFC 5321
// 4.1.3; nil if it is none.
func literal(b []byte) []byte {
	b = bytes.TrimPrefix(b, []byte("IPv6:"))
	if len(b) < 3 || len(b) > 45 {
		return nil
	}
	if _, err := netip.ParseAddr(string(b)); err != nil {
		return nil
	}
	return b
}

func isLoopback(ip []byte) bool {
	a, err := netip.ParseAddr(string(ip))
	return err == nil && a.IsLoopback()
}

func firstWord(b []byte) []byte {
	b = bytes.TrimSpace(b)
	if i := bytes.IndexAny(b, " \t"); i >= 0 {
		b = b[:i]
	}
	if len(b) == 0 {
		return nil
	}
	return b
}

// mailbox returns the first address of a From or To field.
func mailbox(v []byte) []byte {
	if i := bytes.IndexByte(v, '<'); i >= 0 {
		if end := bytes.IndexByte(v[i:], '>'); end > 0 {
			return v[i+1 : i+end]
		}
	}
	for _, word := range bytes.FieldsFunc(v, func(c rune) bool { return c == ' ' || c == ',' || c == '"' || c == '(' || c == ')' }) {
		if bytes.IndexByte(word, '@') > 0 {
			return word
		}
	}
	return nil
}
