package wrap

import (
	"bytes"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers/syslog"
)

// stamps reads the times that collectors write.
type stamps struct {
	clock, utc *syslog.Clock
}

func newStamps(year int, loc *time.Location) stamps {
	return stamps{syslog.NewClock(year, loc), syslog.NewClock(0, time.UTC)}
}

// read reads a stamp of package syslog, "2026-03-03 10:18:23.504 UTC", or a number
// of seconds, milliseconds, microseconds or nanoseconds since 1970. exact says that
// it has a year and a zone.
func (s *stamps) read(b []byte) (micro int64, precise, exact, ok bool) {
	b = bytes.TrimSpace(b)
	if micro, precise, ok = epoch(b); ok {
		return micro, precise, true, true
	}
	if zone, is := bytes.CutSuffix(b, []byte(" UTC")); is {
		micro, precise, _, ok = s.utc.Time(zone)
		return micro, precise, ok, ok
	}
	return s.clock.Time(b)
}

// latest is 2100-01-01: what is later is some other number, such as an id.
const latest = 4_102_444_800 * 1_000_000

// epoch reads a time since 1970. The unit is told by the size: seconds have ten
// digits until the year 2286, and from 2001 on.
func epoch(b []byte) (micro int64, precise, ok bool) {
	var v int64
	n := 0
	for n < len(b) && n < 19 && b[n]-'0' < 10 {
		v = v*10 + int64(b[n]-'0')
		n++
	}
	unit := int64(0) // microseconds
	switch n {
	case 10:
		unit = 1e6
	case 13:
		unit = 1e3
	case 16:
		unit = 1
	case 19:
		if n == len(b) {
			return v / 1000, true, v/1000 < latest
		}
		return 0, false, false
	default:
		return 0, false, false
	}
	micro = v * unit
	if micro >= latest {
		return 0, false, false
	}
	if n == len(b) {
		return micro, unit < 1e6, true
	}
	if b[n] != '.' || n+1 == len(b) {
		return 0, false, false
	}
	for _, c := range b[n+1:] {
		if c-'0' > 9 {
			return 0, false, false
		}
		unit /= 10
		micro += int64(c-'0') * unit
	}
	return micro, true, true
}
