package source

import (
	"path/filepath"
	"time"
)

// Anchor is about the time of the newest line, or a little later: where to count
// back from when time stamps have no year. It is not exact: the zone of the log
// is unknown, and a program may have written any time into a gzip header, so
// allow lines to be newer by days. The string says where it is from:
//
//   - "file name": the end of the last day that the name holds, as rotation
//     appends it (logrotate dateext: maillog-20260301, mail.log.2026-03-01,
//     mail_20260301.log); taken as UTC;
//   - "gzip header": the time of the file that was compressed (RFC 1952 2.3.1);
//   - "file date": when the file was last written.
//
// The time is zero and the string empty if there is none, as on standard input.
func (r *Reader) Anchor() (time.Time, string) { return r.anchor, r.from }

// setAnchor chooses the anchor; the date of the file is set, head is the start
// of the compressed bytes.
func (r *Reader) setAnchor(head []byte) {
	if !r.anchor.IsZero() {
		r.from = "file date"
	}
	if r.codec == gzipped {
		if t := gzipTime(head); t != 0 {
			r.anchor, r.from = time.Unix(t, 0), "gzip header"
		}
	}
	if r.in.Path == Stdin {
		return
	}
	if day := nameDate(filepath.Base(r.in.Path)); !day.IsZero() {
		r.anchor, r.from = day.AddDate(0, 0, 1).Add(-time.Second), "file name"
	}
}

// nameDate is the last day that a file name holds: YYYYMMDD, YYYY-MM-DD,
// YYYY_MM_DD or YYYY.MM.DD at its start or after one of "-_.", not followed by a
// letter or more digits than a time of day has (logrotate dateformat
// -%Y%m%d%H). Zero if there is none.
func nameDate(name string) (last time.Time) {
	for i := range name {
		if i > 0 && name[i-1] != '-' && name[i-1] != '_' && name[i-1] != '.' {
			continue
		}
		if day, ok := dateAt(name[i:]); ok && day.After(last) {
			last = day
		}
	}
	return last
}

// dateAt reads a date at the start of s.
func dateAt(s string) (time.Time, bool) {
	year, ok1 := digits(s, 0, 4)
	if !ok1 {
		return time.Time{}, false
	}
	at, sep := 4, byte(0)
	if len(s) > 4 && (s[4] == '-' || s[4] == '_' || s[4] == '.') {
		at, sep = 5, s[4]
	}
	month, ok1 := digits(s, at, 2)
	at += 2
	if sep != 0 {
		if len(s) <= at || s[at] != sep {
			return time.Time{}, false
		}
		at++
	}
	day, ok2 := digits(s, at, 2)
	at += 2
	if !ok1 || !ok2 || !dateEnds(s[at:]) {
		return time.Time{}, false
	}
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	// time.Date takes 31 February for 3 March; a name that says so holds no date.
	return date, 1980 <= year && year < 2100 && date.Month() == time.Month(month) && date.Day() == day
}

// dateEnds says that a date may stand before s: the end, punctuation, T and a
// time, or the two, four or six digits of one.
func dateEnds(s string) bool {
	if len(s) > 1 && s[0] == 'T' && isDigit(s[1]) {
		return true
	}
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	if hour, ok := digits(s, 0, 2); n > 0 && (n > 6 || n%2 == 1 || !ok || hour > 23) {
		return false
	}
	return n == len(s) || !('a' <= s[n]|0x20 && s[n]|0x20 <= 'z')
}

// digits reads n digits of s at an offset.
func digits(s string, at, n int) (v int, ok bool) {
	if len(s) < at+n {
		return 0, false
	}
	for _, c := range []byte(s[at : at+n]) {
		if !isDigit(c) {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	return v, true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
