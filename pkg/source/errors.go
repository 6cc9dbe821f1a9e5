package source

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Kind says what is wrong with a path.
type Kind uint8

const (
	// NoMatch is a pattern that matches no file, or a directory without files.
	NoMatch Kind = iota + 1
	// NotFound is a name that nothing has.
	NotFound
	// Unreadable is a file or directory that cannot be opened or read.
	Unreadable
	// Directory is a directory named without asking for recursion.
	Directory
	// Special is a device or a socket.
	Special
	// NotText is a file that is no text log: a container, an image, a program.
	NotText
)

// PathError is an argument or a file that gives no lines. Err says why, in
// words for people, and wraps the cause (fs.ErrNotExist, fs.ErrPermission).
type PathError struct {
	Path string
	Kind Kind
	Err  error
}

func (e *PathError) Error() string {
	switch e.Kind {
	case NoMatch:
		return e.Err.Error()
	case NotText:
		return show(e.Path) + ": " + e.Err.Error()
	case NotFound, Unreadable:
		return "cannot open " + show(e.Path) + ": " + e.Err.Error()
	default:
		return "cannot read " + show(e.Path) + ": " + e.Err.Error()
	}
}

func (e *PathError) Unwrap() error { return e.Err }

// What broke an input that was being read: Error.Err wraps one of them.
var (
	// ErrTruncated says that the compressed data ends before its format does.
	ErrTruncated = errors.New("ends early")
	// ErrCorrupt says that the compressed data contradicts its format or checksum.
	ErrCorrupt = errors.New("is corrupt")
	// ErrTrailing says that all compressed data was read and something else follows.
	ErrTrailing = errors.New("is followed by something else")
	// ErrBomb says that the text is far larger than a log in so few compressed
	// bytes can be (Options.MaxRatio).
	ErrBomb = errors.New("expands too much")
	// ErrWindow says that the data asks for more memory than Options.MaxWindow.
	ErrWindow = errors.New("needs too much memory")
	// ErrShrunk says that a file became shorter while it was read, as a rotation
	// with copytruncate makes it.
	ErrShrunk = errors.New("shrank while being read")
	// ErrReplaced says that another file has the name of one that was to be read, as
	// a rotation makes it.
	ErrReplaced = errors.New("was replaced while being read")
	// ErrRead says that the operating system could not read on.
	ErrRead = errors.New("cannot be read on")
)

// Error is an input that broke off. The lines before it are good.
type Error struct {
	Path string
	// Line is the number of the last line given, 0 if there was none.
	Line int64
	// Offset is the number of bytes of text (after decompression) before it broke.
	Offset int64
	// Compression is "gzip", "zstd", "bzip2" or "xz", empty for plain text.
	Compression string
	// Err wraps one of the Err values above and the cause.
	Err error
}

func (e *Error) Unwrap() error { return e.Err }

// Warning says that no text was lost: all that is known to belong to the input
// was read.
func (e *Error) Warning() bool { return errors.Is(e.Err, ErrTrailing) }

func (e *Error) Error() string {
	what := e.Compression
	if what == "" {
		what = "file"
	}
	at := fmt.Sprintf("after %s bytes (line %s)", group(e.Offset), group(e.Line))
	used, rest := "; used what was readable", "; left the rest"
	if e.Offset == 0 {
		at, used, rest = "at its start", "; nothing was readable", ""
	}
	text := show(e.Path) + ": " + what + " "
	var d *detail
	errors.As(e.Err, &d)
	switch {
	case errors.Is(e.Err, ErrTruncated):
		return text + "ends early " + at + used
	case errors.Is(e.Err, ErrTrailing):
		return text + "ends " + at + " and something else follows; ignored the rest"
	case errors.Is(e.Err, ErrBomb) && d != nil:
		return text + "expands more than " + d.text + " and looks like a decompression bomb; stopped " + at +
			" and used that. If it is a real log, set --max-expand 0 or name the decompressed file"
	case errors.Is(e.Err, ErrWindow):
		return text + "needs a larger window than allowed " + at + used + ". Decompress it first (" + decompress[e.Compression] + ") and name the result"
	case errors.Is(e.Err, ErrShrunk):
		return text + "shrank while being read " + at + used + ". Was it rotated? Run again"
	case errors.Is(e.Err, ErrReplaced):
		return text + "was replaced while being read" + used + ". Was it rotated? Run again"
	case errors.Is(e.Err, ErrCorrupt) && d != nil && d.checksum():
		return text + "fails its checksum " + at + used + ", some of which may be damaged" + rest
	case errors.Is(e.Err, ErrCorrupt) && d != nil:
		return text + "is corrupt " + at + ": " + d.text + used + rest
	case d != nil:
		return text + "cannot be read on " + at + ": " + d.text + used
	}
	return text + "cannot be read on " + at + ": " + e.Err.Error() + used
}

// detail is one of the Err values with what is known about this case.
type detail struct {
	kind error
	text string
	err  error
}

func (d *detail) Error() string { return d.kind.Error() + ": " + d.text }

// checksum says that data could be decompressed and is wrong nevertheless: what is
// wrong lies somewhere before the place of the error.
func (d *detail) checksum() bool {
	return errors.Is(d.err, gzip.ErrChecksum) || errors.Is(d.err, zstd.ErrCRCMismatch) || strings.Contains(d.text, "checksum")
}

// decompress says how to do by hand what a bound forbids.
var decompress = map[string]string{"zstd": "zstd -dc --long=31", "xz": "xz -dc"}

func (d *detail) Unwrap() []error {
	if d.err == nil {
		return []error{d.kind}
	}
	return []error{d.kind, d.err}
}

func corrupt(text string) error { return &detail{kind: ErrCorrupt, text: text} }

// why is the reason in an error of the operating system, without the operation
// and path that os puts around it.
func why(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "no such file"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	}
	return err.Error()
}

// because is an error with its own words that still wraps its cause.
type because struct {
	text string
	err  error
}

func (b *because) Error() string { return b.text }
func (b *because) Unwrap() error { return b.err }

// group writes n with a comma between thousands.
func group(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
