// Package source turns command line arguments into inputs, and an input into
// numbered lines.
//
//	inputs, skipped, errs := source.Expand(args, recursive)   // files, globs, directories, "-"
//	r, err := source.Open(inputs[0], source.Options{Stdin: stdin})
//	sample := r.Peek(200)                            // to recognise the format
//	for {
//		line, no, err := r.Next()                    // io.EOF, or a *Error after what was readable
//	}
//
// Bytes travel one way: file -> compressed byte count -> decompressor -> one
// block of text -> lines that are slices of that block. Nothing is allocated per
// line. Compression and file type are recognised by content, never by name; a
// name tells only the day of a rotation (Reader.Anchor).
//
// Two error types say all that can go wrong. A *PathError is an argument or file
// that gives no lines at all; an *Error is an input that broke off after the
// lines that were readable.
package source

import (
	"io"
	"strconv"
	"strings"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// Defaults and bounds.
const (
	// DefaultMaxLine is the longest line kept whole, in bytes.
	DefaultMaxLine = 64 << 10
	// DefaultMaxRatio is how many times its compressed size a text may be. Mail
	// logs are 8 to 60 times as large. One line over and over is 300 times as
	// large as its gzip; zeros are 1032 times (RFC 1951 3.2.5: 258 bytes from two
	// bits), and more in the other formats.
	DefaultMaxRatio = 500
	// DefaultRatioFrom is how many bytes of text any input may give before its
	// ratio counts.
	DefaultRatioFrom = 64 << 20
	// DefaultMaxWindow is the largest window or dictionary of a zstd or xz input:
	// what zstd itself accepts without --long (RFC 8878 3.1.1.1.2), and twice
	// that of xz -9.
	DefaultMaxWindow = 128 << 20

	blockSize  = 256 << 10 // text is read in blocks of so many bytes
	leastRead  = 64 << 10  // no less is asked for at once
	rawSize    = 128 << 10 // compressed bytes are read in such blocks
	headSize   = 64 << 10  // how much of a text Head and the choice of line end see
	peekSize   = 256 << 10 // how much of a text Peek sees
	sniffSize  = 512       // how much of a text decides that it is none
	magicSize  = 16        // how many bytes tell a compression
	noProgress = 100       // empty reads in a row before a reader counts as stuck
)

// Input is one thing to read: a file, a named pipe or, if Path is "-", standard
// input.
type Input struct {
	Path string
}

// String is the input as text for people: "standard input" for "-".
func (in Input) String() string { return show(in.Path) }

// Options are the bounds of reading. The zero value is ready to use.
type Options struct {
	// Stdin is what an Input "-" reads. It is never closed.
	Stdin io.Reader
	// MaxLine is the longest line in bytes, DefaultMaxLine if 0. What a longer
	// line has beyond it is skipped.
	MaxLine int
	// MaxRatio bounds decompression bombs: text may be so many times as large as
	// the compressed bytes it came from. DefaultMaxRatio if 0, no bound if negative.
	MaxRatio int64
	// RatioFrom is the size of text in bytes from which MaxRatio counts,
	// DefaultRatioFrom if 0.
	RatioFrom int64
	// MaxWindow is the largest zstd window or xz dictionary in bytes: the memory a
	// hostile header can ask for. DefaultMaxWindow if 0.
	MaxWindow int64
	// LeftOut, unless nil, gets what readers leave out.
	LeftOut *LeftOut
	// Live, unless nil, is an input that goes on while it is read.
	Live *Live
	// Binary are the first bytes of inputs that are no text and that the caller knows
	// how to read (Reader.Bytes). At most 512 bytes each.
	Binary []string
}

func (o Options) withDefaults() Options {
	if o.MaxLine <= 0 {
		o.MaxLine = DefaultMaxLine
	}
	if o.MaxRatio == 0 {
		o.MaxRatio = DefaultMaxRatio
	}
	if o.RatioFrom <= 0 {
		o.RatioFrom = DefaultRatioFrom
	}
	if o.MaxWindow <= 0 {
		o.MaxWindow = DefaultMaxWindow
	}
	return o
}

// show is a path as text for people. File names may hold anything but "/" and
// NUL, so a name with control characters is quoted.
func show(path string) string {
	if path == Stdin {
		return "standard input"
	}
	if path == "" || strings.ContainsFunc(path, func(c rune) bool { return !strconv.IsPrint(c) }) {
		return strconv.Quote(path)
	}
	return path
}
