package jsonlog

import (
	"unicode/utf16"
	"unicode/utf8"
)

// appendText appends the text of a string, given without its quotes and valid,
// to dst. A half of a surrogate pair becomes U+FFFD, as in encoding/json.
func appendText(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		c := raw[i]
		if c != '\\' {
			n := i + 1
			for n < len(raw) && raw[n] != '\\' {
				n++
			}
			dst = append(dst, raw[i:n]...)
			i = n
			continue
		}
		switch c = raw[i+1]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := hex4(raw[i+2:])
			i += 4
			if utf16.IsSurrogate(r) {
				r = pair(r, raw[i+2:])
				if r != utf8.RuneError {
					i += 6
				}
			}
			dst = utf8.AppendRune(dst, r)
		default: // quote, backslash, slash
			dst = append(dst, c)
		}
		i += 2
	}
	return dst
}

// pair joins a surrogate with the escape that follows it; utf8.RuneError if that
// is not its other half.
func pair(high rune, rest []byte) rune {
	if len(rest) < 6 || rest[0] != '\\' || rest[1] != 'u' {
		return utf8.RuneError
	}
	return utf16.DecodeRune(high, hex4(rest[2:]))
}
