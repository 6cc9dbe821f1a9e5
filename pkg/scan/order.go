package scan

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// sort puts units in the order in which their logs were written: by the first
// time, and where that ties by the last.
func (c *Config) sort(units []*unit) {
	byFirst := func(a, b *unit) int { return cmp.Compare(a.first, b.first) }
	slices.SortStableFunc(units, byFirst)
	for i := range units {
		tied := i > 0 && byFirst(units[i-1], units[i]) == 0 || i+1 < len(units) && byFirst(units[i], units[i+1]) == 0
		if u := units[i]; tied && u.first > 0 && u.reader == nil && u.stored == nil {
			u.last = c.lastTime(u)
		}
	}
	slices.SortStableFunc(units, func(a, b *unit) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.last, b.last), byName(a.input.Path, b.input.Path), cmp.Compare(a.print, b.print))
	})
}

// lastTime reads a whole file for the time of the last line that has one, or of the
// newest where they are sorted.
func (c *Config) lastTime(u *unit) (last int64) {
	r, err := u.open(c.Source)
	if err != nil {
		return 0
	}
	defer r.Close()
	if u.document {
		r.SetMaxLine(maxDocument)
	}
	d := u.format.New(u.opts)
	see := func(ev *mail.Event) {
		if ev.Time > 0 && (!u.backwards || ev.Time > last) {
			last = ev.Time
		}
	}
	for {
		line, _, err := r.Next()
		if err != nil {
			d.Close(see)
			return last
		}
		d.Decode(line, see)
	}
}

// byName orders rotated files: mail.log.10.gz is older than mail.log.2.gz, and both
// are older than mail.log.
func byName(a, b string) int {
	stemA, numA := rotation(a)
	stemB, numB := rotation(b)
	if stemA == stemB && numA != numB {
		return cmp.Compare(numB, numA)
	}
	return cmp.Compare(a, b)
}

func rotation(path string) (stem string, number int) {
	for _, suffix := range []string{".gz", ".zst", ".bz2", ".xz"} {
		path = strings.TrimSuffix(path, suffix)
	}
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		if n, err := strconv.Atoi(path[i+1:]); err == nil {
			return path[:i], n
		}
	}
	return path, 0
}
