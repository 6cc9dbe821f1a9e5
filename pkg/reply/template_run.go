package reply

import (
	"encoding/binary"
	"math/bits"
)

// A run of plain text is copied as it is. runOf says what a byte is in a run and,
// shifted by follows, what the next byte must not be for the run to go on.
const (
	special = 1 << iota // a part of what may be masked, or to be written in another way
	blank               // one stays, two do not
	word                // behind a mark: the mark is inside a token like a host

	follows = 8
)

var runOf = runs()

func runs() (t [256]uint16) {
	for c := range t {
		t[c] = special << follows
		switch k := classOf[c]; {
		case c == ' ':
			t[c] |= blank | blank<<follows
		case k&(isSpace|isNum|isHigh) != 0 || c == '*' || c == '\\':
			t[c] |= special
		case k&isMark != 0:
			t[c] |= word | word<<follows
		case k&isAlpha != 0:
			t[c] |= word
		}
	}
	return t
}

// Of eight bytes read at a time, the highest bit of each tells. Sums of seven bits do not
// reach into the next byte: 0x7f-'z' takes what is above z to that bit, 0x80-'a' what is
// not below a.
const (
	eachByte = 0x0101010101010101
	highBits = 0x80 * eachByte
)

// letters returns how many bytes b begins with that are letters and single blanks.
// It reads eight at a time and may leave some at the end. b is what follows a blank.
func letters(b []byte) int {
	before := uint64(0x80) // a blank
	n := 0
	for ; n+8 <= len(b); n += 8 {
		x := binary.LittleEndian.Uint64(b[n:])
		small := x&^highBits | 0x20*eachByte // capital letters made small
		letter := (small + (0x80-'a')*eachByte) &^ (small + (0x7f-'z')*eachByte)
		blanks := ^((x&^highBits ^ ' '*eachByte) + 0x7f*eachByte)
		single := blanks &^ (blanks<<8 | before)
		if end := (^(letter | single) | x) & highBits; end != 0 {
			return n + bits.TrailingZeros64(end)/8
		}
		before = blanks >> 56 & 0x80
	}
	return n
}

// nextNumeral returns where from b[i] on the next digit, colon or slash is, len(b) if there
// is none: every address and every URL has one. They are neighbours in ASCII.
func nextNumeral(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		low := x &^ highBits
		if found := (low + (0x80-'/')*eachByte) &^ (low + (0x7f-':')*eachByte) &^ x & highBits; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(b) && b[i]-'/' > ':'-'/' {
		i++
	}
	return i
}
