package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// writeFile writes a file so that whoever reads it, now or after a crash, sees the old
// content or the new one, never a part: beside it, flushed to the disk, then renamed.
// If write or the disk fails the old file stays as it was and nothing is left beside
// it. All files of this program are written here, but for the summary of a GitHub job,
// which GitHub wants appended to.
//
// An existing file keeps its permission bits and one that may not be written is
// refused. Of a symbolic link the file behind it is written. What is no regular file
// (a device, a pipe), and what standard output or standard error is already, is
// written to directly: there is nothing to take the place of.
//
// The file is flushed because file systems may put the new name on disk before the
// content, and because some report a full disk or quota only then; the folder is not,
// as either name is fine. A process that is killed in the middle may leave a file named
// .diagnose-*.tmp.
func writeFile(path string, write func(io.Writer) error) error {
	return writeFileUntil(context.Background(), path, write)
}

// writeFileUntil is writeFile for a write that reads inputs, which may hang and then be
// left behind (wait): the unfinished file is removed when ctx ends.
func writeFileUntil(ctx context.Context, path string, write func(io.Writer) error) error {
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return replace(ctx, behindLinks(path), usualMode, write)
	case err != nil:
		return err
	}
	if out := standardStream(fi); out != nil {
		return buffered(out, write)
	}
	old, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if !fi.Mode().IsRegular() {
		return errors.Join(buffered(old, write), old.Close())
	}
	target, err := filepath.EvalSymlinks(path)
	if err = errors.Join(err, old.Close()); err != nil {
		return err
	}
	return replace(ctx, target, fi.Mode().Perm(), write)
}

// content writes what is there already.
func content(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

// usualMode stands for the mode that any new file gets.
const usualMode = ^fs.FileMode(0)

// replace writes a new file and renames it to path.
func replace(ctx context.Context, path string, mode fs.FileMode, write func(io.Writer) error) error {
	tmp, err := createBeside(path, mode)
	if err != nil {
		return fmt.Errorf("cannot create a file in %s: %w", filepath.Dir(path), bare(err))
	}
	stop := context.AfterFunc(ctx, func() { _ = os.Remove(tmp.Name()) })
	defer stop()
	renamed := false
	defer func() {
		if !renamed { // an error, or a panic in write
			_ = tmp.Close()
			_ = os.Remove(tmp.Name())
		}
	}()
	if err := buffered(tmp, write); err != nil {
		return bare(err)
	}
	if mode != usualMode {
		if err := tmp.Chmod(mode); err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return bare(err)
		}
	}
	if err := tmp.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return bare(err)
	}
	if err := tmp.Close(); err != nil {
		return bare(err)
	}
	if !stop() {
		return ctx.Err()
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return bare(err)
	}
	renamed = true
	return nil
}

// bare is an error of the system without the name of the file beside, which says
// nothing to the user.
func bare(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path) && strings.HasPrefix(filepath.Base(path.Path), beside):
		return path.Err
	case errors.As(err, &link):
		return fmt.Errorf("cannot take the place of the old file: %w", link.Err)
	}
	return err
}

// beside is how the names of files begin that are not yet complete.
const beside = ".diagnose-"

func buffered(f io.Writer, write func(io.Writer) error) error {
	b := bufio.NewWriterSize(f, 64<<10)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}

// createBeside creates a file in the folder of path, private until it has its mode
// (os.CreateTemp knows only private files, which a new file is not to be).
func createBeside(path string, mode fs.FileMode) (*os.File, error) {
	first := fs.FileMode(0o600)
	if mode == usualMode {
		first = 0o666 // less what the umask takes
	}
	for try := 0; ; try++ {
		name := filepath.Join(filepath.Dir(path), fmt.Sprintf(beside+"%d-%d.tmp", os.Getpid(), try))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, first)
		if err == nil || !errors.Is(err, fs.ErrExist) || try > 100 {
			return f, err
		}
	}
}

// standardStream is the stream of this process that a file is already: after a rename
// /dev/stdout, or the file it goes to, would be another one.
func standardStream(fi fs.FileInfo) io.Writer {
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		if own, err := f.Stat(); err == nil && os.SameFile(own, fi) {
			return &pipe{w: f}
		}
	}
	return nil
}

// behindLinks is the file that a symbolic link to a file not yet there means.
func behindLinks(path string) string {
	for range 40 { // as many as Linux follows
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return path
}
