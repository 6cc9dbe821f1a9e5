package syslog

import (
	"math"
	"time"
)

const (
	day      = 86400
	halfYear = 183 * day
	// late is how far behind the newest stamp a line may be and still belong to
	// the old year: several processes log into one file, and "cat mail.log*" puts
	// the newer file first.
	late = 45 * day
	// slotSeconds divides every wall clock at which a zone was ever changed since
	// 1970 (Lord Howe Island changes by half an hour).
	slotSeconds = 900
	// noYear stands in for a year that nobody knows: a leap year, and no earlier
	// than 1970, so that times keep their order and are never negative.
	noYear = 1972
)

// Clock turns the time stamps of one file into UTC. It holds what the stamps
// lack: the year of those that have none (RFC 3164) and the zone of those that
// have none. It remembers the last stamp, because lines of the same second
// follow each other, the last zone offset, and who wrote the last line.
//
// A wall clock reading that occurs twice (the hour after a zone is set back) is
// taken as the first of the two, one that never occurs (the hour skipped in
// spring) as if the clock had not been set: nothing on the line tells better,
// and a reading must mean the same wherever a file is cut.
//
// A Clock is for one goroutine. Use NewClock.
type Clock struct {
	loc  *time.Location
	year int

	started  bool
	wall     int64 // last yearless stamp, seconds on the wall clock
	newest   int64 // newest yearless stamp, seconds UTC
	leapless bool  // a February 29 fell into a year that has none

	bsd     [2]uint64 // last yearless stamp as text
	bsdUTC  int64
	iso     [3]uint64 // last ISO stamp as text, without fraction and zone
	isoWall int64

	slot, offset int64 // zone offset of a quarter of an hour on the wall clock

	prefix prefix
}

// NewClock returns a clock whose first yearless stamp is of that year and whose
// stamps without a zone are of loc. A year of 0 or less is unknown: the times
// then keep their order, but not their year. A nil loc is UTC.
func NewClock(year int, loc *time.Location) *Clock {
	if year <= 0 {
		year = noYear
	}
	if loc == nil {
		loc = time.UTC
	}
	return &Clock{loc: loc, year: year, slot: math.MinInt64}
}

// Overran says that the year the clock was started with cannot be right: a
// yearless stamp came out more than a day later than anchor (the newest time the
// file can hold), or a February 29 fell into a year without one. The file then
// spans more than a year, or was cut from several: read it again from the year
// before.
func (c *Clock) Overran(anchor time.Time) bool {
	return c.leapless || c.started && c.newest > anchor.Unix()+day
}

// Year returns the year of the last stamp that had none, or the one the clock
// was started with.
func (c *Clock) Year() int { return c.year }

// yearless returns the UTC seconds of a wall clock reading without a year.
func (c *Clock) yearless(month, mday, second int) int64 {
	year := c.year
	w := wallSeconds(year, month, mday, second)
	if c.started {
		switch step := w - c.wall; {
		case step < -halfYear: // December, then January
			year++
			w = wallSeconds(year, month, mday, second)
		case step > 365*day-late: // January, then a late line of December
			year--
			w = wallSeconds(year, month, mday, second)
		}
	}
	if month == 2 && mday == 29 && !isLeap(year) {
		c.leapless = true
	}
	c.year, c.wall = year, w
	u := c.utc(w)
	if !c.started || u > c.newest {
		c.newest = u
	}
	c.started = true
	return u
}

// utc returns the UTC seconds of a wall clock reading in the clock's zone.
func (c *Clock) utc(wall int64) int64 {
	if c.loc == time.UTC {
		return wall
	}
	slot := wall / slotSeconds
	if slot != c.slot {
		c.slot, c.offset = slot, offsetOf(c.loc, wall)
	}
	return wall - c.offset
}

// offsetOf returns the seconds east of UTC that hold at a wall clock reading.
func offsetOf(loc *time.Location, wall int64) int64 {
	before, after := offsetAt(loc, wall-day), offsetAt(loc, wall+day)
	if before == after || offsetAt(loc, wall-before) == before {
		return before
	}
	if offsetAt(loc, wall-after) == after {
		return after
	}
	return before
}

func offsetAt(loc *time.Location, utc int64) int64 {
	_, off := time.Unix(utc, 0).In(loc).Zone()
	return int64(off)
}

// wallSeconds returns the seconds between 1970-01-01 00:00:00 and a reading of
// the same wall clock. A day past the end of its month runs on into the next.
func wallSeconds(year, month, mday, second int) int64 {
	return daysBefore(year, month, mday)*day + int64(second)
}

// daysBefore counts the days from 1970-01-01 in the Gregorian calendar, with
// years that begin in March so that the leap day is the last of its year.
func daysBefore(year, month, mday int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	if year < 0 {
		era = (year - 399) / 400
	}
	y := year - era*400
	yday := (153*(month-3)+2)/5 + mday - 1
	return int64(era)*146097 + int64(y*365+y/4-y/100+yday) - 719468
}

func isLeap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// monthDays returns the number of days of a month, 29 for February.
func monthDays(month int) int {
	switch month {
	case 2:
		return 29
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}
