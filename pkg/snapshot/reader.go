package snapshot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Scan reads a snapshot from its first byte to its last, makes sure that it is whole
// and returns its index. Several snapshots one after the other are one. No event is
// read, but all bytes are checked, so that what NewReader reads later is undamaged.
func Scan(r io.Reader) (*Index, error) {
	in := &input{r: r}
	all := &Index{}
	for {
		one, err := scan(in)
		var newer *NewerError
		switch {
		case err == io.EOF && in.offset > 0:
			return all, nil
		case errors.As(err, &newer):
			return nil, err
		case err != nil:
			return nil, fmt.Errorf("at byte %d: %w", in.offset, err)
		}
		all.Files = append(all.Files, one.Files...)
		all.Arguments = append(all.Arguments, one.Arguments...)
		all.LeftOut = append(all.LeftOut, one.LeftOut...)
	}
}

// scan checks one snapshot; io.EOF says that there is none.
func scan(in *input) (*Index, error) {
	head := make([]byte, len(Magic)+2)
	if _, err := io.ReadFull(in.r, head[:1]); err != nil {
		return nil, err
	}
	in.offset++
	if err := in.full(head[1:]); err != nil {
		return nil, err
	}
	if string(head[:len(Magic)]) != Magic {
		return nil, errors.New("there is no snapshot")
	}
	version := int(binary.LittleEndian.Uint16(head[len(Magic):]))
	if err := checkVersion(version); err != nil {
		return nil, err
	}
	var index *Index
	var streams []Place
	for sections := uint64(0); ; sections++ {
		at := in.offset
		k, content, err := in.section()
		if err != nil {
			return nil, err
		}
		c := column(content)
		switch {
		case k == endSection:
			if n, err := c.uvarint(); err != nil || n != sections || index == nil || len(c) > 0 {
				return nil, errors.New("parts of it are missing")
			}
			return index, index.place(streams, version)
		case index != nil:
			return nil, errors.New("something follows its index")
		case k == indexSection:
			if index, err = openIndex(c); err != nil {
				return nil, err
			}
		default:
			stream, err := c.uvarint()
			n := uint64(len(streams))
			switch {
			case err != nil || stream >= maxFiles:
				return nil, errDamaged
			case n > 0 && stream == n-1: // the stream goes on
			case stream >= n:
				for uint64(len(streams)) <= stream {
					streams = append(streams, Place{Offset: at})
				}
			default:
				return nil, errDamaged
			}
			streams[stream].Blocks++
		}
	}
}

// openIndex unpacks and reads an index.
func openIndex(c column) (*Index, error) {
	u := unpacker{zip: decoder()}
	u.memory.room = maxRoom
	defer u.zip.Close()
	raw, err := u.unpack(&c)
	if err != nil {
		return nil, err
	}
	return readIndex(raw)
}

// place tells the files where their events are.
func (x *Index) place(streams []Place, version int) error {
	for i := range x.Files {
		f := &x.Files[i]
		if f.Left {
			continue
		}
		var found Place
		if f.Stream < len(streams) {
			found = streams[f.Stream]
		}
		if found.Blocks != f.Place.Blocks {
			return errors.New("parts of it are missing")
		}
		f.Place.Offset, f.Place.version = found.Offset, version
	}
	return nil
}

func decoder() *zstd.Decoder {
	zip, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		panic(err) // an option of the line above is wrong
	}
	return zip
}

// Reader reads the events of one file.
type Reader struct {
	in     input
	place  Place
	stream int
	blocks int
	events int64
	block  unpacker
}

// NewReader reads the events of a file. r begins at f.Place.Offset of the snapshot.
func NewReader(r io.Reader, f *File) *Reader {
	in := input{r: r, offset: f.Place.Offset}
	return &Reader{in: in, place: f.Place, stream: f.Stream, block: unpacker{zip: decoder()}}
}

// Read reads up to len(events) events and returns how many. Their texts are never
// changed again. At the end it returns io.EOF, with no event.
func (r *Reader) Read(events []mail.Event) (int, error) {
	for n := range events {
		for r.block.events == 0 {
			if r.blocks == r.place.Blocks {
				return n, r.finish(n)
			}
			if err := r.open(); err != nil {
				return n, fmt.Errorf("block %d at byte %d: %w", r.blocks, r.in.offset, err)
			}
		}
		if err := r.block.next(&events[n]); err != nil {
			return n, fmt.Errorf("block %d before byte %d: %w", r.blocks, r.in.offset, err)
		}
		r.events++
	}
	return len(events), nil
}

func (r *Reader) finish(n int) error {
	switch {
	case r.events != r.place.Events:
		return fmt.Errorf("it has %d events of a file, not %d", r.events, r.place.Events)
	case n > 0:
		return nil
	}
	return io.EOF
}

// open reads the next block.
func (r *Reader) open() error {
	k, content, err := r.in.section()
	if err != nil {
		return err
	}
	if k != blockSection {
		return errDamaged
	}
	r.blocks++
	switch r.place.version {
	case 1:
		return r.block.open(content, r.stream)
	default:
		return &NewerError{r.place.version}
	}
}

// Offset is how far into the snapshot the reader is.
func (r *Reader) Offset() int64 { return r.in.offset }

// Close frees what the reader holds.
func (r *Reader) Close() { r.block.zip.Close() }
