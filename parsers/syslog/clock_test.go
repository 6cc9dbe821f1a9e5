package syslog

import (
	"testing"
	"time"
	_ "time/tzdata" // zones are tested on machines without a database, too
)

func read(t *testing.T, c *Clock, line string) time.Time {
	t.Helper()
	var h Header
	if !Parse([]byte(line+" mx1 smtp[1]: x"), c, &h) {
		t.Fatalf("no stamp: %q", line)
	}
	return time.UnixMicro(h.Time).UTC()
}

// The year steps from December to January and nowhere else.
func TestClockYear(t *testing.T) {
	f := func(year int, steps ...string) {
		t.Helper()
		c := NewClock(year, time.UTC)
		for i := 0; i < len(steps); i += 2 {
			if got := read(t, c, steps[i]).Format("2006-01-02 15:04:05"); got != steps[i+1] {
				t.Errorf("step %d, %q: got %s, want %s", i/2, steps[i], got, steps[i+1])
			}
		}
	}
	f(2025, "Dec 31 23:59:59", "2025-12-31 23:59:59", "Jan  1 00:00:00", "2026-01-01 00:00:00", "Jan  2 00:00:00", "2026-01-02 00:00:00")
	// Two processes, one of them late.
	f(2025, "Dec 31 23:59:59", "2025-12-31 23:59:59", "Jan  1 00:00:00", "2026-01-01 00:00:00",
		"Dec 31 23:59:59", "2025-12-31 23:59:59", "Jan  1 00:00:01", "2026-01-01 00:00:01")
	f(2026, "Jan  1 00:00:00", "2026-01-01 00:00:00", "Dec 31 23:59:58", "2025-12-31 23:59:58", "Jan  1 00:00:00", "2026-01-01 00:00:00")
	// A step back inside the year is no new year.
	f(2026, "Mar  3 10:00:00", "2026-03-03 10:00:00", "Mar  3 09:59:58", "2026-03-03 09:59:58",
		"Mar  2 11:00:00", "2026-03-02 11:00:00", "Mar  3 10:00:01", "2026-03-03 10:00:01")
	// "cat mail.log mail.log.1": the older file comes second.
	f(2026, "Jun 15 00:00:00", "2026-06-15 00:00:00", "Jun  1 00:00:00", "2026-06-01 00:00:00", "Jun 14 00:00:00", "2026-06-14 00:00:00")
	f(2026, "Jan  9 00:00:00", "2026-01-09 00:00:00", "Dec 27 00:00:00", "2025-12-27 00:00:00", "Jan  2 00:00:00", "2026-01-02 00:00:00")
	// Months without a line.
	f(2026, "Jan  5 00:00:00", "2026-01-05 00:00:00", "Oct  5 00:00:00", "2026-10-05 00:00:00")
	f(2025, "Nov 20 00:00:00", "2025-11-20 00:00:00", "Feb  5 00:00:00", "2026-02-05 00:00:00")
	// Several years.
	f(2022, "Jun  1 00:00:00", "2022-06-01 00:00:00", "Dec  1 00:00:00", "2022-12-01 00:00:00", "Jan  1 00:00:00", "2023-01-01 00:00:00",
		"Sep  1 00:00:00", "2023-09-01 00:00:00", "Feb  1 00:00:00", "2024-02-01 00:00:00", "Feb 29 12:00:00", "2024-02-29 12:00:00",
		"Mar  1 00:00:00", "2024-03-01 00:00:00")
	// The same text in another year is another time.
	f(2024, "Jan 1 00:00:00", "2024-01-01 00:00:00", "Jul  2 00:00:00", "2024-07-02 00:00:00", "Dec 31 00:00:00", "2024-12-31 00:00:00",
		"Jan 1 00:00:00", "2025-01-01 00:00:00")
	// Nobody knows the year.
	f(0, "Mar  3 10:00:00", "1972-03-03 10:00:00", "Feb 29 10:00:00", "1972-02-29 10:00:00")
	// A dated line in between changes nothing.
	f(2025, "Dec 31 23:00:00", "2025-12-31 23:00:00", "2012-07-09T18:05:20Z", "2012-07-09 18:05:20", "Jan  1 00:00:00", "2026-01-01 00:00:00")
}

func TestClockOverran(t *testing.T) {
	f := func(year int, anchor string, want bool, stamps ...string) {
		t.Helper()
		at, err := time.Parse(time.DateTime, anchor)
		if err != nil {
			t.Fatal(err)
		}
		c := NewClock(year, time.UTC)
		if c.Overran(at) {
			t.Error("a clock that has read nothing overran")
		}
		for _, s := range stamps {
			read(t, c, s)
		}
		if got := c.Overran(at); got != want {
			t.Errorf("%v from %d, anchor %s: got %v, want %v", stamps, year, anchor, got, want)
		}
	}
	f(2026, "2026-03-04 00:00:00", false, "Mar  3 10:00:00")
	f(2026, "2026-03-03 00:00:00", false, "Mar  3 23:00:00") // a day for clocks that differ
	f(2026, "2026-03-02 00:00:00", true, "Mar  3 10:00:00")
	// A year and a bit, begun one year too late.
	f(2026, "2026-03-04 00:00:00", true, "Feb 10 00:00:00", "Aug  1 00:00:00", "Mar  3 10:00:00")
	f(2025, "2026-03-04 00:00:00", false, "Feb 10 00:00:00", "Aug  1 00:00:00", "Dec  1 00:00:00", "Mar  3 10:00:00")
	// A late line does not hide it.
	f(2026, "2026-03-04 00:00:00", true, "Mar  9 00:00:00", "Mar  3 00:00:00")
	// February 29 needs a leap year.
	f(2026, "2026-03-04 00:00:00", true, "Feb 27 00:00:00", "Feb 29 00:00:00")
	f(2024, "2026-03-04 00:00:00", false, "Feb 27 00:00:00", "Feb 29 00:00:00", "Mar  1 00:00:00")
	// Dated stamps say nothing about the guess.
	f(2026, "2026-03-04 00:00:00", false, "2031-03-03T00:00:00Z")
}

func TestFirstYear(t *testing.T) {
	f := func(month time.Month, day int, anchor string, want int) {
		t.Helper()
		at, err := time.Parse(time.RFC3339, anchor)
		if err != nil {
			t.Fatal(err)
		}
		if got := FirstYear(month, day, at); got != want {
			t.Errorf("%v %d, anchor %s: got %d, want %d", month, day, anchor, got, want)
		}
	}
	f(time.March, 3, "2026-03-03T10:00:00Z", 2026)
	f(time.March, 4, "2026-03-03T10:00:00Z", 2026) // tomorrow: the zones differ
	f(time.March, 5, "2026-03-03T10:00:00Z", 2025)
	f(time.December, 20, "2026-03-03T10:00:00Z", 2025)
	f(time.January, 1, "2025-12-31T10:00:00Z", 2026)
	f(time.January, 2, "2025-12-31T10:00:00Z", 2025)
	f(time.December, 31, "2026-01-01T00:00:00Z", 2025)
	f(time.March, 3, "2026-03-02T23:30:00-08:00", 2026)
	f(time.February, 29, "2026-03-03T10:00:00Z", 2024)
	f(time.February, 29, "2024-02-28T12:00:00Z", 2024)
	f(time.February, 29, "2024-02-27T12:00:00Z", 2020)
	f(time.February, 29, "2101-03-01T00:00:00Z", 2096) // 2100 is no leap year
}

// Wall clock to UTC, through the hours in which a zone changes.
func TestClockZone(t *testing.T) {
	f := func(zone string, stampsAndUTC ...string) {
		t.Helper()
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		c := NewClock(2026, loc)
		for i := 0; i < len(stampsAndUTC); i += 2 {
			if got := read(t, c, stampsAndUTC[i]).Format("2006-01-02 15:04:05"); got != stampsAndUTC[i+1] {
				t.Errorf("%s %q: got %s, want %s", zone, stampsAndUTC[i], got, stampsAndUTC[i+1])
			}
		}
	}
	f("Europe/Berlin",
		"Jan  6 12:00:00", "2026-01-06 11:00:00",
		"Mar 29 01:59:59", "2026-03-29 00:59:59",
		"Mar 29 02:30:00", "2026-03-29 01:30:00", // never on the clock
		"Mar 29 03:00:00", "2026-03-29 01:00:00",
		"Jul  6 12:00:00", "2026-07-06 10:00:00",
		"Oct 25 01:59:59", "2026-10-24 23:59:59",
		"Oct 25 02:30:00", "2026-10-25 00:30:00", // twice on the clock
		"Oct 25 03:00:00", "2026-10-25 02:00:00",
		"2026-07-06T12:00:00", "2026-07-06 10:00:00",
		"2026-07-06T12:00:00Z", "2026-07-06 12:00:00",
		"Mon 2026-07-06 12:00:00 CEST", "2026-07-06 10:00:00")
	f("Asia/Kolkata", "Mar  3 05:00:00", "2026-03-02 23:30:00")
	f("Australia/Lord_Howe",
		"Oct  4 01:59:00", "2026-10-03 15:29:00",
		"Oct  4 02:31:00", "2026-10-03 15:31:00") // 02:00 to 02:30 is skipped
	f("America/Los_Angeles", "Dec 31 16:00:00", "2027-01-01 00:00:00")
}

// daysBefore agrees with the standard library.
func TestDaysBefore(t *testing.T) {
	at := time.Date(1969, 12, 1, 0, 0, 0, 0, time.UTC)
	for range 60_000 {
		y, m, d := at.Date()
		if got, want := daysBefore(y, int(m), d)*day, at.Unix(); got != want {
			t.Fatalf("%v: got %d, want %d", at, got, want)
		}
		at = at.AddDate(0, 0, 1)
	}
	if got, want := wallSeconds(0, 1, 1, 0), time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC).Unix(); got != want {
		t.Errorf("year 0: got %d, want %d", got, want)
	}
}

func TestSample(t *testing.T) {
	lines := func(s ...string) (b [][]byte) {
		for _, l := range s {
			b = append(b, []byte(l))
		}
		return b
	}
	f := func(yearless, zoneless bool, s ...string) {
		t.Helper()
		if y, z := Yearless(lines(s...)), Zoneless(lines(s...)); y != yearless || z != zoneless {
			t.Errorf("%q: yearless %v, zoneless %v; want %v, %v", s, y, z, yearless, zoneless)
		}
	}
	f(true, true, "", "-- Reboot --", "Mar  3 10:18:23 mx1 smtp[1]: x")
	f(false, true, "2026-03-03T10:18:23 mx1 smtp[1]: x")
	f(false, true, "Mar  3 2026 10:18:23 mx1 smtp[1]: x")
	f(false, false, "2026-03-03T10:18:23Z mx1 smtp[1]: x", "1772533103.504367 mx1 smtp[1]: x", "A89EB7629C3: removed")
	f(true, true, "2026-03-03T10:18:23Z mx1 smtp[1]: x", "<22>Mar  3 10:18:23 mx1 smtp[1]: x")
	if m, d, ok := FirstStamp(lines("x", "2026-01-01T00:00:00Z h a: b", "Feb 29 10:18:23 h a: b", "Mar  1 00:00:00 h a: b")); !ok || m != time.February || d != 29 {
		t.Errorf("first stamp is %v %d %v, want February 29", m, d, ok)
	}
	if _, _, ok := FirstStamp(lines("x")); ok {
		t.Error("a first stamp from nothing")
	}
}
