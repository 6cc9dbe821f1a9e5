package strictyaml

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml/token"
)

// Pos is the place of a YAML mapping in its file. A struct that Decode
// fills gets its place if it has a field of this type with the tag yaml:"-".
type Pos struct {
	File         string
	Line, Column int
	keys         []keyPos
	src          *text
}

// keyPos is the place of the value of a key, and of its items if it is a list. Rules have
// thousands of them, for as long as the program runs.
type keyPos struct {
	name  string
	at    spot
	items []spot
}

// spot is a line and a column.
type spot struct{ line, column int32 }

func spotOf(p *token.Position) spot { return spot{int32(p.Line), int32(p.Column)} }

// key is the place of a key, nil if the mapping has none of that name. A mapping has few.
func (p *Pos) key(name string) *keyPos {
	if i := slices.IndexFunc(p.keys, func(k keyPos) bool { return k.name == name }); i >= 0 {
		return &p.keys[i]
	}
	return nil
}

// Key returns the place of the value of a key of the mapping, or of one item of
// it if it is a list. It falls back to the mapping's own place.
func (p Pos) Key(name string, item ...int) Pos {
	k := p.key(name)
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

// text is the content of a file. A file with a mistake on every line must not be
// read from its start for each.
type text struct {
	src    []byte
	once   sync.Once
	starts []int // of lines, found when the first mistake is
}

// line is line n, from 1, without its end; nil if there is none.
func (t *text) line(n int) []byte {
	if t == nil {
		return nil
	}
	t.once.Do(func() {
		for at := 0; at < len(t.src); {
			t.starts = append(t.starts, at)
			i := bytes.IndexByte(t.src[at:], '\n')
			if i < 0 {
				break
			}
			at += i + 1
		}
	})
	if n < 1 || n > len(t.starts) {
		return nil
	}
	line, _, _ := bytes.Cut(t.src[t.starts[n-1]:], []byte("\n"))
	return line
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
