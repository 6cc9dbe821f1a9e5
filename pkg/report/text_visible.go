package report

import (
	"strings"
	"unicode/utf8"
)

// maxVisible bounds one string in text output; the JSON has the rest.
const maxVisible = 2000

// Visible makes log text safe for a terminal and for plain ASCII files: printable
// ASCII stays as it is, and everything else (control characters of C0 and C1, ESC,
// line ends, bidi and zero-width marks, any non-ASCII character, invalid bytes)
// becomes a visible escape such as \x1b, \n or \u202e. The result is one line of
// bytes 0x20-0x7e. Text longer than 2,000 bytes is cut and ends in "...".
//
// Log text is written by whoever connects to the server, so this is the one door
// through which it reaches a terminal: the text renderer passes every string of
// the report through it before it prints anything.
func Visible(s string) string {
	if i := firstUnsafe(s); i == len(s) && len(s) <= maxVisible {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if b.Len() > maxVisible-len(`\U0010ffff`)-3 {
			b.WriteString("...")
			break
		}
		c := s[i]
		if isPrintable(c) {
			b.WriteByte(c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		writeEscape(&b, c, r, n)
		i += n
	}
	return b.String()
}

func firstUnsafe(s string) int {
	for i := range len(s) {
		if !isPrintable(s[i]) {
			return i
		}
	}
	return len(s)
}

func isPrintable(c byte) bool { return c >= 0x20 && c < 0x7f }

// writeEscape writes byte c or, where it begins a valid sequence of n bytes, rune r.
func writeEscape(b *strings.Builder, c byte, r rune, n int) {
	const hex = "0123456789abcdef"
	switch {
	case c == '\n':
		b.WriteString(`\n`)
	case c == '\r':
		b.WriteString(`\r`)
	case c == '\t':
		b.WriteString(`\t`)
	case n == 1:
		b.WriteString(`\x`)
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	default:
		prefix, digits := `\u`, 4
		if r > 0xffff {
			prefix, digits = `\U`, 8
		}
		b.WriteString(prefix)
		for i := digits - 1; i >= 0; i-- {
			b.WriteByte(hex[r>>(4*i)&15])
		}
	}
}
