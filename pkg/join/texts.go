package join

// text is a text in a texts; 0 is the empty one.
type text uint32

// texts keeps many short texts in few pieces of memory that the garbage collector does
// not look into. A text lies in a block of whole units, behind a byte with its length;
// blocks that were freed serve again for texts of their size. Long texts have memory of
// their own.
type texts struct {
	pages []*[pageUnits * unit]byte
	used  uint32          // units of the last page
	free  [classes]uint32 // a list for each size, linked by the first bytes of each block
	long  [][]byte
	gone  []uint32 // free places of long
	// live and held are bytes: of the blocks in use, and of all memory.
	live, held int64
}

const (
	unit      = 8                // bytes
	pageUnits = 1 << 13          // units of a page
	classes   = 32               // sizes of blocks, in units
	shortest  = unit*classes - 9 // the longest text in a block
	isLong    = text(1 << 31)
)

// put keeps a copy of a text.
func (t *texts) put(b []byte) text {
	switch {
	case len(b) == 0:
		return 0
	case len(b) > shortest:
		return t.putLong(b)
	}
	units := uint32(len(b)/unit + 1)
	at := t.free[units]
	if at != 0 {
		block := t.block(at)
		t.free[units] = uint32(block[0]) | uint32(block[1])<<8 | uint32(block[2])<<16 | uint32(block[3])<<24
	} else {
		if len(t.pages) == 0 || t.used+units > pageUnits {
			t.pages = append(t.pages, new([pageUnits * unit]byte))
			t.used = 0
			t.held += pageUnits * unit
		}
		at = uint32(len(t.pages)-1)*pageUnits + t.used + 1
		t.used += units
	}
	block := t.block(at)
	block[0] = byte(len(b))
	copy(block[1:], b)
	t.live += int64(units) * unit
	return text(at)
}

func (t *texts) putLong(b []byte) text {
	t.live += int64(len(b))
	t.held += int64(len(b))
	own := append(make([]byte, 0, len(b)), b...)
	if n := len(t.gone); n > 0 {
		at := t.gone[n-1]
		t.gone = t.gone[:n-1]
		t.long[at] = own
		return isLong | text(at)
	}
	t.long = append(t.long, own)
	return isLong | text(len(t.long)-1)
}

// block is the memory from a block on to the end of its page.
func (t *texts) block(at uint32) []byte {
	at--
	return t.pages[at/pageUnits][at%pageUnits*unit:]
}

// get returns a text, valid until it is dropped.
func (t *texts) get(x text) []byte {
	switch {
	case x == 0:
		return nil
	case x&isLong != 0:
		return t.long[x&^isLong]
	}
	b := t.block(uint32(x))
	n := int(b[0])
	return b[1 : n+1 : n+1]
}

// drop frees a text.
func (t *texts) drop(x text) {
	switch {
	case x == 0:
	case x&isLong != 0:
		n := int64(len(t.long[x&^isLong]))
		t.live, t.held = t.live-n, t.held-n
		t.long[x&^isLong] = nil
		t.gone = append(t.gone, uint32(x&^isLong))
	default:
		b := t.block(uint32(x))
		units := uint32(b[0])/unit + 1
		next := t.free[units]
		b[0], b[1], b[2], b[3] = byte(next), byte(next>>8), byte(next>>16), byte(next>>24)
		t.free[units] = uint32(x)
		t.live -= int64(units) * unit
	}
}

// scattered says that much more memory is held than is in use: texts of other sizes
// were there before.
func (t *texts) scattered() bool { return t.held > 2*t.live+scatter }

// scatter is how much memory is held without a look at how much is in use.
const scatter = 1 << 20
