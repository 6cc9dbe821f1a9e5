package source

import "bytes"

// hole finds the first NULs of a line that are a hole: nulRun or more of them, as a
// crash or a truncation under an open writer leaves them. The line is text up to
// from+end, or all of text if end is negative; it holds no hole before from. at is
// where the NULs begin and n how many they are. n is less than nulRun if there is
// no hole: 0, or how many NULs stand at the end of a text that goes on, which may
// become one.
func hole(text []byte, from, end int) (at, n int) {
	line := text
	if end >= 0 {
		line = text[:from+end]
	}
	for at = from; ; at += n {
		i := bytes.IndexByte(line[at:], 0)
		if i < 0 {
			return len(line), 0
		}
		at += i
		n = len(line[at:]) - len(bytes.TrimLeft(line[at:], "\x00"))
		switch {
		case n >= nulRun, at+n == len(text) && end < 0:
			return at, n
		}
	}
}

// tear takes the hole at text[at:] for the end of a line; ok is false if
// that line was given already.
func (r *Reader) tear(text []byte, at int) (line []byte, ok bool) {
	if ok = !r.skip; ok {
		line = r.cut(text[:at])
	}
	r.start += at
	r.scanned, r.skip, r.torn = 0, false, true
	return line, ok
}
