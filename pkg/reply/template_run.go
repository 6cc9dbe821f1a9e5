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

// letters returns how many bytes b begins with that are letters and single blanks.
// It reads eight at a time and may leave some at the end. b is what follows a blank.
func letters(b []byte) int {
	// The highest bit of each byte tells. Sums of seven bits do not reach into the
	// next byte: 0x7f-'z' takes what is above z to that bit, 0x80-'a' what is not below a.
	const (
		each = 0x0101010101010101
		high = 0x80 * each
	)
	before := uint64(0x80) // a blank
	n := 0
	for ; n+8 <= len(b); n += 8 {
		x := binary.LittleEndian.Uint64(b[n:])
		small := x&^high | 0x20*each // capital letters made small
		letter := (small + (0x80-'a')*each) &^ (small + (0x7f-'z')*each)
		blanks := ^((x&^high ^ ' '*each) + 0x7f*each)
		single := blanks &^ (blanks<<8 | before)
		if end := (^(letter | single) | x) & high; end != 0 {
			return n + bits.TrailingZeros64(end)/8
		}
		before = blanks >> 56 & 0x80
	}
	return n
}
