package snapshot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A snapshot is its header and sections: a kind, the length of the content, the
// content and a checksum of all that.
type kind byte

const (
	blockSection kind = 'B' // events of one file
	indexSection kind = 'I' // Index
	endSection   kind = 'E' // the number of sections before it
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendSection appends a section to b.
func appendSection(b []byte, k kind, content []byte) []byte {
	from := len(b)
	b = append(b, byte(k))
	b = binary.AppendUvarint(b, uint64(len(content)))
	b = append(b, content...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[from:], castagnoli))
}

// input counts and checks the bytes of a snapshot.
type input struct {
	r      io.Reader
	offset int64
	sum    uint32
	buf    []byte
	one    [1]byte
}

// full reads len(b) bytes.
func (in *input) full(b []byte) error {
	n, err := io.ReadFull(in.r, b)
	in.offset += int64(n)
	in.sum = crc32.Update(in.sum, castagnoli, b[:n])
	if errors.Is(err, io.ErrUnexpectedEOF) || err == io.EOF && len(b) > 0 {
		return errTruncated
	}
	return err
}

// ReadByte reads one byte, for binary.ReadUvarint.
func (in *input) ReadByte() (byte, error) {
	err := in.full(in.one[:])
	return in.one[0], err
}

// section reads the next section. Its content is valid until the next call.
func (in *input) section() (kind, []byte, error) {
	in.sum = 0
	k, err := in.ReadByte()
	if err != nil {
		return 0, nil, err
	}
	if k := kind(k); k != blockSection && k != indexSection && k != endSection {
		return 0, nil, fmt.Errorf("there is no section %q", rune(k))
	}
	n, err := binary.ReadUvarint(in)
	switch {
	case err != nil:
		return 0, nil, err
	case n > maxBlock:
		return 0, nil, fmt.Errorf("a section of %d bytes is too long", n)
	}
	// Memory grows with what is there, not with what the length says.
	in.buf = in.buf[:0]
	for len(in.buf) < int(n) {
		from := len(in.buf)
		to := min(int(n), from+1<<20)
		if cap(in.buf) < to {
			in.buf = append(make([]byte, 0, max(to, 2*from)), in.buf...)
		}
		in.buf = in.buf[:to]
		if err := in.full(in.buf[from:]); err != nil {
			return 0, nil, err
		}
	}
	sum := in.sum
	var stored [4]byte
	if err := in.full(stored[:]); err != nil {
		return 0, nil, err
	}
	if binary.LittleEndian.Uint32(stored[:]) != sum {
		return 0, nil, errors.New("its checksum is wrong: it was changed or damaged")
	}
	return kind(k), in.buf, nil
}
