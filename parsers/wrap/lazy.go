package wrap

import (
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Lazy returns the format f as it is read from a file that nobody has looked at: a
// wrapper is found by the first lines. For a format that the user has named.
func Lazy(f parsers.Format) parsers.Format {
	out := f
	out.New = func(o parsers.Options) parsers.Decoder { return &lazy{format: f, opts: o} }
	open := func(sample [][]byte) [][]byte {
		if s, ok := Open(sample); ok && f.Score(sample) == 0 {
			return s.Bodies
		}
		return sample
	}
	of := func(test func([][]byte) bool) func([][]byte) bool {
		return func(sample [][]byte) bool {
			if s, ok := Open(sample); ok && f.Score(sample) == 0 {
				return !s.dated && test(s.Bodies)
			}
			return test(sample)
		}
	}
	out.Score = func(sample [][]byte) int { return f.Score(open(sample)) }
	out.Yearless, out.Zoneless, out.Unwrap = of(f.Yearless), of(f.Zoneless), open
	return out
}

// lazyLines is how many lines may pass before a file counts as not wrapped.
const lazyLines = 200

// lazy reads lines as they are until one turns out to be wrapped.
type lazy struct {
	format parsers.Format
	opts   parsers.Options
	inner  parsers.Decoder
	lines  int
	sure   bool

	understood, irrelevant int64 // what a decoder before inner takes back
}

// Decode implements parsers.Decoder.
func (l *lazy) Decode(line []byte, emit func(*mail.Event)) mail.Verdict {
	if !l.sure {
		l.look(line)
	}
	if l.inner == nil {
		l.inner = l.format.New(l.opts)
	}
	return l.inner.Decode(line, emit)
}

func (l *lazy) look(line []byte) {
	one := [][]byte{line}
	if l.lines++; l.lines > lazyLines || l.format.Score(one) > 0 {
		l.sure = true
		return
	}
	s, ok := Open(one)
	if !ok {
		if sniff(line) != export {
			return
		}
		s = &Sample{kind: export, Tagged: one, Bodies: one}
	}
	l.sure = true
	if l.inner == nil || s.kind != table {
		l.understood, l.irrelevant = parsers.Unfinished(l.inner)
		l.inner = s.Format(l.format).New(l.opts)
	}
}

// Close implements parsers.Decoder.
func (l *lazy) Close(emit func(*mail.Event)) {
	if l.inner != nil {
		l.inner.Close(emit)
	}
}

// Unfinished implements parsers.DocumentDecoder.
func (l *lazy) Unfinished() (understood, irrelevant int64) {
	understood, irrelevant = parsers.Unfinished(l.inner)
	return l.understood + understood, l.irrelevant + irrelevant
}

// Overran implements syslog.Rewinder.
func (l *lazy) Overran(anchor time.Time) bool {
	w, ok := l.inner.(syslog.Rewinder)
	return ok && w.Overran(anchor)
}
