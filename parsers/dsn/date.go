package dsn

import (
	"bytes"
	netmail "net/mail"
	"time"
)

// when reads the first of several date fields that there is (RFC 5322 3.3) as
// microseconds since 1970, 0 if there is none. The date of the notification itself
// is never one of them: it may be days after the attempt.
func when(zone *time.Location, dates ...[]byte) int64 {
	for _, d := range dates {
		if t, ok := date(zone, d); ok {
			return t.UnixMicro()
		}
	}
	return 0
}

func date(zone *time.Location, d []byte) (time.Time, bool) {
	d = bytes.TrimSpace(d)
	if i := bytes.IndexByte(d, '('); i >= 0 { // "+0900 (JST)"
		d = bytes.TrimSpace(d[:i])
	}
	if len(d) == 0 || len(d) > 80 {
		return time.Time{}, false
	}
	text := string(d)
	if t, err := netmail.ParseDate(text); err == nil && isNumeric(d) {
		return t, plausible(t)
	}
	// A zone by its name, or none.
	words := bytes.Fields(d)
	last := string(words[len(words)-1])
	offset, named := zones[last]
	if !named && last[0] >= 'A' && last[0] <= 'Z' {
		named, offset = true, -1
	}
	if named {
		text = string(bytes.Join(words[:len(words)-1], []byte(" ")))
		if offset >= 0 || offset < -1 {
			zone = time.FixedZone(last, offset)
		}
	}
	for _, layout := range [...]string{
		"Mon, 2 Jan 2006 15:04:05", "2 Jan 2006 15:04:05", "Mon, 2 Jan 2006 15:04", "Mon Jan 2 15:04:05 2006", "Mon, 2 Jan 06 15:04:05",
		"2006-01-02 15:04:05", "2006-01-02T15:04:05Z07:00", "Mon, 02-Jan-2006 15:04:05", "Mon, 2 Jan 2006 15:04:05 -0700", "Mon Jan 2 15:04:05 2006 -0700",
	} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, plausible(t)
		}
	}
	return time.Time{}, false
}

// isNumeric says that a date ends with a numeric zone.
func isNumeric(d []byte) bool {
	n := len(d)
	return n > 5 && (d[n-5] == '+' || d[n-5] == '-')
}

// plausible leaves out dates that cannot be of mail.
func plausible(t time.Time) bool { return t.Year() >= 1970 && t.Year() < 2200 }

// zones are the names that RFC 5322 4.3 gives a meaning, in seconds east of UTC.
var zones = map[string]int{
	"UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "EST": -5 * 3600, "EDT": -4 * 3600, "CST": -6 * 3600, "CDT": -5 * 3600,
	"MST": -7 * 3600, "MDT": -6 * 3600, "PST": -8 * 3600, "PDT": -7 * 3600,
}
