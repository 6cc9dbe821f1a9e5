package strictyaml

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/token"
)

// Pos is the place of a YAML mapping in its file. A struct that Decode
// fills gets its place if it has a field of this type with the tag yaml:"-".
type Pos struct {
	File         string
	Line, Column int
	src          *text
}

// spot is a line and a column.
type spot struct{ line, column int32 }

func spotOf(p *token.Position) spot { return spot{int32(p.Line), int32(p.Column)} }

// Key returns the place of the value of a key of the mapping, or of one item of
// it if it is a list. It falls back to the mapping's own place.
func (p Pos) Key(name string, item ...int) Pos {
	k := p.src.key(spot{int32(p.Line), int32(p.Column)}, name)
	if k == nil {
		return p
	}
	at := k.at
	if len(item) > 0 && item[0] < len(k.items) {
		at = k.items[item[0]]
	}
	return Pos{File: p.File, Line: int(at.line), Column: int(at.column), src: p.src}
}

// Errorf makes an error that names the place and shows it.
func (p Pos) Errorf(format string, args ...any) error {
	return &Error{File: p.File, Line: p.Line, Column: p.Column, Msg: fmt.Sprintf(format, args...), Excerpt: excerpt(p.src, p.Line, p.Column)}
}

// Error is a mistake in a file.
type Error struct {
	File         string
	Line, Column int
	Msg          string
	// Excerpt is the line of the file, or a part of it, and a caret below the column.
	Excerpt string
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Msg)
	if e.Excerpt != "" {
		s += "\n" + e.Excerpt
	}
	return s
}

// excerpt shows one line of a file with a caret, of a long line the part around it.
func excerpt(src *text, line, column int) string {
	l := src.line(line)
	if l == nil {
		return ""
	}
	if column > maxLine {
		return "" // what is shown of a line must not cost what the line is long, once for each mistake on it
	}
	l = l[:min(len(l), maxLine)]
	text := []rune(strings.ToValidUTF8(strings.ReplaceAll(strings.TrimRight(string(l), "\r"), "\t", " "), "?"))
	if column > len(text)+1 || column < 1 {
		return ""
	}
	at := column - 1
	if cut := at - maxExcerpt/2; cut > 0 && len(text) > maxExcerpt {
		text, at = append([]rune("..."), text[cut:]...), maxExcerpt/2+3
	}
	if len(text) > maxExcerpt {
		text = append(text[:maxExcerpt:maxExcerpt], '.', '.', '.')
	}
	prefix := fmt.Sprintf("  %d | ", line)
	return prefix + string(text) + "\n" + strings.Repeat(" ", len(prefix)-2) + "| " + strings.Repeat(" ", at) + "^"
}
