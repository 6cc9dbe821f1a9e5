package syslog

import "time"

// Rewinder is a decoder whose time stamps lack a year. After the last line it
// tells whether the year it was started with (parsers.Options.Year) was too
// late for what the file holds; read the file again from the year before.
type Rewinder interface {
	Overran(anchor time.Time) bool
}

// FirstYear returns the latest year in which a file can begin whose first
// yearless stamp is of that month and day: the stamp must not be later than
// anchor plus one day. anchor is the newest time the file can hold (time stamp
// of the gzip header, of the file, or its newest dated line); the day is for
// clocks and zones that differ. A February 29 needs a leap year.
//
// A file that spans more than a year begins earlier still: see Clock.Overran.
func FirstYear(month time.Month, mday int, anchor time.Time) int {
	limit := anchor.AddDate(0, 0, 1)
	year := limit.Year()
	for {
		first := time.Date(year, month, mday, 0, 0, 0, 0, limit.Location())
		leaps := month != time.February || mday != 29 || isLeap(year)
		if leaps && !first.After(limit) {
			return year
		}
		year--
	}
}

// FirstStamp returns month and day of the first line that has a time stamp
// without a year; ok is false if none has.
func FirstStamp(lines [][]byte) (month time.Month, mday int, ok bool) {
	for _, line := range lines {
		if s, n := stampOf(line); n > 0 && s.yearless {
			return time.Month(s.month), s.day, true
		}
	}
	return 0, 0, false
}

// Yearless says that a time stamp of the sample lacks a year.
func Yearless(sample [][]byte) bool {
	_, _, ok := FirstStamp(sample)
	return ok
}

// Zoneless says that a time stamp of the sample lacks a zone.
func Zoneless(sample [][]byte) bool {
	for _, line := range sample {
		if s, n := stampOf(line); n > 0 && s.zoneless {
			return true
		}
	}
	return false
}

func stampOf(line []byte) (s stamp, n int) {
	b, _ := priority(trim(line))
	return readStamp(b)
}
