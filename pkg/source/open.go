package source

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
)

// Open opens an input, recognises its compression and makes sure that it may be
// a text. It waits until a stream has sent its first line or 512 bytes.
//
// A *PathError says that there is nothing to read lines from: the file does not
// exist or may not be read, is a directory or device, or is no text. What is
// merely broken shows in Next, after the lines that were readable.
func Open(in Input, o Options) (*Reader, error) {
	o = o.withDefaults()
	r := &Reader{in: in, size: -1, maxLine: o.MaxLine, leftOut: o.LeftOut, buf: make([]byte, blockSize)}
	r.live = o.Live != nil && o.Live.Path == in.Path
	switch {
	case r.live:
		r.raw = &meter{r: o.Live.Reader}
	case in.Path != Stdin:
		if err := r.openFile(); err != nil {
			return nil, err
		}
	case o.Stdin == nil:
		return nil, &PathError{in.Path, Unreadable, errors.New("there is none")}
	default:
		r.raw = &meter{r: o.Stdin}
	}
	br := bufio.NewReaderSize(r.raw, rawSize)
	var head []byte
	var err error
	for n := 1; n <= magicSize && err == nil; n++ { // no more than it takes: the next bytes of a stream may be far
		head, err = br.Peek(n)
		if bytes.IndexByte(head, '\n') >= 0 && compression(head) == plain {
			break
		}
	}
	if len(head) == 0 && err != nil && err != io.EOF {
		return nil, r.abandon(openError(in.Path, err))
	}
	if r.codec = compression(head); r.live && r.codec != plain {
		return nil, &PathError{in.Path, NotText, errors.New("it is compressed (" + codecNames[r.codec] + "), and a log that grows is not; leave out watch to read it")}
	}
	r.setAnchor(head)
	dec, err := newDecoder(r.codec, br, o)
	if err != nil {
		return nil, r.abandon(&PathError{in.Path, Unreadable, err})
	}
	r.text = &guard{dec: dec, codec: r.codec, raw: r.raw, br: br, ratio: o.MaxRatio, from: o.RatioFrom}
	what, todo := r.sniff()
	if r.binary = isOneOf(r.buf[:r.end], o.Binary); what != "" && !r.binary {
		r.text.close()
		return nil, r.abandon(&PathError{in.Path, NotText, errors.New("not a text log (" + what + "); " + todo)})
	}
	return r, nil
}

// openFile opens a file after a look at what it is: opening a device can have
// effects, and a named pipe waits for its writer as it should.
func (r *Reader) openFile() error {
	path := r.in.Path
	fi, err := os.Stat(path)
	if err != nil {
		return openError(path, err)
	}
	if err := checkMode(path, fi); err != nil {
		return err
	}
	if r.file, err = os.Open(path); err != nil {
		return openError(path, err)
	}
	if fi, err = r.file.Stat(); err != nil {
		return r.abandon(openError(path, err))
	}
	if err := checkMode(path, fi); err != nil {
		return r.abandon(err)
	}
	r.raw, r.stat = &meter{r: r.file}, fi
	if fi.Mode().IsRegular() {
		r.size, r.anchor = fi.Size(), fi.ModTime()
		if r.size > 0 { // files of the kernel say 0
			// A log that grows faster than it is read would have no end.
			r.raw.r = io.LimitReader(r.file, r.size)
		}
	}
	return nil
}

// abandon closes the file of a reader that will not be.
func (r *Reader) abandon(err error) error {
	if r.file != nil {
		_ = r.file.Close() // only read from; err says what went wrong
	}
	return err
}

// sniff reads the first bytes of text and says what they are if they are none.
func (r *Reader) sniff() (what, todo string) {
	for r.err == nil && r.end < sniffSize && !looksLikeText(r.buf[:r.end]) {
		r.fill()
	}
	return refuse(r.buf[:min(r.end, sniffSize)], r.codec)
}
