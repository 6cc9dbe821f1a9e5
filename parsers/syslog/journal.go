package syslog

// readFull reads the stamp of journalctl -o short-full: "Tue 2026-03-03 10:18:23
// UTC". Of the zone names only UTC is unambiguous; any other is taken as the
// zone of the file.
func readFull(b []byte, s *stamp) int {
	if !isWeekday(b) {
		return 0
	}
	n := readISO(b[4:], s)
	if n == 0 {
		return 0
	}
	i := 4 + n
	i += isoTail(b[i:], s)
	if !s.zoneless || i+1 >= len(b) || b[i] != ' ' {
		return i
	}
	zone := b[i+1:]
	if k, ok := readOffset(zone, s); ok && (k == len(zone) || zone[k] == ' ') {
		s.zoneless = false
		return i + 1 + k
	}
	k := 0
	for k < len(zone) && zone[k] >= 'A' && zone[k] <= 'Z' {
		k++
	}
	if k < 2 || k > 5 || k < len(zone) && zone[k] != ' ' {
		return i
	}
	s.zoneless = string(zone[:k]) != "UTC" && string(zone[:k]) != "GMT"
	return i + 1 + k
}

// readUnix reads the stamp of journalctl -o short-unix: "1772533103.504367".
func readUnix(b []byte, s *stamp) int {
	n := 0
	for n < len(b) && n < 12 && b[n]-'0' <= 9 {
		s.unix = s.unix*10 + int64(b[n]-'0')
		n++
	}
	if n < 9 || n > 11 || !isFraction(b, n) {
		return 0
	}
	micro, k := fraction(b[n:])
	s.micro, s.precise, s.numeric = micro, true, true
	return n + k
}

func isWeekday(b []byte) bool {
	switch string(b[:3]) {
	case "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun":
		return true
	}
	return false
}
