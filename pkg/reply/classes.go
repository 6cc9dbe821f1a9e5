package reply

import "bytes"

// Byte classes.
const (
	isSpace = 1 << iota
	isWord  // may be inside a token
	isAlpha
	isUpper
	isNum
	isMark // . - _ : / @ % + ~ $
	isHigh
	isEnd  // ends a URL
	isOpen // may introduce another reply
	isDot
	isAt
	isSlash
	isColon
	notTime // in no time and no IPv6 address
	notHost // in no host name
)

var classOf = classes()

func classes() (t [256]uint16) {
	for c := range t {
		switch {
		case c <= ' ' || c == 0x7f:
			t[c] = isSpace | isEnd
		case c >= 0x80:
			t[c] = isWord | isHigh
		case isDigit(byte(c)):
			t[c] = isWord | isNum
		case c >= 'A' && c <= 'Z':
			t[c] = isWord | isAlpha | isUpper
		case isLetter(byte(c)):
			t[c] = isWord | isAlpha
		case bytes.IndexByte([]byte(".-_:/@%+~$"), byte(c)) >= 0:
			t[c] = isWord | isMark
		case bytes.IndexByte([]byte("<>\"'()[]{}\\|"), byte(c)) >= 0:
			t[c] = isEnd
		}
	}
	for c := range t {
		if t[c]&isNum == 0 && bytes.IndexByte([]byte("abcdefABCDEFTZ:.-+"), byte(c)) < 0 {
			t[c] |= notTime
		}
		if t[c]&(isAlpha|isNum) == 0 && bytes.IndexByte([]byte(".-_"), byte(c)) < 0 {
			t[c] |= notHost
		}
	}
	t['.'] |= isDot
	t['@'] |= isAt
	t['/'] |= isSlash
	t[':'] |= isColon
	for _, c := range []byte("<('\"{=>:") {
		t[c] |= isOpen
	}
	return t
}
