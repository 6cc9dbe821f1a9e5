package source

import (
	"bytes"
	"errors"
	"os"
)

// Relation is what two inputs have in common.
type Relation uint8

const (
	// Different inputs differ in some byte that both have.
	Different Relation = iota
	// Equal inputs have the same text.
	Equal
	// Prefix: the first input is the beginning of the second.
	Prefix
	// Extension: the second input is the beginning of the first.
	Extension
)

var relations = [...]string{"different", "equal", "prefix", "extension"}

func (r Relation) String() string {
	if int(r) < len(relations) {
		return relations[r]
	}
	return "invalid"
}

// Same compares the text of two files, whatever their compression, and stops at
// the first difference: mail.log.1 and mail.log.1.gz are one log, and a file that
// was copied and then grew holds its copy. An empty input is a prefix of any other.
//
// It opens the files anew. What is broken counts as far as it is readable, as in
// Next. Standard input and named pipes can be read only once and are an error, as
// is what Open refuses.
func Same(a, b Input, o Options) (Relation, error) {
	var files [2]os.FileInfo
	for i, in := range []Input{a, b} {
		if in.Path == Stdin {
			return Different, &PathError{in.Path, Special, errors.New("it can be read only once")}
		}
		fi, err := os.Stat(in.Path)
		if err != nil {
			return Different, openError(in.Path, err)
		}
		if err := checkMode(in.Path, fi); err != nil {
			return Different, err
		}
		if !fi.Mode().IsRegular() {
			return Different, &PathError{in.Path, Special, errors.New("it can be read only once")}
		}
		files[i] = fi
	}
	if os.SameFile(files[0], files[1]) {
		return Equal, nil
	}
	x, err := Open(a, o)
	if err != nil {
		return Different, err
	}
	defer x.Close()
	y, err := Open(b, o)
	if err != nil {
		return Different, err
	}
	defer y.Close()
	return compare(x, y), nil
}

// compare reads two readers to the first difference.
func compare(x, y *Reader) Relation {
	for {
		s, t := x.more(), y.more()
		switch {
		case len(s) == 0 && len(t) == 0:
			return Equal
		case len(s) == 0:
			return Prefix
		case len(t) == 0:
			return Extension
		}
		n := min(len(s), len(t))
		if !bytes.Equal(s[:n], t[:n]) {
			return Different
		}
		x.start += n
		y.start += n
	}
}

// more is text that was not compared yet; empty at the end.
func (r *Reader) more() []byte {
	for r.start == r.end && r.err == nil {
		r.fill()
	}
	return r.buf[r.start:r.end]
}
