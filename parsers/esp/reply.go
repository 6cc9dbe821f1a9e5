package esp

import "bytes"

// Code returns the SMTP reply code that b begins with, 0 if it begins with none
// (RFC 5321 4.2.1: three digits, the first 2, 4 or 5 in a final reply, then a
// blank, a hyphen or the end).
func Code(b []byte) int {
	if len(b) < 3 || b[0] != '2' && b[0] != '4' && b[0] != '5' || b[1]-'0' > 9 || b[2]-'0' > 9 {
		return 0
	}
	if len(b) > 3 && b[3] != ' ' && b[3] != '-' && b[3] != '\t' && b[3] != '\r' && b[3] != '\n' {
		return 0
	}
	return int(b[0]-'0')*100 + int(b[1]-'0')*10 + int(b[2]-'0')
}

// Enhanced returns the enhanced status code that b begins with, nil if it begins
// with none (RFC 3463).
func Enhanced(b []byte) []byte {
	if len(b) < 5 || b[0] != '2' && b[0] != '4' && b[0] != '5' || b[1] != '.' {
		return nil
	}
	n := 2
	for n < len(b) && n < 5 && b[n]-'0' <= 9 {
		n++
	}
	if n == 2 || n >= len(b) || b[n] != '.' {
		return nil
	}
	n++
	from := n
	for n < len(b) && n < from+3 && b[n]-'0' <= 9 {
		n++
	}
	if n == from || n < len(b) && (b[n]-'0' <= 9 || b[n] == '.' || b[n]|0x20-'a' < 26) {
		return nil
	}
	return b[:n]
}

// Spoken returns what a receiver said: the text without the "smtp;" of a
// Diagnostic-Code (RFC 3464 2.3.6), if it begins with a reply code or an enhanced
// status code. A text without either is an export's own words: nil.
func Spoken(text []byte) []byte {
	b := Diagnostic(text)
	if Code(b) == 0 && Enhanced(b) == nil {
		return nil
	}
	return b
}

// Diagnostic removes the type of a Diagnostic-Code, "smtp;", and white space around
// the text.
func Diagnostic(text []byte) []byte {
	b := bytes.TrimSpace(text)
	if len(b) > 5 && bytes.EqualFold(b[:4], []byte("smtp")) {
		if rest := bytes.TrimLeft(b[4:], " "); rest[0] == ';' {
			return bytes.TrimSpace(rest[1:])
		}
	}
	return b
}

// Quoted returns the text in the outermost parentheses at the end of "sent (250 OK)"
// and its like, the whole text if it has none.
func Quoted(text []byte) []byte {
	b := bytes.TrimSpace(text)
	if i := bytes.IndexByte(b, '('); i > 0 && b[len(b)-1] == ')' && Code(b) == 0 {
		return b[i+1 : len(b)-1]
	}
	return b
}

// AppendReply appends the reply that a code and a text make which an export keeps
// apart. A text that has the code already is taken as it is. On the wire every
// line of a reply has the code, and so it has here: "550-5.1.1 one\n550 5.1.1 two".
func AppendReply(dst, code, text []byte) []byte {
	text = Diagnostic(text)
	if len(code) == 0 || coded(code, text) {
		return append(dst, text...)
	}
	for {
		line, rest, more := bytes.Cut(text, []byte("\n"))
		line = bytes.TrimRight(line, "\r ")
		rest = bytes.TrimRight(rest, "\r\n ")
		dst = append(dst, code...)
		switch {
		case more && len(rest) > 0:
			dst = append(append(append(dst, '-'), line...), '\n')
		case len(line) > 0:
			return append(append(dst, ' '), line...)
		default:
			return dst
		}
		text = rest
	}
}

// coded says that a text brings a reply code along: the one given, or one that can
// be nothing else. "450 messages an hour" under the code 421 is no code.
func coded(code, text []byte) bool {
	if Code(text) == 0 {
		return false
	}
	return string(text[:3]) == string(code) || len(text) > 4 && (text[3] == '-' || Enhanced(text[4:]) != nil)
}
