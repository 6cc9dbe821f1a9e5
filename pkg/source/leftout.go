package source

import (
	"fmt"
	"slices"
	"sync"
)

// LeftOut collects what was left out of inputs without an error, to be told to
// people. One LeftOut may serve many readers at once (Options.LeftOut).
type LeftOut struct {
	mu      sync.Mutex
	skipped []string
	told    []string // what a snapshot says of the run that made it
	inputs  map[Input]omission
}

// omission is what was left out of one input, and how far it was read.
type omission struct {
	long, nuls int64
	maxLine    int
	grownFrom  int64 // the size up to which a file was read that grew meanwhile, 0 if it did not
}

// Skip adds what Expand left out of directories.
func (l *LeftOut) Skip(paths []*PathError) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range paths {
		l.skipped = append(l.skipped, "skipped "+show(p.Path)+": "+p.Err.Error())
	}
}

// Told adds the notes of an earlier run, whose result is an input of this one.
func (l *LeftOut) Told(notes []string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, notes...)
}

// add notes a reader at its end. An input that is read again counts once.
func (l *LeftOut) add(r *Reader) {
	if l == nil {
		return
	}
	o := omission{long: r.long, nuls: r.nuls, maxLine: r.maxLine}
	if fi := r.stat; fi != nil && r.size > 0 && r.raw.n.Load() == r.size {
		if now, err := r.file.Stat(); err == nil && now.Size() > r.size {
			o.grownFrom = r.size
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inputs == nil {
		l.inputs = map[Input]omission{}
	}
	l.inputs[r.in] = o
}

// Notes are sentences about what was left out: of directories, then of inputs in
// their order.
func (l *LeftOut) Notes(inputs []Input) []string {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	notes := slices.Concat(l.skipped, l.told)
	for _, in := range inputs {
		o := l.inputs[in]
		if o.nuls > 0 {
			notes = append(notes, fmt.Sprintf("%s: left out %s NUL %s, as a crash leaves them in a log; the lines around them count", in, group(o.nuls), plural(o.nuls, "byte")))
		}
		if o.long > 0 {
			notes = append(notes, fmt.Sprintf("%s: cut %s %s longer than %s bytes", in, group(o.long), plural(o.long, "line"), group(int64(o.maxLine))))
		}
		if o.grownFrom > 0 {
			notes = append(notes, fmt.Sprintf("%s grew while being read; used the %s bytes that it had at first", in, group(o.grownFrom)))
		}
	}
	return notes
}

func plural(n int64, one string) string {
	if n == 1 {
		return one
	}
	return one + "s"
}
