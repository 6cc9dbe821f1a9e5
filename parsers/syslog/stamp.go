package syslog

import "encoding/binary"

// stamp is a time stamp as it was written.
type stamp struct {
	year, month, day int
	second           int   // of the day
	micro            int64 // fraction of the second
	offset           int64 // seconds east of UTC
	unix             int64 // seconds since 1970, of a stamp that is a number

	precise            bool // has a fraction
	yearless, zoneless bool
	numeric            bool // unix is set instead of date and time
}

// stamp reads the time stamp at the start of b into h and returns its length, 0
// if there is none. A stamp of the same second as the one before costs a
// comparison.
func (c *Clock) stamp(b []byte, h *Header) int {
	if len(b) > 15 && b[3] == ' ' {
		if bsdKey(b) == c.bsd {
			micro, n := fraction(b[15:])
			if 15+n < len(b) && b[15+n] != ' ' {
				return 0
			}
			h.Time, h.Precise, h.Yearless, h.Zoneless = c.bsdUTC*1e6+micro, n > 0, true, true
			return 15 + n
		}
	}
	if len(b) > 19 && b[4] == '-' && isoKey(b) == c.iso {
		if b[19] == ' ' {
			h.Time, h.Zoneless = c.utc(c.isoWall)*1e6, true
			return 19
		}
		var s stamp
		n := isoTail(b[19:], &s)
		if 19+n < len(b) && b[19+n] != ' ' {
			return 0
		}
		utc := c.isoWall - s.offset
		if s.zoneless {
			utc = c.utc(c.isoWall)
		}
		h.Time, h.Precise, h.Zoneless = utc*1e6+s.micro, s.precise, s.zoneless
		return 19 + n
	}
	s, n := readStamp(b)
	if n == 0 {
		return 0
	}
	var utc int64
	switch {
	case s.numeric:
		utc = s.unix
	case s.yearless:
		utc = c.yearless(s.month, s.day, s.second)
		c.bsd = [2]uint64{}
		if len(b) > 15 && b[6] == ' ' && b[9] == ':' { // not "Jan 6 ..."
			c.bsd, c.bsdUTC = bsdKey(b), utc
		}
	default:
		wall := wallSeconds(s.year, s.month, s.day, s.second)
		if b[4] == '-' {
			c.iso, c.isoWall = isoKey(b), wall
		}
		if utc = wall - s.offset; s.zoneless {
			utc = c.utc(wall)
		}
	}
	h.Time, h.Precise, h.Yearless, h.Zoneless = utc*1e6+s.micro, s.precise, s.yearless, s.zoneless
	return n
}

func bsdKey(b []byte) [2]uint64 {
	return [2]uint64{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[7:])}
}

func isoKey(b []byte) [3]uint64 {
	return [3]uint64{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[11:])}
}

// readStamp reads any of the known time stamps and returns its length, 0 if b
// does not begin with one. A stamp is followed by a space or the end.
func readStamp(b []byte) (s stamp, n int) {
	switch {
	case len(b) < 14:
		return s, 0
	case b[0]-'0' > 9 && b[3] == ' ':
		if n = readBSD(b, &s); n == 0 {
			n = readFull(b, &s)
		}
	case b[4] == '-':
		if n = readISO(b, &s); n > 0 {
			n += isoTail(b[n:], &s)
		}
	default:
		n = readUnix(b, &s)
	}
	if n < len(b) && b[n] != ' ' {
		return s, 0
	}
	return s, n
}

// readBSD reads the stamp of RFC 3164: "Mar  3 10:18:23". The day may also be
// padded with a zero (postlogd, msg_logger.c; journalctl) or not at all, a year
// may follow it ("Mar  3 2026 10:18:23") and a fraction the time (journalctl -o
// short-precise).
func readBSD(b []byte, s *stamp) int {
	if s.month = monthNumber(b); s.month == 0 {
		return 0
	}
	i := 4
	if b[i] == ' ' {
		i++
	}
	d, n := number(b[i:], 2)
	i += n
	if n == 0 || d < 1 || d > monthDays(s.month) || i >= len(b) || b[i] != ' ' {
		return 0
	}
	s.day, s.yearless, s.zoneless = d, true, true
	i++
	if y, n := number(b[i:], 4); n == 4 && i+n < len(b) && b[i+n] == ' ' {
		if d == 29 && s.month == 2 && !isLeap(y) {
			return 0
		}
		s.year, s.yearless = y, false
		i += n + 1
	}
	if n = readTime(b[i:], s); n == 0 {
		return 0
	}
	i += n
	s.micro, n = fraction(b[i:])
	s.precise = n > 0
	return i + n
}

// readISO reads date and time of RFC 3339, without what may follow the seconds:
// "2026-03-03T10:18:23", or with a space for the T.
func readISO(b []byte, s *stamp) int {
	n := readDate(b, s)
	if n == 0 || len(b) < n+9 || b[n] != 'T' && b[n] != ' ' && b[n] != 't' {
		return 0
	}
	t := readTime(b[n+1:], s)
	if t == 0 {
		return 0
	}
	return n + 1 + t
}

func readDate(b []byte, s *stamp) int {
	if len(b) < 10 || b[4] != '-' || b[7] != '-' {
		return 0
	}
	y, n := number(b, 4)
	m, k := number(b[5:], 2)
	d, l := number(b[8:], 2)
	if n != 4 || k != 2 || l != 2 || m < 1 || m > 12 || d < 1 || d > monthDays(m) || d == 29 && m == 2 && !isLeap(y) {
		return 0
	}
	s.year, s.month, s.day = y, m, d
	return 10
}

// readTime reads "10:18:23", a leap second included.
func readTime(b []byte, s *stamp) int {
	if len(b) < 8 || b[2] != ':' || b[5] != ':' {
		return 0
	}
	h, n := number(b, 2)
	m, k := number(b[3:], 2)
	sec, l := number(b[6:], 2)
	if n != 2 || k != 2 || l != 2 || h > 23 || m > 59 || sec > 60 {
		return 0
	}
	s.second = h*3600 + m*60 + sec
	return 8
}

// isoTail reads a fraction and a zone: "", ".504367", ",504", "Z", "+00:00",
// "+0000", "+00". Without a zone the stamp is zoneless.
func isoTail(b []byte, s *stamp) int {
	micro, n := fraction(b)
	s.micro, s.precise = micro, n > 0
	k, ok := readOffset(b[n:], s)
	s.zoneless = !ok
	return n + k
}

func readOffset(b []byte, s *stamp) (n int, ok bool) {
	if len(b) > 0 && (b[0] == 'Z' || b[0] == 'z') {
		return 1, true
	}
	if len(b) < 3 || b[0] != '+' && b[0] != '-' {
		return 0, false
	}
	hours, k := number(b[1:], 2)
	if k != 2 || hours > 23 {
		return 0, false
	}
	n = 3
	minutes := 0
	rest := b[3:]
	if len(rest) > 0 && rest[0] == ':' {
		rest = rest[1:]
	}
	if m, k := number(rest, 2); k == 2 && m < 60 {
		minutes = m
		n = len(b) - len(rest) + 2
	}
	s.offset = int64(hours*3600 + minutes*60)
	if b[0] == '-' {
		s.offset = -s.offset
	}
	return n, true
}

// fraction reads ".504367" as microseconds; digits beyond the sixth are dropped.
func fraction(b []byte) (micro int64, n int) {
	if !isFraction(b, 0) {
		return 0, 0
	}
	n = 1
	for n < len(b) && b[n]-'0' <= 9 {
		if n <= 6 {
			micro = micro*10 + int64(b[n]-'0')
		}
		n++
	}
	for i := n; i <= 6; i++ {
		micro *= 10
	}
	return micro, n
}

func isFraction(b []byte, i int) bool {
	return i+1 < len(b) && (b[i] == '.' || b[i] == ',') && b[i+1]-'0' <= 9
}

// number reads up to width digits.
func number(b []byte, width int) (v, n int) {
	for n < len(b) && n < width && b[n]-'0' <= 9 {
		v = v*10 + int(b[n]-'0')
		n++
	}
	return v, n
}

// monthNumber returns 1 to 12 for the English name at the start of b, else 0.
func monthNumber(b []byte) int {
	switch string(b[:3]) {
	case "Jan":
		return 1
	case "Feb":
		return 2
	case "Mar":
		return 3
	case "Apr":
		return 4
	case "May":
		return 5
	case "Jun":
		return 6
	case "Jul":
		return 7
	case "Aug":
		return 8
	case "Sep":
		return 9
	case "Oct":
		return 10
	case "Nov":
		return 11
	case "Dec":
		return 12
	}
	return 0
}
