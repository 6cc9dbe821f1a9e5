package sim

import (
	"strconv"
	"strings"
	"time"
)

// ids makes queue ids out of the time and the inode of the queue file. Inodes of
// removed files are used again, so a short id may come back (mail_queue.h).
type ids struct {
	long bool
	next uint64
	free []uint64
}

// firstInode is where the file system happens to be.
const firstInode = 0x9F23B7

func newIDs(long bool) *ids { return &ids{long: long, next: firstInode} }

// take gives an id for a file made at t, and its inode.
func (q *ids) take(t time.Time) (id string, inode uint64) {
	if n := len(q.free); n > 0 {
		inode, q.free = q.free[n-1], q.free[:n-1]
	} else {
		inode = q.next
		q.next++
	}
	us := uint64(t.Nanosecond() / 1000)
	if q.long {
		return encode52(uint64(t.Unix()), 52, 6) + encode52(us, 52, 4) + "z" + encode52(inode, 51, 1), inode
	}
	hex := strings.ToUpper(strconv.FormatUint(us, 16))
	return strings.Repeat("0", 5-len(hex)) + hex + strings.ToUpper(strconv.FormatUint(inode, 16)), inode
}

// put gives an inode back.
func (q *ids) put(inode uint64) { q.free = append(q.free, inode) }

// encode52 writes n in digits and consonants, with base 52 or, for the inode, 51
// (safe_ultostr.c, mail_queue.h).
func encode52(n uint64, base uint64, width int) string {
	const alphabet = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
	var b [16]byte
	i := len(b)
	for n > 0 || len(b)-i < width {
		i--
		b[i] = alphabet[n%base]
		n /= base
	}
	return string(b[i:])
}
