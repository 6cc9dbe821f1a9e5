package wrap

import (
	"bytes"
	"slices"

	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// block is one entry of journalctl -o export: lines FIELD=value, ended by an empty
// line. A value that is no printable text is written as the field's name on a line
// of its own, eight bytes of length (little endian), the value and a line end
// (systemd "Journal Export Formats").
type block struct {
	kept [numRoles][]byte
	rank [numRoles]uint8
	any  bool  // a line of the entry was seen
	rows int64 // its lines

	binary []byte // the field that is being read
	inside bool   // a binary field is being read
	length []byte // its length, as far as it was read; a line end may be a part of it
	need   int    // bytes of it that are missing, its line end included; 0: the length is missing
	role   role
	want   uint8 // its rank, 0 if nobody asks for it
}

// maxBinary bounds a binary field. A core dump is one, too.
const maxBinary = 1 << 20

// isField says that a line is "NAME=value". journald has only upper-case names.
func isField(line []byte) bool {
	n := nameLength(line)
	return n > 0 && n < len(line) && line[n] == '='
}

// nameLength returns the length of the field name at the start of a line.
func nameLength(line []byte) int {
	n := 0
	for n < len(line) && n < 64 && (line[n] == '_' || line[n]-'A' < 26 || n > 0 && line[n]-'0' < 10) {
		n++
	}
	return n
}

// line takes the next line of the entry. It returns false if it is none of one.
func (b *block) line(line []byte) bool {
	if b.inside && !bytes.HasPrefix(line, []byte("__CURSOR=")) {
		b.more(line)
		return true
	}
	b.inside = false
	n := nameLength(line)
	switch {
	case n == 0, n < len(line) && line[n] != '=':
		return false
	case n == len(line):
		f := fields[string(line)]
		b.inside, b.role, b.want, b.need = true, f.role, f.rank, 0
		b.binary, b.length = b.binary[:0], b.length[:0]
	default:
		f := fields[string(line[:n])]
		b.set(f.role, f.rank, line[n+1:])
	}
	b.any = true
	return true
}

func (b *block) set(r role, rank uint8, value []byte) {
	if rank > b.rank[r] {
		b.kept[r], b.rank[r] = append(b.kept[r][:0], value...), rank
	}
}

// more takes a line of a binary field.
func (b *block) more(line []byte) {
	if b.need == 0 {
		size, data, ok := b.size(line)
		if !ok {
			return
		}
		b.need, line = size+1, data
	} else if len(b.binary) < maxBinary {
		b.binary = append(b.binary, '\n')
	}
	if len(b.binary)+len(line) <= maxBinary {
		b.binary = append(b.binary, line...)
	}
	if b.need -= len(line) + 1; b.need <= 0 {
		b.inside = false
		b.set(b.role, b.want, b.binary)
	}
}

// size reads the eight bytes before a binary value. Two things happened to them
// when the file was cut into lines: a byte 0x0A has become a line end, and NULs at
// the start of a line are gone. Lengths are below 16 MiB, so five of the bytes are
// NULs, and the ones that are missing stood at the start.
func (b *block) size(line []byte) (n int, data []byte, ok bool) {
	low := 0
	for low < len(line) && low < 3 && line[low] != 0 {
		low++
	}
	high := low
	for high < len(line) && high < 8-len(b.length) && line[high] == 0 {
		high++
	}
	if high == low && len(b.length) == 0 {
		if len(line) == 0 { // the length begins with 0x0A
			b.length = append(b.length, '\n')
			return 0, nil, false
		}
		b.inside = false // no length at all
		return 0, nil, false
	}
	if high == low { // 0x0A and seven NULs that are gone
		low, high = 0, 0
	}
	digits := slices.Concat(b.length, line[:low])
	if gone := 8 - len(digits) - (high - low); len(b.length) == 0 && gone > 0 && gone < 3 {
		digits = append(make([]byte, gone), digits...)
	}
	for i := len(digits) - 1; i >= 0; i-- {
		n = n<<8 | int(digits[i])
	}
	return n, line[high:], true
}

// record moves the entry to r and begins the next one. It returns false if there is
// none.
func (b *block) record(r *record, s *stamps) bool {
	if !b.any {
		return false
	}
	*r = record{body: b.text(body), host: b.text(host), tag: b.text(tag), prompt: true, rank: b.rank}
	if b.rank[pid] > 0 {
		r.pid = syslog.PID(b.kept[pid])
	}
	if b.rank[when] > 0 {
		r.time, r.precise, r.exact, _ = s.read(b.kept[when])
	}
	b.rank, b.any, b.inside = [numRoles]uint8{}, false, false
	return true
}

func (b *block) text(r role) []byte {
	if b.rank[r] == 0 {
		return nil
	}
	return b.kept[r]
}

// exportLine takes a line of journalctl -o export.
func (d *Decoder) exportLine(line []byte, emit func(*mail.Event)) mail.Verdict {
	if begins := bytes.HasPrefix(line, []byte("__CURSOR=")); begins && d.block.any || len(line) == 0 && !d.block.inside {
		v := d.entry(emit)
		if begins {
			d.block.line(line)
		}
		return v
	}
	if d.block.line(line) {
		d.block.rows++
		return mail.Irrelevant
	}
	return d.plain(line, emit)
}

// entry hands over the entry that was collected. Its lines were called Irrelevant.
func (d *Decoder) entry(emit func(*mail.Event)) mail.Verdict {
	v := mail.Irrelevant
	if d.block.record(&d.rec, &d.stamps) {
		v = d.deliver(&d.rec, emit)
	}
	if v == mail.NotUnderstood {
		d.lost[mail.Irrelevant] += d.block.rows
	}
	d.block.rows = 0
	return v
}
