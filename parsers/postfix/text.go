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

// lastIndex is bytes.LastIndex for long texts in which sep[at] is rare:
// bytes.IndexByte is made for them, bytes.LastIndex is not.
func lastIndex(b, sep []byte, at int) int {
	last := -1
	for from := at; from < len(b); from++ {
		i := bytes.IndexByte(b[from:], sep[at])
		if i < 0 {
			break
		}
		if from += i; bytes.HasPrefix(b[from-at:], sep) {
			last = from - at
		}
	}
	return last
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
