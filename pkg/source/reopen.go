package source

import (
	"io/fs"
	"os"
)

// Once says that the input can be read only once: standard input or a named pipe,
// also one that a shell made for <(command).
func (r *Reader) Once() bool { return r.stat == nil || !r.stat.Mode().IsRegular() }

// Stat is what the file was when it was opened, nil for standard input.
func (r *Reader) Stat() fs.FileInfo { return r.stat }

// Reopen opens a file that was open before, when it was was (Stat). If the name has
// another file meanwhile, or the file is shorter, as a rotation makes it, the error
// is an *Error: what was found out of the old content does not hold for the new.
func Reopen(in Input, was fs.FileInfo, o Options) (*Reader, error) {
	r, err := Open(in, o)
	if err != nil || was == nil || r.stat == nil {
		return r, err
	}
	kind := ErrReplaced
	switch {
	case !os.SameFile(was, r.stat):
	case r.stat.Size() < was.Size():
		kind = ErrShrunk
	default:
		return r, nil
	}
	err = &Error{Path: in.Path, Err: kind}
	_ = r.Close() // only read from; err says what went wrong
	return nil, err
}
