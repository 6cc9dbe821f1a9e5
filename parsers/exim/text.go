package exim

import "bytes"

// has says that b begins with prefix.
func has(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}

// after returns what follows prefix; ok is false if b does not begin with it.
func after(b []byte, prefix string) (rest []byte, ok bool) {
	if !has(b, prefix) {
		return b, false
	}
	return b[len(prefix):], true
}

func skipSpace(b []byte) []byte {
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	return b
}

// cutPID cuts "[123] " from the front of b (log_selector +pid). A pid that is no
// number ("[pppp]") or too large is 0.
func cutPID(b []byte) (pid uint32, rest []byte, ok bool) {
	if len(b) < 3 || b[0] != '[' {
		return 0, b, false
	}
	var v uint64
	i := 1
	for i < len(b) && i < 12 && b[i]-'0' <= 9 {
		v = v*10 + uint64(b[i]-'0')
		i++
	}
	if i == 1 || i >= len(b) || b[i] != ']' || i+1 < len(b) && b[i+1] != ' ' {
		return 0, b, false
	}
	if v > 1<<32-1 {
		v = 0
	}
	return uint32(v), skipSpace(b[i+1:]), true
}

// messageID cuts a message id and the blank after it from the front of b. It is
// nil if there is none.
//
// The id is three groups of base 62 (or 36) digits: 6-11-4 since Exim 4.97, 6-6-2
// before (local_scan.h; specification, "Message identification").
func messageID(b []byte) (id, rest []byte) {
	for _, n := range [...]int{16, 23} {
		if isID(b, n) && (len(b) == n || b[n] == ' ') {
			return b[:n], skipSpace(b[n:])
		}
	}
	return nil, b
}

// isID says that b begins with a message id of n characters.
func isID(b []byte, n int) bool {
	if len(b) < n || b[6] != '-' {
		return false
	}
	tail := 13 // where the second dash is
	if n == 23 {
		tail = 18
	}
	if b[tail] != '-' {
		return false
	}
	for i, c := range b[:n] {
		if !idByte[c] && i != 6 && i != tail {
			return false
		}
	}
	return true
}

// idByte marks the digits of base 62.
var idByte = func() (t [256]bool) {
	for c := range t {
		t[c] = byte(c)-'0' <= 9 || (byte(c)|0x20)-'a' <= 25
	}
	return t
}()

// word cuts b before its first blank. If the word ends in a colon, which is where
// the message of a line begins, the colon stays with rest.
func word(b []byte) (w, rest []byte) {
	n := bytes.IndexByte(b, ' ')
	if n < 0 {
		n = len(b)
	}
	if n > 1 && b[n-1] == ':' {
		n--
	}
	return b[:n], b[n:]
}

// angle cuts "<text>" from the front of b: up to the first ">" that a blank, a
// colon or the end follows.
func angle(b []byte) (text, rest []byte) {
	for i := 1; i < len(b); i++ {
		if b[i] == '>' && (i+1 == len(b) || b[i+1] == ' ' || b[i+1] == ':') {
			return b[1:i], b[i+1:]
		}
	}
	return b[1:], nil
}

// quoted cuts a text in double quotes from the front of b. In it a quote and a
// backslash are written with a backslash before them. A cut line lacks the end.
func quoted(b []byte) (text, rest []byte) {
	if n := bytes.IndexByte(b[1:], '"') + 1; n > 0 && bytes.IndexByte(b[1:n], '\\') < 0 {
		return b[1:n], b[n+1:]
	}
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return b[1:i], b[i+1:]
		}
	}
	return b[1:], nil
}

// number reads leading digits; more than 18 are no number.
func number(b []byte) (v uint64) {
	i := 0
	for i < len(b) && b[i]-'0' <= 9 {
		v = v*10 + uint64(b[i]-'0')
		i++
	}
	if i > 18 {
		return 0
	}
	return v
}

// duration reads "3m45s", "1d2h3m4s" or "0.304s" as microseconds (readconf.c
// readconf_printtime, tod.c string_timediff). Values of more than 30,000 years
// are none.
func duration(b []byte) (micro int64, ok bool) {
	for len(b) > 0 {
		i := 0
		var v int64
		for i < len(b) && b[i]-'0' <= 9 {
			v = v*10 + int64(b[i]-'0')
			i++
		}
		if i == 0 || i > 12 {
			return 0, false
		}
		v *= 1e6
		if i < len(b) && b[i] == '.' {
			i++
			for unit := int64(100000); i < len(b) && b[i]-'0' <= 9; i++ {
				v += int64(b[i]-'0') * unit
				unit /= 10
			}
		}
		if i == len(b) {
			return 0, false
		}
		scale := int64(1)
		switch b[i] {
		case 's':
		case 'm':
			scale = 60
		case 'h':
			scale = 3600
		case 'd':
			scale = 86400
		case 'w':
			scale = 7 * 86400
		default:
			return 0, false
		}
		if v > 1e18/scale-micro/scale {
			return 0, false
		}
		micro += v * scale
		b, ok = b[i+1:], true
	}
	return micro, ok
}
