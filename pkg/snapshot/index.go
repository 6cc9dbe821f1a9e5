package snapshot

import (
	"encoding/binary"
)

// The index is written field by field: numbers as varints, texts and lists with their
// length before them.

func appendIndex(b []byte, x *Index) []byte {
	b = binary.AppendUvarint(b, uint64(len(x.Files)))
	for i := range x.Files {
		b = appendFile(b, &x.Files[i])
	}
	return appendTexts(appendProblems(b, x.Arguments), x.LeftOut)
}

func appendFile(b []byte, f *File) []byte {
	b = appendText(b, f.Path)
	b = appendText(b, f.Format)
	flags := byte(0)
	for i, is := range []bool{f.Sessions, f.Left, f.Known, f.Redacted} {
		if is {
			flags |= 1 << i
		}
	}
	b = append(b, flags)
	for _, n := range f.Lines {
		b = binary.AppendVarint(b, n)
	}
	b = binary.AppendVarint(b, f.First)
	b = binary.AppendVarint(b, f.Last)
	b = binary.AppendUvarint(b, f.Print)
	b = binary.AppendUvarint(b, f.Head)
	b = binary.AppendUvarint(b, uint64(f.Salt))
	b = appendTexts(b, f.Notes)
	b = appendTexts(b, f.Repeats)
	b = appendText(b, f.Span)
	b = appendProblems(b, f.Problems)
	b = appendProblems(b, f.Broken)
	b = binary.AppendUvarint(b, uint64(f.Stream))
	b = binary.AppendUvarint(b, uint64(f.Place.Blocks))
	return binary.AppendVarint(b, f.Place.Events)
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func appendTexts(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, text := range list {
		b = appendText(b, text)
	}
	return b
}

func appendProblems(b []byte, list []Problem) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, p := range list {
		b = appendText(b, p.File)
		b = binary.AppendVarint(b, p.Line)
		b = appendText(b, p.Text)
	}
	return b
}

// indexReader reads what appendIndex wrote. After an error it reads zeros.
type indexReader struct {
	column
	err error
}

func readIndex(b column) (*Index, error) {
	r := indexReader{column: b}
	x := &Index{}
	for range r.length() {
		x.Files = append(x.Files, r.file())
	}
	x.Arguments, x.LeftOut = r.problems(), r.list()
	if r.err == nil && len(r.column) > 0 {
		r.err = errDamaged
	}
	return x, r.err
}

func (r *indexReader) file() File {
	f := File{Path: r.text(), Format: r.text()}
	flags := r.bytes(1)
	if r.err == nil {
		f.Sessions, f.Left, f.Known, f.Redacted = flags[0]&1 != 0, flags[0]&2 != 0, flags[0]&4 != 0, flags[0]&8 != 0
	}
	for i := range f.Lines {
		f.Lines[i] = r.count()
	}
	f.First, f.Last, f.Print, f.Head, f.Salt = r.signed(), r.signed(), r.number(), r.number(), uint16(r.number())
	f.Notes, f.Repeats, f.Span = r.list(), r.list(), r.text()
	f.Problems, f.Broken = r.problems(), r.problems()
	f.Stream, f.Place.Blocks = r.small(), r.small()
	f.Place.Events = r.count()
	return f
}

func (r *indexReader) number() uint64 {
	n, err := r.uvarint()
	if err != nil {
		r.err, r.column = err, nil
	}
	return n
}

func (r *indexReader) signed() int64 {
	n, err := r.varint()
	if err != nil {
		r.err, r.column = err, nil
	}
	return n
}

// count is a number of lines or events: not below 0, and far from overflow.
func (r *indexReader) count() int64 {
	n := r.signed()
	if n < 0 || n > 1<<56 {
		r.err, r.column = errDamaged, nil
		return 0
	}
	return n
}

func (r *indexReader) small() int {
	n := r.number()
	if n > 1<<31-1 {
		r.err, r.column = errDamaged, nil
		return 0
	}
	return int(n)
}

// length is the length of a list, none of whose items takes less than a byte.
func (r *indexReader) length() int {
	n := r.number()
	if n > maxFiles || n > uint64(len(r.column)) {
		r.err, r.column = errDamaged, nil
		return 0
	}
	return int(n)
}

func (r *indexReader) bytes(n uint64) []byte {
	b, err := r.cut(n)
	if err != nil {
		r.err, r.column = err, nil
	}
	return b
}

func (r *indexReader) text() string { return string(r.bytes(r.number())) }

func (r *indexReader) list() []string {
	var out []string
	for range r.length() {
		out = append(out, r.text())
	}
	return out
}

func (r *indexReader) problems() []Problem {
	var out []Problem
	for range r.length() {
		out = append(out, Problem{r.text(), r.signed(), r.text()})
	}
	return out
}
