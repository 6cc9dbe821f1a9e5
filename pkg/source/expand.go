package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Expand turns arguments into inputs, in the order of the arguments. An argument
// is
//
//   - "-": standard input;
//   - the name of a file or named pipe, even if it holds glob characters;
//   - a directory, if recursive: all regular files below it, sorted by name,
//     hidden ones left out. A link to a file counts as that file, a link to a
//     directory is not followed, so the walk always ends;
//   - a pattern (filepath.Match) that no shell has expanded. Hidden files match
//     only a pattern that begins with a dot, as in a shell.
//
// A file that is named twice, also by another link, is one input: its lines
// count once.
//
// Every bad argument gives a *PathError, the good ones are returned with it. What
// lies in a directory and cannot be read as a file (a named pipe, a link to nothing)
// is skipped and told: nobody named it.
func Expand(args []string, recursive bool) (inputs []Input, skipped []*PathError, errs []error) {
	e := expander{recursive: recursive, seen: map[fileKey][]fs.FileInfo{}}
	for _, arg := range args {
		e.arg(arg)
	}
	return e.inputs, e.skipped, e.errs
}

type expander struct {
	recursive bool
	inputs    []Input
	skipped   []*PathError
	errs      []error
	stdin     bool
	seen      map[fileKey][]fs.FileInfo
}

// fileKey is what two names of one file have in common; os.SameFile decides.
type fileKey struct {
	size, time int64
}

func (e *expander) arg(arg string) {
	if arg == Stdin {
		if !e.stdin {
			e.stdin = true
			e.inputs = append(e.inputs, Input{Stdin})
		}
		return
	}
	fi, err := os.Stat(arg)
	switch {
	case err == nil:
		e.named(arg, fi)
	case strings.ContainsAny(arg, "*?["):
		e.glob(arg)
	default:
		e.fail(openError(arg, err))
	}
}

// named adds what exists under a name that the user gave.
func (e *expander) named(path string, fi fs.FileInfo) {
	if !fi.IsDir() {
		if err := checkMode(path, fi); err != nil {
			e.fail(err)
			return
		}
		e.add(path, fi)
		return
	}
	if !e.recursive {
		e.fail(checkMode(path, fi))
		return
	}
	if e.walk(path) == 0 {
		e.fail(&PathError{path, NoMatch, errors.New("no files below " + show(path))})
	}
}

func (e *expander) glob(pattern string) {
	names, err := filepath.Glob(pattern)
	hidden := strings.HasPrefix(filepath.Base(pattern), ".")
	found := 0
	for _, name := range names {
		if strings.HasPrefix(filepath.Base(name), ".") && !hidden {
			continue
		}
		found++
		fi, err := os.Stat(name)
		if err != nil {
			e.fail(openError(name, err))
			continue
		}
		e.named(name, fi)
	}
	if found > 0 {
		return
	}
	text := "no files match " + show(pattern)
	if err != nil {
		text += " (" + err.Error() + ")"
	}
	// Glob is silent about a directory that it may not read.
	dir := filepath.Dir(pattern[:strings.IndexAny(pattern, "*?[")] + "x")
	if _, err := os.ReadDir(dir); errors.Is(err, fs.ErrPermission) {
		e.fail(openError(dir, err))
		return
	}
	e.fail(&PathError{pattern, NoMatch, errors.New(text)})
}

// walk adds the files below a directory and returns how many it met.
func (e *expander) walk(dir string) int {
	entries, err := os.ReadDir(dir)
	found := 0
	if err != nil {
		e.fail(openError(dir, err))
		found++ // the error is told already, do not add "no files"
	}
	for _, entry := range entries {
		name := filepath.Join(dir, entry.Name())
		switch {
		case strings.HasPrefix(entry.Name(), "."):
		case entry.IsDir():
			found += e.walk(name)
		default:
			fi, err := os.Stat(name)
			switch {
			case err != nil:
				e.skip(name, Unreadable, why(err))
			case fi.Mode().IsRegular():
				found++
				e.add(name, fi)
			case fi.IsDir(): // by a link
				e.skip(name, Directory, "it is a link to a directory")
			default:
				e.skip(name, Special, "it is "+special(fi.Mode()))
			}
		}
	}
	return found
}

// add adds a file unless it was added under another name.
func (e *expander) add(path string, fi fs.FileInfo) {
	if fi.Mode().IsRegular() {
		key := fileKey{fi.Size(), fi.ModTime().UnixNano()}
		for _, other := range e.seen[key] {
			if os.SameFile(fi, other) {
				return
			}
		}
		e.seen[key] = append(e.seen[key], fi)
	}
	e.inputs = append(e.inputs, Input{path})
}

func (e *expander) skip(path string, kind Kind, why string) {
	e.skipped = append(e.skipped, &PathError{path, kind, errors.New(why)})
}

func (e *expander) fail(err error) { e.errs = append(e.errs, err) }

// checkMode refuses what cannot be read as a stream of text.
func checkMode(path string, fi fs.FileInfo) error {
	switch mode := fi.Mode(); {
	case mode.IsRegular(), mode&fs.ModeNamedPipe != 0:
		return nil
	case mode.IsDir():
		return &PathError{path, Directory, errors.New("it is a directory; use -r to read the files below it")}
	default:
		return &PathError{path, Special, errors.New("it is " + special(mode) + "; name a file, or pipe its text to -")}
	}
}

// special names what is neither file nor directory.
func special(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

func openError(path string, err error) error {
	kind := Unreadable
	if errors.Is(err, fs.ErrNotExist) {
		kind = NotFound
	}
	return &PathError{path, kind, &because{why(err), err}}
}
