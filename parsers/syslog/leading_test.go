package syslog

import (
	"testing"
	"time"
)

func TestLeading(t *testing.T) {
	c := NewClock(0, time.FixedZone("", -5*3600))
	f := func(text string, length int, want string, precise, zoneless bool) {
		t.Helper()
		for range 2 { // the second time from the clock's memory
			var h Header
			n := c.Leading([]byte(text), &h)
			if n != length {
				t.Errorf("%q: length %d, want %d", text, n, length)
				return
			}
			if n == 0 {
				if h.Stamped || h.Time != 0 {
					t.Errorf("%q: no stamp, but %+v", text, h)
				}
				return
			}
			if got := time.UnixMicro(h.Time).UTC().Format("2006-01-02T15:04:05.999999"); got != want || h.Precise != precise || h.Zoneless != zoneless || !h.Stamped {
				t.Errorf("%q: %s, %+v", text, got, h)
			}
		}
	}
	f("2026-03-03 10:18:23 x", 19, "2026-03-03T15:18:23", false, true)
	f("2026-03-03 10:18:23.504 [1] x", 23, "2026-03-03T15:18:23.504", true, true)
	f("2026-03-03 10:18:23 +0100 x", 25, "2026-03-03T09:18:23", false, false)
	f("2026-03-03 10:18:23.504 -0330 x", 29, "2026-03-03T13:48:23.504", true, false)
	f("2026-03-03 10:18:23 +0000", 25, "2026-03-03T10:18:23", false, false)
	f("1969-12-31 23:59:59.250 +0100 x", 29, "1969-12-31T22:59:59.25", true, false)
	f("2026-03-03 10:18:23 +01001 x", 19, "2026-03-03T15:18:23", false, true)
	f("2026-03-03 10:18:23 +99 x", 19, "2026-03-03T15:18:23", false, true)
	f("2026-03-03T10:18:23 x", 0, "", false, false)
	f("2026-13-03 10:18:23 x", 0, "", false, false)
	f("Mar  3 10:18:23 mx1 x: y z", 0, "", false, false)
	f("", 0, "", false, false)
}
