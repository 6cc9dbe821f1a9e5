package scan

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// disk is a file that knows whether it was closed.
type disk struct {
	*os.File
	closed bool
}

func (d *disk) Close() error {
	d.closed = true
	return d.File.Close()
}

func (d *disk) make(t *testing.T) func() (ScratchFile, error) {
	return func() (file ScratchFile, err error) {
		d.File, err = os.CreateTemp(t.TempDir(), "")
		return d, err
	}
}

func byFirst(a, b *trail) int { return cmp.Compare(a.First, b.First) }

// spooled adds rows in an order of chance, many of one time, and returns them as they come out.
func spooled(t *testing.T, s *spool, n int) (list []trail) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		one := &trail{First: rnd.Int64N(50), Recipient: fmt.Sprint(i), Attempts: int32(i % 3), NullSender: i%2 == 0}
		if err := s.add(one); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.each(func(one *trail) error { list = append(list, *one); return nil }); err != nil {
		t.Fatal(err)
	}
	return list
}

// What lies in a file comes back as it was, in the order that it has in memory: rows of one
// time as they were added.
func TestSpool(t *testing.T) {
	const rows = 2000
	memory := &spool{most: 1, compare: byFirst} // no file
	want := spooled(t, memory, rows)
	if len(want) != rows || !slices.IsSortedFunc(want, func(a, b trail) int { return byFirst(&a, &b) }) {
		t.Fatalf("%d rows", len(want))
	}
	for _, most := range []int{1, 10_000, 100_000, 1 << 30} {
		var d disk
		s := &spool{scratch: d.make(t), most: most, compare: byFirst}
		if got := spooled(t, s, rows); !slices.Equal(got, want) {
			t.Errorf("%d bytes: other rows, or another order", most)
		}
		if used := d.File != nil; used != (most < 1<<30) || used && s.size > most {
			t.Errorf("%d bytes: %d stretches in a file, %d bytes in memory", most, len(s.stretches), s.size)
		}
		if n := len(s.stretches); n > spoolMerge*3 {
			t.Errorf("%d bytes: %d stretches of the file need a buffer each", most, n)
		}
		if s.close(); d.closed != (d.File != nil) {
			t.Errorf("%d bytes: the file is open", most)
		}
	}
}

func TestSpoolErrors(t *testing.T) {
	none := errors.New("none")
	s := &spool{scratch: func() (ScratchFile, error) { return nil, none }, compare: byFirst}
	if err := s.add(&trail{}); !errors.Is(err, none) {
		t.Errorf("no file: %v", err)
	}
	s.close()
	var d disk
	s = &spool{scratch: d.make(t), compare: byFirst}
	defer s.close()
	for range 3 {
		if err := s.add(&trail{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.each(func(*trail) error { return none }); err != none {
		t.Errorf("whoever takes rows has enough: %v", err)
	}
	if err := d.Truncate(s.end - 1); err != nil {
		t.Fatal(err)
	}
	if err := s.each(func(*trail) error { return nil }); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a file that was cut: %v", err)
	}
}
