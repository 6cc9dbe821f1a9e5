package source

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// Live is an input that goes on while it is read: Open takes its text from Reader instead
// of the file of its path. It is never compressed.
type Live struct {
	Path   string
	Reader io.Reader
	// Idle is for the reader to call, from Read, while nothing comes: with how long nothing
	// has come. Nil wants no call.
	Idle func(quiet time.Duration)
}

// Follow reads a file that grows, as tail -F does: at its end it waits for more. When the
// name has another file, as a rotation makes it, it goes on with that one, and when the
// file was cut (copytruncate), with its new beginning.
type Follow struct {
	path string
	file *os.File
	read int64 // bytes of file
	last byte  // the last one that was read
	wait func() bool
	// replaced says that the name had another file, with something in it, when it was looked
	// up last: a writer goes on with the old one until it is told (logrotate's create).
	replaced bool
	refused  int // times in a row that this file could not be opened
}

// NewFollow opens a file to follow it. wait is called at its end: it returns after a while,
// false if nobody wants to know any more; then Read closes the file and returns io.EOF. The error is a
// *PathError.
func NewFollow(path string, wait func() bool) (*Follow, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, openError(path, err)
	}
	if !fi.Mode().IsRegular() {
		if err := checkMode(path, fi); err != nil {
			return nil, err
		}
		return nil, &PathError{path, Unreadable, errors.New("it is no file that grows; send it to standard input")}
	}
	f := &Follow{path: path, wait: wait, last: '\n'}
	if f.file, err = os.Open(path); err != nil {
		return nil, openError(path, err)
	}
	return f, nil
}

// Read reads what is there, or waits for more.
func (f *Follow) Read(p []byte) (int, error) {
	for len(p) > 0 {
		n, err := f.file.Read(p)
		if n > 0 {
			f.read, f.last = f.read+int64(n), p[n-1]
			return n, nil
		}
		if err != nil && err != io.EOF {
			return 0, err
		}
		if f.replaced {
			opened, err := f.next()
			switch {
			case err != nil:
				return 0, err
			case opened && f.last != '\n': // the old file broke off inside a line
				p[0], f.last = '\n', '\n'
				return 1, nil
			case opened:
				continue
			}
		}
		if err := f.cut(); err != nil {
			return 0, err
		}
		if !f.wait() {
			_ = f.file.Close() // only read from; here, for nobody else knows which file it is
			return 0, io.EOF
		}
		f.look()
	}
	return 0, nil
}

// look looks whether the name has another file. Between two it may have none.
func (f *Follow) look() {
	now, err := os.Stat(f.path)
	if err != nil {
		return
	}
	was, err := f.file.Stat()
	f.replaced = err == nil && now.Mode().IsRegular() && now.Size() > 0 && !os.SameFile(was, now)
}

// mostRefused is how often a new file may be refused before that is an error.
const mostRefused = 20

// next goes on with the file that the name has now, if it can be opened.
func (f *Follow) next() (opened bool, err error) {
	f.replaced = false
	file, err := os.Open(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist): // it was replaced once more: look again
		return false, nil
	case err != nil: // it may not have its owner yet
		if f.refused++; f.refused < mostRefused {
			return false, nil
		}
		return false, openError(f.path, err)
	}
	_ = f.file.Close() // only read from
	f.file, f.read, f.refused = file, 0, 0
	return true, nil
}

// cut goes back to the beginning of a file that is shorter than what was read of it.
func (f *Follow) cut() error {
	fi, err := f.file.Stat()
	if err != nil || fi.Size() >= f.read {
		return err
	}
	f.read = 0
	_, err = f.file.Seek(0, io.SeekStart)
	return err
}
