package snapshot

import (
	"encoding/binary"
	"errors"
)

// A dictionary column holds texts of which many repeat. Of each it has a number:
//
//	0  a new text, which joins the list of those that are known
//	1  the text that was there the last time with the same context, such as the
//	   recipient of the last event of the same queue id
//	n  the text n-1 before the end of the list
//
// A new text is written as the length of what it has in common with the text that was new
// before it, the length of the rest, and the rest; those of said as a mold (mold.go).
type dictionary struct {
	known        map[string]int
	guesses      map[int]int // by context
	at           int         // the number of the text at hand: the context of others
	refs         []byte
	fresh        fronts
	bytes        int // of all new texts
	molds        *dictionary
	fills, words []byte     // of molds
	last         [][][]byte // by mold
	text         []byte     // to work in
	parted       [][]byte   // the same
}

// fronts are texts, each without what it has in common with the one before.
type fronts struct{ last, sizes, rest []byte }

func (f *fronts) add(text []byte) {
	same := common(text, f.last)
	f.sizes = binary.AppendUvarint(f.sizes, uint64(same))
	f.sizes = binary.AppendUvarint(f.sizes, uint64(len(text)-same))
	f.rest = append(f.rest, text[same:]...)
	f.last = append(f.last[:0], text...)
}

// common is the length of what two texts begin with.
func common(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// noContext is a context that tells nothing.
const noContext = -1

func (d *dictionary) add(text []byte, context int) {
	if d.known == nil {
		d.known, d.guesses = map[string]int{}, map[int]int{}
	}
	i, ok := d.known[string(text)]
	guess, guessed := d.guesses[context]
	switch {
	case !ok:
		i = len(d.known)
		d.known[string(text)] = i
		d.bytes += len(text)
		d.refs = append(d.refs, 0)
		if d.molds != nil {
			d.mold(text)
		} else {
			d.fresh.add(text)
		}
	case guessed && guess == i:
		d.refs = append(d.refs, 1)
	default:
		d.refs = binary.AppendUvarint(d.refs, uint64(len(d.known)-i+1))
	}
	d.at = i
	if context != noContext {
		d.guesses[context] = i
	}
}

// parts are the bytes of the column.
func (d *dictionary) parts() [][]byte {
	if d.molds != nil {
		return append(d.molds.parts(), d.refs, d.fills, d.words)
	}
	return [][]byte{d.refs, d.fresh.sizes, d.fresh.rest}
}

func (d *dictionary) reset() {
	clear(d.known)
	clear(d.guesses)
	d.refs, d.fills, d.words, d.last, d.bytes = d.refs[:0], d.fills[:0], d.words[:0], d.last[:0], 0
	d.fresh = fronts{d.fresh.last[:0], d.fresh.sizes[:0], d.fresh.rest[:0]}
	if d.molds != nil {
		d.molds.reset()
	}
}

// column is what is left of a column.
type column []byte

var errDamaged = errors.New("a block does not hold together")

func (c *column) uvarint() (uint64, error) {
	if b := *c; len(b) > 0 && b[0] < 0x80 {
		*c = b[1:]
		return uint64(b[0]), nil
	}
	v, n := binary.Uvarint(*c)
	if n <= 0 {
		return 0, errDamaged
	}
	*c = (*c)[n:]
	return v, nil
}

func (c *column) varint() (int64, error) {
	u, err := c.uvarint()
	return int64(u>>1) ^ -int64(u&1), err
}

// cut takes n bytes from the front.
func (c *column) cut(n uint64) ([]byte, error) {
	if n > uint64(len(*c)) {
		return nil, errDamaged
	}
	part := (*c)[:n:n]
	*c = (*c)[n:]
	return part, nil
}

// lookup reads a dictionary column.
type lookup struct {
	refs, sizes, rest column
	known             [][]byte
	guesses           []int // by context: the number of a text, from 1
	at                int
	molds             *lookup
	fills, words      column
	last              [][][]byte // by mold
	text              []byte     // to work in
	memory            *arena
}

// arena is memory for many small texts. What was given out is never changed.
type arena struct {
	free []byte
	room int // how many bytes a block may still have
}

// join puts texts together.
func (a *arena) join(x, y, z []byte) ([]byte, error) {
	n := len(x) + len(y) + len(z)
	if a.room -= n; a.room < 0 {
		return nil, errDamaged
	}
	if len(a.free)+n > cap(a.free) {
		a.free = make([]byte, 0, max(n, 64<<10))
	}
	from := len(a.free)
	a.free = append(append(append(a.free, x...), y...), z...)
	return a.free[from:len(a.free):len(a.free)], nil
}

// begin begins a column. parts are those that parts returned.
func (l *lookup) begin(next func() (column, error), memory *arena) (err error) {
	l.known, l.guesses, l.last, l.memory = l.known[:0], l.guesses[:0], l.last[:0], memory
	parts := []*column{&l.refs, &l.sizes, &l.rest}
	if l.molds != nil {
		if err := l.molds.begin(next, memory); err != nil {
			return err
		}
		parts = []*column{&l.refs, &l.fills, &l.words}
	}
	for _, part := range parts {
		if *part, err = next(); err != nil {
			return err
		}
	}
	return nil
}

// next is the text of the next event. It is never changed again.
func (l *lookup) next(context int) ([]byte, error) {
	ref, err := l.refs.uvarint()
	if err != nil {
		return nil, err
	}
	n := len(l.known)
	switch {
	case ref == 0:
		text, err := l.new()
		if err != nil {
			return nil, err
		}
		l.known = append(l.known, text)
		l.at = n
	case ref == 1:
		if context >= len(l.guesses) || context == noContext || l.guesses[context] == 0 {
			return nil, errDamaged
		}
		l.at = l.guesses[context] - 1
	case ref-1 <= uint64(n):
		l.at = n - int(ref-1)
	default:
		return nil, errDamaged
	}
	if context != noContext {
		for len(l.guesses) <= context {
			l.guesses = append(l.guesses, 0)
		}
		l.guesses[context] = l.at + 1
	}
	return l.known[l.at], nil
}

func (l *lookup) new() ([]byte, error) {
	if l.molds != nil {
		return l.fill()
	}
	var last []byte
	if n := len(l.known); n > 0 {
		last = l.known[n-1]
	}
	return l.front(&l.sizes, &l.rest, last)
}

// front reads a text that was written without what it has in common with another one.
func (l *lookup) front(sizes, texts *column, last []byte) ([]byte, error) {
	same, err := sizes.uvarint()
	if err != nil {
		return nil, err
	}
	n, err := sizes.uvarint()
	if err != nil {
		return nil, err
	}
	rest, err := texts.cut(n)
	switch {
	case err != nil || same > uint64(len(last)):
		return nil, errDamaged
	case same == 0:
		return rest, nil
	}
	return l.memory.join(last[:same], rest, nil)
}
