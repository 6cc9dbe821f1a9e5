package syslog

// Trim removes what is not part of a line's text: a byte order mark, the carriage
// return of a CRLF file, and NULs left by a crash. Parse does so by itself.
func Trim(line []byte) []byte { return trim(line) }

// Leading reads a time stamp of the form "2026-03-03 10:18:23.504" at the start
// of a text, into Time, Precise, Stamped and Zoneless of h, and returns its
// length, 0 if there is none. It is for programs that write one of their own. A
// zone may follow after a blank, "2026-03-03 10:18:23 +0100" (Exim's tod.c with
// log_timezone).
func (c *Clock) Leading(b []byte, h *Header) int {
	if len(b) < 19 || b[4] != '-' || b[10] != ' ' {
		return 0
	}
	n := c.stamp(b, h)
	if n == 0 {
		return 0
	}
	h.Stamped = true
	if !h.Zoneless || len(b) < n+6 || b[n] != ' ' || len(b) > n+6 && b[n+6] != ' ' {
		return n
	}
	var zone stamp
	if k, ok := readOffset(b[n+1:n+6], &zone); !ok || k != 5 {
		return n
	}
	micro := h.Time - c.utc(c.isoWall)*1e6 // stamp has left the reading in isoWall
	h.Time, h.Zoneless = (c.isoWall-zone.offset)*1e6+micro, false
	return n + 6
}

// Stamps says that a text begins with a time stamp that is no number.
func Stamps(b []byte) bool {
	if len(b) < 15 || b[3] != ' ' && b[4] != '-' {
		return false
	}
	_, n := readStamp(b)
	return n > 0
}
