package source

import (
	"bufio"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
)

// meter counts the bytes read from a file. Another goroutine may ask for the
// count meanwhile.
type meter struct {
	r   io.Reader
	n   atomic.Int64
	err error // io.EOF, or what the file itself failed with, as opposed to its content
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.n.Add(int64(n))
	if err != nil {
		m.err = err
	}
	return n, err
}

// newDecoder returns the reader of the text in br. It reads nothing yet, so a
// broken header shows in the first Read.
func newDecoder(c codec, br *bufio.Reader, o Options) (io.Reader, error) {
	switch c {
	case gzipped:
		return &gzipMembers{br: br}, nil
	case zstandard:
		// One goroutine per file is the caller's parallelism; the decoder's own
		// costs half as much CPU again and is slower.
		limit := uint64(max(o.MaxWindow, zstd.MinWindowSize))
		return zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(limit), zstd.WithDecoderMaxWindow(limit))
	case bzipped:
		return bzip2.NewReader(br), nil
	case xzipped:
		return &xzStreams{in: xzInput{br: br}, maxDict: o.MaxWindow}, nil
	default:
		return br, nil
	}
}

// guard stands between a decoder and the rest: it bounds expansion, turns what
// decoders report into the Err values of this package, and survives a decoder
// that panics on hostile bytes.
type guard struct {
	dec   io.Reader
	codec codec
	raw   *meter
	br    *bufio.Reader // between raw and dec
	out   int64         // bytes of text so far
	ratio int64         // the most bytes of text per raw byte, not above 0 if unbounded
	from  int64         // bytes of text from which ratio counts
}

func (g *guard) Read(p []byte) (n int, err error) {
	defer func() {
		if x := recover(); x != nil {
			n, err = 0, corrupt(fmt.Sprint(x))
		}
	}()
	n, err = g.dec.Read(p)
	g.out += int64(n)
	raw := max(g.raw.n.Load(), 1)
	if err == nil && g.codec != plain && g.ratio > 0 && g.out > g.from && g.out/raw >= g.ratio {
		return n, &detail{kind: ErrBomb, text: group(g.ratio) + " times"}
	}
	if err != nil {
		err = g.classify(err)
	}
	return n, err
}

// classify says which of the Err values an error of a decoder is.
func (g *guard) classify(err error) error {
	var ours *detail
	switch {
	case err == io.EOF, errors.As(err, &ours):
		return err
	case g.raw.err != nil && g.raw.err != io.EOF:
		return &detail{kind: ErrRead, text: why(g.raw.err), err: g.raw.err}
	case err == io.ErrUnexpectedEOF && g.raw.err == io.EOF && g.br.Buffered() == 0:
		return &detail{kind: ErrTruncated, text: "unexpected end", err: err}
	case errors.Is(err, zstd.ErrMagicMismatch), // Open saw the magic of the first frame
		g.codec == bzipped && strings.Contains(err.Error(), "continuation file"):
		return &detail{kind: ErrTrailing, text: err.Error(), err: err}
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return &detail{kind: ErrWindow, text: err.Error(), err: err}
	case g.codec == plain:
		return &detail{kind: ErrRead, text: why(err), err: err}
	}
	return &detail{kind: ErrCorrupt, text: err.Error(), err: err}
}

// close frees what the decoder holds.
func (g *guard) close() {
	if z, ok := g.dec.(*zstd.Decoder); ok {
		z.Close()
	}
}
