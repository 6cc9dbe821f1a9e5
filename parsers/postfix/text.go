package postfix

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

// without removes prefix where it is.
func without(b []byte, prefix string) []byte {
	rest, _ := after(b, prefix)
	return rest
}

// lastIndex is bytes.LastIndex for long texts in which sep is rare: bytes.Index
// is made for them, bytes.LastIndex is not.
func lastIndex(b, sep []byte) int {
	last := -1
	for from := 0; ; {
		i := bytes.Index(b[from:], sep)
		if i < 0 {
			return last
		}
		last = from + i
		from = last + 1
	}
}

// trimPartial cuts the first bytes of mark from the end of b, where a line was
// cut in the middle of mark.
func trimPartial(b, mark []byte) []byte {
	for n := min(len(mark)-1, len(b)); n > 1; n-- {
		if bytes.HasSuffix(b, mark[:n]) {
			return b[:len(b)-n]
		}
	}
	return b
}
