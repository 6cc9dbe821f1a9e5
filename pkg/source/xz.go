package source

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// xzStreams reads .xz streams one after the other as one text. It reads the
// container itself (The .xz File Format 1.2.1, sections in the comments) and
// leaves LZMA2 to the library, for two reasons: a header that asks for a
// dictionary of up to 4 GiB is refused before anything is allocated, and bytes
// behind the last stream are told from a broken stream.
//
//	stream:  header | block ... block | index | footer      (2)
//	block:   header | LZMA2 chunks | padding to 4 | check   (3)
type xzStreams struct {
	in      xzInput
	maxDict int64

	stream bool // inside a stream
	begun  bool // a stream was begun
	flags  [2]byte

	block    *lzma.Reader2 // nil between blocks
	check    hash.Hash     // of the block's text, nil if not checked
	size     int           // bytes of the check field
	header   int64         // length of the block header
	text     int64         // bytes of text in the block so far
	wantText int64         // as the header says, -1 if it does not
	wantRaw  int64

	blocks, unpadded, total int64 // for the index: sums over the stream's blocks
}

// xzInput counts the bytes taken from a file. It never gives io.EOF: an xz
// stream says where it ends.
type xzInput struct {
	br *bufio.Reader
	n  int64
}

func (x *xzInput) Read(p []byte) (int, error) {
	n, err := x.br.Read(p)
	x.n += int64(n)
	return n, noEOF(err)
}

func (x *xzInput) ReadByte() (byte, error) {
	c, err := x.br.ReadByte()
	if err == nil {
		x.n++
	}
	return c, noEOF(err)
}

func (x *xzStreams) Read(p []byte) (int, error) {
	for {
		if x.block == nil {
			if err := x.next(); err != nil {
				return 0, err
			}
			continue
		}
		n, err := x.block.Read(p)
		x.text += int64(n)
		if x.check != nil {
			x.check.Write(p[:n])
		}
		if err == io.EOF {
			err = x.endBlock()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// next goes to the next block. It returns io.EOF after the last stream.
func (x *xzStreams) next() error {
	if !x.stream {
		if x.begun {
			if err := nextStream(x.in.br, "\xfd7zXZ\x00"); err != nil {
				return err
			}
		}
		if err := x.startStream(); err != nil {
			return err
		}
	}
	size, err := x.in.ReadByte()
	if err != nil {
		return err
	}
	if size == 0 {
		return x.endStream()
	}
	return x.startBlock(size)
}

// startStream reads the stream header (2.1.1).
func (x *xzStreams) startStream() error {
	var b [12]byte
	if _, err := io.ReadFull(&x.in, b[:]); err != nil {
		return noEOF(err)
	}
	if crc32.ChecksumIEEE(b[6:8]) != binary.LittleEndian.Uint32(b[8:]) || b[6] != 0 || b[7] > 15 {
		return corrupt("xz: bad stream header")
	}
	x.flags = [2]byte(b[6:8])
	x.stream, x.begun = true, true
	x.blocks, x.unpadded, x.total = 0, 0, 0
	return nil
}

// startBlock reads a block header (3.1); size is its first byte.
func (x *xzStreams) startBlock(size byte) error {
	b := make([]byte, (int(size)+1)*4)
	b[0] = size
	if _, err := io.ReadFull(&x.in, b[1:]); err != nil {
		return noEOF(err)
	}
	n := len(b) - 4
	if crc32.ChecksumIEEE(b[:n]) != binary.LittleEndian.Uint32(b[n:]) {
		return corrupt("xz: bad block header")
	}
	flags, fields := b[1], b[2:n]
	number := func() int64 {
		v, k := binary.Uvarint(fields)
		if k <= 0 || v >= 1<<63 {
			fields = nil
			return -1
		}
		fields = fields[k:]
		return int64(v)
	}
	x.wantRaw, x.wantText = -1, -1
	if flags&0x40 != 0 {
		x.wantRaw = number()
	}
	if flags&0x80 != 0 {
		x.wantText = number()
	}
	// One LZMA2 filter (5.3.1): id 0x21, one byte of properties. Others (BCJ,
	// delta) are for programs and sound.
	if flags&0x3f != 0 || number() != 0x21 || number() != 1 || len(fields) == 0 {
		return corrupt("xz: filters other than LZMA2 are not supported")
	}
	dict, err := lzma.DecodeDictCap(fields[0])
	if err != nil {
		return corrupt("xz: bad dictionary size")
	}
	if dict > x.maxDict {
		return &detail{kind: ErrWindow, text: "dictionary of " + group(dict) + " bytes"}
	}
	x.header, x.text, x.in.n = int64(len(b)), 0, 0
	x.setCheck()
	x.block, err = lzma.Reader2Config{DictCap: int(dict)}.NewReader2(&x.in)
	return err
}

// setCheck takes the check from the stream flags (2.1.1.2). Ids that no version
// of the format has defined have a size and are not verified, as in xz.
func (x *xzStreams) setCheck() {
	x.size = [16]int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}[x.flags[1]]
	switch x.flags[1] {
	case 1:
		x.check = crc32.NewIEEE()
	case 4:
		x.check = crc64.New(crc64.MakeTable(crc64.ECMA))
	case 10:
		x.check = sha256.New()
	default:
		x.check = nil
	}
}

// endBlock reads padding and check (3.3, 3.4).
func (x *xzStreams) endBlock() error {
	x.block = nil
	raw := x.in.n
	if x.wantRaw >= 0 && x.wantRaw != raw || x.wantText >= 0 && x.wantText != x.text {
		return corrupt("xz: block size differs from its header")
	}
	x.blocks++
	x.unpadded += x.header + raw + int64(x.size)
	x.total += x.text
	for ; raw%4 != 0; raw++ {
		if c, err := x.in.ReadByte(); err != nil {
			return err
		} else if c != 0 {
			return corrupt("xz: bad block padding")
		}
	}
	var b [64]byte
	if _, err := io.ReadFull(&x.in, b[:x.size]); err != nil {
		return noEOF(err)
	}
	if x.check == nil {
		return nil
	}
	sum := x.check.Sum(nil)
	// SHA-256 is stored as it is, the CRCs with the lowest byte first (3.4).
	if x.flags[1] != 10 {
		for i, j := 0, len(sum)-1; i < j; i, j = i+1, j-1 {
			sum[i], sum[j] = sum[j], sum[i]
		}
	}
	if string(sum) != string(b[:x.size]) {
		return corrupt("xz: checksum error")
	}
	return nil
}

var errIndex = errors.New("xz: index differs from the blocks")

// endStream reads index (4) and footer (2.1.2); the index indicator is read.
func (x *xzStreams) endStream() error {
	x.stream = false
	crc := crc32.NewIEEE()
	crc.Write([]byte{0})
	index := xzIndex{in: &x.in, crc: crc, n: 1}
	blocks := index.number()
	if index.err == nil && blocks != x.blocks {
		return corrupt(errIndex.Error())
	}
	var unpadded, total int64
	for i := int64(0); i < blocks && index.err == nil; i++ {
		unpadded += index.number()
		total += index.number()
	}
	for index.n%4 != 0 && index.err == nil {
		if index.byte() != 0 {
			return corrupt("xz: bad index padding")
		}
	}
	if index.err != nil {
		return index.err
	}
	if unpadded != x.unpadded || total != x.total {
		return corrupt(errIndex.Error())
	}
	var b [16]byte // CRC32 of the index, then the footer
	if _, err := io.ReadFull(&x.in, b[:]); err != nil {
		return noEOF(err)
	}
	if binary.LittleEndian.Uint32(b[:]) != crc.Sum32() || string(b[14:]) != "YZ" || [2]byte(b[12:14]) != x.flags ||
		crc32.ChecksumIEEE(b[8:14]) != binary.LittleEndian.Uint32(b[4:]) ||
		(int64(binary.LittleEndian.Uint32(b[8:]))+1)*4 != index.n+4 {
		return corrupt("xz: bad stream footer")
	}
	return nil
}

// xzIndex reads the numbers of an index (1.2, 4) and sums it up.
type xzIndex struct {
	in  *xzInput
	crc hash.Hash32
	n   int64
	err error
	one [1]byte
}

func (x *xzIndex) byte() byte {
	c, err := x.in.ReadByte()
	if err != nil {
		x.err = err
		return 0
	}
	x.n++
	x.one[0] = c
	x.crc.Write(x.one[:])
	return c
}

func (x *xzIndex) number() int64 {
	var v uint64
	for shift := 0; shift < 63 && x.err == nil; shift += 7 {
		c := x.byte()
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return int64(v)
		}
	}
	if x.err == nil {
		x.err = corrupt("xz: bad number in the index")
	}
	return 0
}
