package source

import (
	"bufio"
	"io"
	"slices"
)

// Binary says that the input begins like one of Options.Binary: it has no lines, only
// Bytes.
func (r *Reader) Binary() bool { return r.binary }

// Bytes returns the input after decompression, byte by byte. It takes the place of Next.
func (r *Reader) Bytes() io.Reader { return content{r} }

// content reads what a Reader has.
type content struct{ r *Reader }

func (c content) Read(p []byte) (int, error) {
	r := c.r
	if r.start == r.end && r.err == nil {
		r.fill()
	}
	n := copy(p, r.buf[r.start:r.end])
	r.start += n
	if n == 0 && len(p) > 0 {
		return 0, r.err
	}
	return n, nil
}

// OpenAt opens a file for its bytes after decompression, from an offset on. Where it is
// not compressed what is before the offset is not read.
func OpenAt(in Input, offset int64, o Options) (io.ReadCloser, error) {
	r, err := Open(in, o)
	if err != nil {
		return nil, err
	}
	if r.codec == plain && r.size >= 0 {
		if _, err := r.file.Seek(offset, io.SeekStart); err != nil {
			return nil, r.abandon(openError(in.Path, err))
		}
		return fileBytes{bufio.NewReaderSize(r.file, rawSize), r.file}, nil
	}
	bytes := r.Bytes()
	if _, err := io.CopyN(io.Discard, bytes, offset); err != nil {
		_ = r.Close()
		return nil, err
	}
	return fileBytes{bytes, r}, nil
}

// fileBytes are bytes and what they are from.
type fileBytes struct {
	io.Reader
	io.Closer
}

// isOneOf says that a text begins with one of some magics.
func isOneOf(head []byte, magics []string) bool {
	return slices.ContainsFunc(magics, func(m string) bool { return m != "" && hasPrefix(head, m) })
}
