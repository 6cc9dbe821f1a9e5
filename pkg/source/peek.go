package source

import "bytes"

const byteOrderMark = "\xef\xbb\xbf"

// prepare reads as much as it takes to know what ends a line, and drops what
// stands before the first line.
func (r *Reader) prepare() {
	if r.ready {
		return
	}
	r.ready = true
	for r.err == nil && r.end < len(byteOrderMark) && byteOrderMark[:r.end] == string(r.buf[:r.end]) {
		r.fill()
	}
	if hasPrefix(r.buf[:r.end], byteOrderMark) {
		r.start = len(byteOrderMark)
	}
	r.sep = '\n'
	for {
		if r.start < r.end && r.buf[r.start] == 0 {
			r.dropNULs()
			r.scanned = 0
		}
		head := r.buf[r.start:min(r.end, r.start+headSize)]
		if bytes.IndexByte(head[min(r.scanned, len(head)):], '\n') >= 0 {
			break
		}
		if full := len(head) == headSize; full || r.err != nil {
			if full {
				head = head[:headSize-1] // the last one may be half of a \r\n
			}
			if bytes.IndexByte(head, '\r') >= 0 {
				r.sep = '\r'
			}
			break
		}
		r.scanned = len(head)
		r.fill()
	}
	r.scanned = 0
}

// Peek returns up to n of the next lines and leaves them to Next. It looks no
// further than 256 KiB, so it may return fewer; a line that is not complete
// there is left out unless it is longer than MaxLine. On a stream it waits for
// that much. The lines are valid until the next call of Next, Peek or Head.
func (r *Reader) Peek(n int) [][]byte {
	r.prepare()
	for seen, at := 0, r.start; r.err == nil && r.end-r.start < peekSize; {
		seen += bytes.Count(r.buf[at:r.end], []byte{r.sep})
		if seen >= n {
			break
		}
		at = r.end - r.start // fill moves the text to the front
		r.fill()
	}
	// Lines are cut by a copy of the reader: it moves, this one does not.
	ahead := *r
	ahead.end = min(r.end, r.start+peekSize)
	var lines [][]byte
	for len(lines) < n {
		line, ok := ahead.take()
		if !ok {
			break
		}
		lines = append(lines, line)
	}
	if len(lines) < n && r.err != nil && ahead.end == r.end {
		if line, ok := ahead.rest(); ok {
			lines = append(lines, line)
		}
	}
	return lines
}

// Live says that the input goes on while it is read (Options.Live).
func (r *Reader) Live() bool { return r.live }

// Waiting is how many lines Peek returns without reading on.
func (r *Reader) Waiting() int {
	r.prepare()
	return bytes.Count(r.buf[r.start:min(r.end, r.start+peekSize)], []byte{r.sep})
}

// Head returns the first 64 KiB of text, or all if it is shorter, without byte
// order mark and leading NULs, for a fingerprint: a file and its compressed copy
// have the same. It is empty once Next was called, and valid until then.
func (r *Reader) Head() []byte {
	if r.begun {
		return nil
	}
	r.prepare()
	for r.err == nil && r.end-r.start < headSize {
		r.fill()
	}
	return r.buf[r.start:min(r.end, r.start+headSize)]
}
