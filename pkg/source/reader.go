package source

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"time"
)

// Reader gives the lines of one input. It is for one goroutine; RawOffset alone
// may be called from others.
type Reader struct {
	in     Input
	codec  codec
	text   *guard
	ahead  *ahead // between text and buf, if the text is read ahead
	raw    *meter
	file   *os.File // nil for standard input
	stat   fs.FileInfo
	size   int64
	anchor time.Time
	from   string // what anchor was taken from

	// Text that was read and not yet given is buf[start:end]. Its first scanned
	// bytes hold no line end. buf[0] is byte base of the text.
	buf                 []byte
	start, end, scanned int
	base                int64
	err                 error // why there is no text after buf[end]: io.EOF or the cause
	last                error // what Next returns from the end on

	fresh func() []byte // see Lend
	turn  func(used []byte)

	maxLine    int
	sep        byte // what ends a line: \n, or \r in a file that has no \n
	ready      bool // sep is known; byte order mark and leading NULs are gone
	begun      bool // Next was called
	live       bool // it goes on while it is read
	binary     bool // it begins like one of Options.Binary
	skip       bool // inside a line that was given already, cut
	holes      bool // a NUL was read: there may be holes
	torn       bool // what follows has the number of the line before: a hole tore it
	leftOut    *LeftOut
	line       int64
	long, nuls int64
}

// Next returns the next line without its line end and its number from 1. The
// line may not be changed and is valid until the next call of Next, Peek or Head.
//
// A line ends with \n, or \r\n. In a file whose first 64 KiB hold a \r and no \n
// it ends with \r (classic Mac OS). A UTF-8 byte order mark at the start of the
// input, and NULs at the start of a line (what a crash leaves in a log) are left
// out. So are 32 NULs or more inside a line; what stands before and after them
// are two lines with one number. Of a line longer than MaxLine the beginning is
// given. Other bytes are given as they are: nothing says that a log is UTF-8.
//
// At the end it returns io.EOF, or a *Error if the input broke off; then the
// lines so far are all that was readable, the last of them perhaps cut. The
// number is that of the last line.
func (r *Reader) Next() (line []byte, no int64, err error) {
	if !r.begun {
		r.begun = true
		r.prepare()
	}
	if r.scanned == 0 && !r.holes && !r.skip && !r.torn { // nearly always: it may be simple
		text := r.buf[r.start:r.end]
		if n := bytes.IndexByte(text, r.sep); n > 0 && n <= r.maxLine && text[n-1] != '\r' {
			r.start += n + 1
			r.line++
			return text[:n:n], r.line, nil
		}
	}
	for {
		if line, ok := r.take(); ok {
			return line, r.line, nil
		}
		if r.err != nil {
			if line, ok := r.rest(); ok {
				return line, r.line, nil
			}
			return nil, r.line, r.finish()
		}
		r.refill()
	}
}

// take cuts the next line from the buffer; ok is false if that needs more text.
// What it does depends on the text alone, not on how much of it is in the buffer.
func (r *Reader) take() (line []byte, ok bool) {
	for {
		text := r.buf[r.start:r.end]
		if len(text) > 0 && text[0] == 0 && !r.skip {
			r.dropNULs()
			continue
		}
		i := bytes.IndexByte(text[r.scanned:], r.sep)
		open := 0
		if r.holes {
			at, n := hole(text, r.scanned, i)
			if n >= nulRun {
				if line, ok := r.tear(text, at); ok {
					return line, true
				}
				continue
			}
			open = n
			if r.torn && i >= 0 && string(bytes.TrimSuffix(text[:r.scanned+i], []byte("\r"))) == "" {
				r.start, r.scanned, r.torn = r.start+r.scanned+i+1, 0, false // nothing behind the hole
				continue
			}
		}
		switch {
		case i >= 0 && r.skip:
			r.start += r.scanned + i + 1
			r.scanned, r.skip = 0, false
		case i >= 0:
			i += r.scanned
			r.start += i + 1
			r.scanned = 0
			return r.cut(text[:i]), true
		case r.skip:
			r.start, r.scanned = r.end-open, 0
			return nil, false
		case len(text)-open >= r.maxLine+len("\r\n"):
			// Whatever follows, the line is too long.
			r.start, r.scanned, r.skip = r.end-open, 0, true
			return r.cut(text), true
		default:
			r.scanned = len(text) - open
			return nil, false
		}
	}
}

// rest gives what stands after the last line end.
func (r *Reader) rest() (line []byte, ok bool) {
	text := r.buf[r.start:r.end]
	r.start, r.scanned = r.end, 0
	if len(text) == 0 || r.skip {
		return nil, false
	}
	return r.cut(text), true
}

// cut counts a line and removes what does not belong to it.
func (r *Reader) cut(line []byte) []byte {
	if !r.torn {
		r.line++
	}
	r.torn = false
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1] // of a line that is too long this is no line end, and cut anyway
	}
	if len(line) > r.maxLine {
		r.long++
		line = line[:r.maxLine]
	}
	return line[:len(line):len(line)]
}

func (r *Reader) dropNULs() {
	text := r.buf[r.start:r.end]
	n := len(text) - len(bytes.TrimLeft(text, "\x00"))
	r.start += n
	r.nuls += int64(n)
}

// refill reads once, behind what is unread as long as there is room.
func (r *Reader) refill() {
	if len(r.buf)-r.end < leastRead {
		r.move()
	}
	r.read()
}

// fill reads once. What is unread stays, moved to the front of the buffer.
func (r *Reader) fill() {
	r.move()
	r.read()
}

// move makes room behind what is unread.
func (r *Reader) move() {
	if r.start > 0 {
		used, to := r.buf, r.buf
		if r.turn != nil {
			to = r.fresh()
			if r.end-r.start > len(to)-leastRead {
				to = make([]byte, r.end-r.start+blockSize)
			}
		}
		r.base += int64(r.start)
		r.end = copy(to, r.buf[r.start:r.end])
		r.start, r.buf = 0, to
		if r.turn != nil { // nothing of it is read any more
			r.turn(used)
		}
	}
	if r.end == len(r.buf) {
		r.buf = append(r.buf, make([]byte, min(len(r.buf), r.maxLine+blockSize))...)
	}
}

// read reads once into the room behind what is unread.
func (r *Reader) read() {
	var text io.Reader = r.text
	if r.ahead != nil {
		text = r.ahead
	}
	for range noProgress {
		n, err := text.Read(r.buf[r.end:])
		r.holes = r.holes || bytes.IndexByte(r.buf[r.end:r.end+n], 0) >= 0
		r.end += n
		if err != nil {
			r.err = err
		}
		if n > 0 || err != nil {
			return
		}
	}
	r.err = &detail{kind: ErrRead, text: io.ErrNoProgress.Error(), err: io.ErrNoProgress}
}

// finish says how the input ended.
func (r *Reader) finish() error {
	if r.last != nil {
		return r.last
	}
	r.last = r.err
	if r.err == io.EOF && r.shrunk() {
		r.last = &detail{kind: ErrShrunk, text: "from " + group(r.size) + " bytes"}
	}
	r.leftOut.add(r)
	if r.last != io.EOF {
		r.last = &Error{Path: r.in.Path, Line: r.line, Offset: r.Offset(), Compression: r.Compression(), Err: r.last}
	}
	return r.last
}

// shrunk says that a plain file ended before the size it had when opened, as a
// rotation with copytruncate makes it. Files of the kernel have sizes that mean
// nothing, but those do not change.
func (r *Reader) shrunk() bool {
	if r.codec != plain || r.file == nil || r.raw.n.Load() >= r.size {
		return false
	}
	fi, err := r.file.Stat()
	return err != nil || fi.Size() != r.size
}

// Input is what is read.
func (r *Reader) Input() Input { return r.in }

// Compression is "gzip", "zstd", "bzip2", "xz", or empty for plain text.
func (r *Reader) Compression() string { return codecNames[r.codec] }

// Offset is the number of bytes of text, after decompression, up to the end of
// the last line given.
func (r *Reader) Offset() int64 { return r.base + int64(r.start) }

// RawOffset is the number of bytes read from the file, before decompression.
// With Size it tells progress; any goroutine may call it.
func (r *Reader) RawOffset() int64 { return r.raw.n.Load() }

// Size is the size of the file in bytes when it was opened; -1 for standard
// input and named pipes.
func (r *Reader) Size() int64 { return r.size }

// LongLines is how many lines so far were cut to MaxLine.
func (r *Reader) LongLines() int64 { return r.long }

// NULs is how many NUL bytes so far were dropped between and inside of lines.
func (r *Reader) NULs() int64 { return r.nuls }

// SetMaxLine changes the longest line in bytes for a format that puts a whole
// document on one line. Memory grows only if such lines come.
func (r *Reader) SetMaxLine(n int) {
	if n > 0 {
		r.maxLine = n
	}
}

// Close closes the file. Standard input stays open.
func (r *Reader) Close() error {
	if r.ahead != nil {
		r.ahead.close()
	}
	r.text.close()
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}
