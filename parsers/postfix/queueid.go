package postfix

// Character classes of queue ids.
const (
	isDigit = 1 << iota // 0-9
	isHex               // A-F
	isOther             // the rest of the letters
)

var idByte = func() (t [256]uint8) {
	for c := '0'; c <= '9'; c++ {
		t[c] = isDigit
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = isOther, isOther
	}
	for c := 'A'; c <= 'F'; c++ {
		t[c] = isHex
	}
	return t
}()

const (
	minID = 6  // mail_queue.h: five digits of microseconds and an inode
	maxID = 64 // far above a long id with a 64 bit inode
)

// queueID cuts "ID: " from the front of a message. id is nil if there is none.
//
// A short id is upper-case hexadecimal, a long one (enable_long_queue_ids) mixes
// digits and letters (mail_queue.h:82-169). Both are told from words such as
// "warning:" and "NOQUEUE:" by what they are made of: upper-case hexadecimal
// throughout, or at least one digit (a long id begins with one until 2090).
func queueID(b []byte) (id, rest []byte) {
	i := 0
	var seen uint8
	for i < len(b) && idByte[b[i]] != 0 {
		seen |= idByte[b[i]]
		i++
	}
	if i < minID || i > maxID || i+1 >= len(b) || b[i] != ':' || b[i+1] != ' ' || seen&isOther != 0 && seen&isDigit == 0 {
		return nil, b
	}
	return b[:i], b[i+2:]
}

// token cuts a queue id from the front of b, as it follows "queued as ".
func token(b []byte) []byte {
	i := 0
	for i < len(b) && idByte[b[i]] != 0 {
		i++
	}
	if i < minID || i > maxID {
		return nil
	}
	return b[:i]
}

// surelyID says that the id can be nothing but a queue id: hexadecimal, or of
// the long form with its lower-case "z" and no vowels.
func surelyID(id []byte) bool {
	var seen uint8
	z := false
	for i, c := range id {
		seen |= idByte[c]
		switch c {
		case 'z':
			z = z || i >= 10
		case 'a', 'e', 'i', 'o', 'u':
			return false
		}
	}
	return seen&isOther == 0 || z && idByte[id[0]] == isDigit
}
