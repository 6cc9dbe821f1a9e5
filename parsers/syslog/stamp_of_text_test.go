package syslog

import (
	"testing"
	"time"
)

func TestStamp(t *testing.T) {
	c := NewClock(2026, time.FixedZone("", 3600))
	f := func(text string, n int, micro int64, zoneless bool) {
		t.Helper()
		var h Header
		got := c.Stamp([]byte(text), &h)
		if got != n || h.Time != micro || h.Stamped != (n > 0) || h.Zoneless != zoneless {
			t.Errorf("%q: %d %+v, want %d, time %d, zoneless %v", text, got, h, n, micro, zoneless)
		}
	}
	f("2026-03-03 10:18:23", 19, 1772529503e6, true)
	f("2026-03-03 10:18:23+0530", 24, 1772513303e6, false)
	f("2026-03-03T10:18:23.504Z", 24, 1772533103504e3, false)
	f("2026-03-03T10:18:23.504Z,x", 0, 0, false)
	f("Mar  3 10:18:23 x", 15, 1772529503e6, true)
	f("2026-03-03", 0, 0, false)
	f("", 0, 0, false)
	f("xxxxxxxxxxxxxxxxxxxxxxxxx", 0, 0, false)
}
