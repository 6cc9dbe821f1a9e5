package jsonlog

import (
	"encoding/binary"
	"math/bits"
)

// maxDepth is how deep arrays and objects may lie in each other. Log text is
// hostile, and no export comes near it.
const maxDepth = 1000

// The token scanners below take the text and the index of the token's first byte
// and return the index after its last, -1 if there is no valid token (RFC 8259).

// space returns the index of the first byte at or after i that is no white space.
func space(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// stringEnd scans the string whose opening quote is b[i]. escaped says that it
// has a backslash. Bytes that are no UTF-8 are let through: nothing says that a
// log is UTF-8.
func stringEnd(b []byte, i int) (end int, escaped bool) {
	// Eight bytes at a time: the lowest flag set is that of the first quote,
	// backslash or control character (Hacker's Delight, 6-1). With 2 exclusive or'ed
	// the quote is 0x20, and what is below that stays there.
	for i++; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i : i+8])
		q, s := x^ones*('"'^0x20), x^ones*'\\'
		if m := ((q-ones*0x21)&^q | (s-ones)&^s) & highs; m != 0 {
			if i += bits.TrailingZeros64(m) / 8; b[i] == '"' {
				return i + 1, false
			}
			break
		}
	}
	return longStringEnd(b, i)
}

// longStringEnd scans the rest of a string, from b[i] on, byte by byte.
func longStringEnd(b []byte, i int) (end int, escaped bool) {
	for i < len(b) && b[i] >= 0x20 {
		switch b[i] {
		case '"':
			return i + 1, escaped
		case '\\':
			if i = escapeEnd(b, i); i < 0 {
				return -1, true
			}
			escaped = true
		default:
			i++
		}
	}
	return -1, escaped
}

// escapeEnd scans the escape whose backslash is b[i].
func escapeEnd(b []byte, i int) int {
	if i+1 >= len(b) {
		return -1
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		if i+6 <= len(b) && hex4(b[i+2:]) >= 0 {
			return i + 6
		}
	}
	return -1
}

// hex4 reads four hexadecimal digits, -1 if they are none.
func hex4(b []byte) rune {
	var r rune
	for _, c := range b[:4] {
		switch {
		case c-'0' < 10:
			c -= '0'
		case c|0x20-'a' < 6:
			c = c | 0x20 - 'a' + 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// scalarEnd scans a number, true, false or null.
func scalarEnd(b []byte, i int) int {
	switch b[i] {
	case 't':
		return wordEnd(b, i, "true")
	case 'f':
		return wordEnd(b, i, "false")
	case 'n':
		return wordEnd(b, i, "null")
	}
	return numberEnd(b, i)
}

func wordEnd(b []byte, i int, word string) int {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return -1
	}
	return i + len(word)
}

// numberEnd scans a number: no leading zeros, digits on both sides of the point.
func numberEnd(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	n := digits(b, i)
	if n == i || b[i] == '0' && n > i+1 {
		return -1
	}
	if n < len(b) && b[n] == '.' {
		i = n + 1
		if n = digits(b, i); n == i {
			return -1
		}
	}
	if n < len(b) && b[n]|0x20 == 'e' {
		i = n + 1
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if n = digits(b, i); n == i {
			return -1
		}
	}
	return n
}

func digits(b []byte, i int) int {
	for i < len(b) && b[i]-'0' < 10 {
		i++
	}
	return i
}

// valueEnd scans any value.
func valueEnd(b []byte, i, depth int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		end, _ := stringEnd(b, i)
		return end
	case '{':
		return objectEnd(b, i, depth+1)
	case '[':
		return arrayEnd(b, i, depth+1)
	}
	return scalarEnd(b, i)
}

func objectEnd(b []byte, i, depth int) int {
	i = space(b, i+1)
	if i < len(b) && b[i] == '}' {
		return i + 1
	}
	for depth <= maxDepth {
		if i >= len(b) || b[i] != '"' {
			return -1
		}
		if i, _ = stringEnd(b, i); i < 0 {
			return -1
		}
		if i = space(b, i); i >= len(b) || b[i] != ':' {
			return -1
		}
		if i = valueEnd(b, space(b, i+1), depth); i < 0 {
			return -1
		}
		if i = space(b, i); i >= len(b) {
			return -1
		}
		switch b[i] {
		case '}':
			return i + 1
		case ',':
			i = space(b, i+1)
		default:
			return -1
		}
	}
	return -1
}

func arrayEnd(b []byte, i, depth int) int {
	i = space(b, i+1)
	if i < len(b) && b[i] == ']' {
		return i + 1
	}
	for depth <= maxDepth {
		if i = valueEnd(b, i, depth); i < 0 {
			return -1
		}
		if i = space(b, i); i >= len(b) {
			return -1
		}
		switch b[i] {
		case ']':
			return i + 1
		case ',':
			i = space(b, i+1)
		default:
			return -1
		}
	}
	return -1
}
