package scan

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/gob"
	"fmt"
	"io"
	"slices"
	"unsafe"
)

const (
	// spoolBytes is how much of a spool is in memory.
	spoolBytes = 32 << 20
	// spoolBuffer is what is read at once of each of its stretches.
	spoolBuffer = 16 << 10
	// spoolMerge is how many stretches are made one, so that few need a buffer.
	spoolMerge = 32
)

// ScratchFile is a temporary file: what is written is read back later. Close removes it.
type ScratchFile interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// spool puts any number of rows in order. What is beyond its bound lies in one file, in
// stretches that are in order, which are merged at the end.
type spool struct {
	scratch func() (ScratchFile, error) // makes the file; nil keeps all in memory
	most    int                         // bytes in memory
	compare func(a, b *trail) int

	list      []*trail
	size      int // bytes of it, about
	file      ScratchFile
	end       int64 // of the file
	stretches []stretch
}

// stretch is a stretch of the file. Those of level n were merged n times.
type stretch struct {
	from, to int64
	level    int
}

// bytes is about what a row takes; some of its texts are those of other rows, too.
func (t *trail) bytes() int {
	return int(unsafe.Sizeof(*t)) + len(t.MessageID) + len(t.QueueID) + len(t.Sender) + len(t.Recipient) + len(t.Text)
}

// add takes a row, which must not change any more.
func (s *spool) add(t *trail) error {
	s.list = append(s.list, t)
	if s.size += t.bytes(); s.size <= s.most || s.scratch == nil {
		return nil
	}
	if err := s.write(); err != nil {
		return fmt.Errorf("cannot keep rows of messages in a temporary file: %w", err)
	}
	return nil
}

// write moves what is in memory to the file.
func (s *spool) write() (err error) {
	if s.file == nil {
		if s.file, err = s.scratch(); err != nil {
			return err
		}
	}
	s.sort()
	err = s.extend(0, nil, s.list)
	clear(s.list)
	s.list, s.size = s.list[:0], 0
	for err == nil && s.many() {
		last := len(s.stretches) - spoolMerge
		parts := slices.Clone(s.stretches[last:])
		s.stretches = s.stretches[:last]
		err = s.extend(parts[0].level+1, parts, nil)
	}
	return err
}

// many says that the last stretches are to be merged: as many were merged as often.
func (s *spool) many() bool {
	n := len(s.stretches)
	return n >= spoolMerge && s.stretches[n-spoolMerge].level == s.stretches[n-1].level
}

// extend adds a stretch to the file, merged from others and a list.
func (s *spool) extend(level int, parts []stretch, list []*trail) error {
	from := s.end
	w := bufio.NewWriterSize(&counted{s.file, &s.end}, spoolBuffer)
	to := gob.NewEncoder(w)
	if err := s.merge(parts, list, func(t *trail) error { return to.Encode(t) }); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	s.stretches = append(s.stretches, stretch{from, s.end, level})
	return nil
}

// counted adds up what is written.
type counted struct {
	w io.Writer
	n *int64
}

func (c *counted) Write(p []byte) (n int, err error) {
	n, err = c.w.Write(p)
	*c.n += int64(n)
	return n, err
}

// sort puts what is in memory in order. Rows that are equal stay as they were added.
func (s *spool) sort() { slices.SortStableFunc(s.list, s.compare) }

// each hands all rows out, in order.
func (s *spool) each(emit func(*trail) error) error {
	s.sort()
	return s.merge(s.stretches, s.list, emit)
}

// merge hands out the rows of stretches, and of a list that was made after them, in order.
func (s *spool) merge(stretches []stretch, list []*trail, emit func(*trail) error) error {
	all := heads{compare: s.compare}
	for _, one := range stretches {
		text := bufio.NewReaderSize(io.NewSectionReader(s.file, one.from, one.to-one.from), spoolBuffer)
		all.list = append(all.list, &head{in: gob.NewDecoder(text), stretch: len(all.list)})
	}
	all.list = append(all.list, &head{rows: list, stretch: len(all.list)})
	for i := len(all.list) - 1; i >= 0; i-- {
		switch more, err := all.list[i].next(); {
		case err != nil:
			return unreadable(err)
		case !more:
			all.list = slices.Delete(all.list, i, i+1)
		}
	}
	heap.Init(&all)
	for len(all.list) > 0 {
		h := all.list[0]
		if err := emit(h.row); err != nil {
			return err
		}
		switch more, err := h.next(); {
		case err != nil:
			return unreadable(err)
		case more:
			heap.Fix(&all, 0)
		default:
			heap.Pop(&all)
		}
	}
	return nil
}

func unreadable(err error) error {
	return fmt.Errorf("cannot read rows of messages back from a temporary file: %w", err)
}

// head is the first row of a stretch that was not handed out.
type head struct {
	row     *trail
	in      *gob.Decoder // nil for what is in memory
	rows    []*trail
	stretch int
}

// next goes on to the next row; more is false if there is none.
func (h *head) next() (more bool, err error) {
	if h.in == nil {
		if len(h.rows) == 0 {
			return false, nil
		}
		h.row, h.rows = h.rows[0], h.rows[1:]
		return true, nil
	}
	h.row = &trail{} // gob leaves what is zero as it was
	err = h.in.Decode(h.row)
	if err == io.EOF {
		return false, nil
	}
	return err == nil, err
}

// heads is a heap. Of equal rows that of the earliest stretch comes first.
type heads struct {
	list    []*head
	compare func(a, b *trail) int
}

func (h *heads) Len() int { return len(h.list) }

func (h *heads) Less(i, j int) bool {
	a, b := h.list[i], h.list[j]
	return cmp.Or(h.compare(a.row, b.row), cmp.Compare(a.stretch, b.stretch)) < 0
}

func (h *heads) Swap(i, j int) { h.list[i], h.list[j] = h.list[j], h.list[i] }

func (h *heads) Push(x any) { h.list = append(h.list, x.(*head)) }

func (h *heads) Pop() any {
	n := len(h.list) - 1
	last := h.list[n]
	h.list = h.list[:n]
	return last
}

// close lets the file go.
func (s *spool) close() {
	if s.file != nil {
		_ = s.file.Close() // nobody reads it any more
		s.file = nil
	}
}
