package scan

import (
	"testing"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
)

// What a run may remember is a part of its memory, and all parts fit.
func TestMemory(t *testing.T) {
	f := func(jobs int, most, detail int64, accs, text int) {
		t.Helper()
		c := Config{Jobs: jobs, MaxMemory: most}
		if d, a, x := c.detail(), c.accs(), c.textAhead(); d != detail || a != accs || x != text {
			t.Errorf("%d jobs within %d bytes: detail %d, %d accumulators, text %d; want %d, %d, %d", jobs, most, d, a, x, detail, accs, text)
		}
		const detailTimes = 5
		parts := c.spare()/joinPart + int64(c.accs()*accBytes) + detailTimes*c.detail() + int64(max(jobs, 1)*c.textAhead())
		if most > 0 && parts > c.spare() {
			t.Errorf("%d jobs within %d bytes: %d are given away", jobs, most, parts)
		}
	}
	f(0, 0, group.DetailBytes, maxAccs, textAhead)
	f(8, 0, group.DetailBytes, maxAccs, textAhead)
	f(2, 16<<20, 256<<10, 128, 256<<10)
	f(1, 64<<20, 24<<20/16, 24<<20/4/accBytes, 3<<20)
	f(2, 1<<30, (1<<30-ownMemory)/16, maxAccs, textAhead)
}
