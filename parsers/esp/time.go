package esp

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Stamp is a time as an export has it.
type Stamp struct {
	// Micro is microseconds since 1970-01-01 UTC, 0 if there is no time.
	Micro int64
	// Precise says that the time is finer than a second.
	Precise bool
	// Zoneless says that it has no zone of its own.
	Zoneless bool
}

// At fills in the time of an event.
func (t Stamp) At(e *mail.Event) { e.Time, e.Precise = t.Micro, t.Precise }

// ParseTime reads the time stamps of exports:
//
//	1529692198.641821                    seconds since 1970 (Mailgun, Postal), also whole ones
//	1520363423000                        milliseconds (Brevo); 16 digits are microseconds, 19 nanoseconds
//	2016-01-27T14:59:38.237Z             RFC 3339, with T or a blank, with or without fraction and zone
//	2016-04-27T16:28:50.3963933-04:00    Postmark
//	Wed, 15 Feb 2012 12:35:39 GMT        RFC 5322
//
// A time without a zone is taken to be in zone. Digits beyond the microsecond are
// dropped. What is none of these has Micro 0.
func ParseTime(b []byte, zone *time.Location) Stamp {
	b = bytes.TrimSpace(b)
	switch {
	case len(b) < 9 || len(b) > 64:
		return Stamp{}
	case b[0]-'0' > 9:
		return parseMail(b)
	case len(b) > 10 && b[4] == '-':
		return parseISO(b, zone)
	}
	return parseEpoch(b)
}

// parseEpoch reads seconds, milli-, micro- or nanoseconds since 1970. The number
// of digits tells them apart: seconds have nine to eleven between 1973 and 5138.
func parseEpoch(b []byte) Stamp {
	var whole int64
	n := 0
	for n < len(b) && n < 19 && b[n]-'0' <= 9 {
		whole = whole*10 + int64(b[n]-'0')
		n++
	}
	rest := b[n:]
	if n >= 9 && n <= 11 {
		if micro, k := fraction(rest); k == len(rest) {
			return Stamp{Micro: whole*1e6 + micro, Precise: k > 0}
		}
	}
	if bytes.ContainsAny(rest, "eE") {
		f, err := strconv.ParseFloat(string(b), 64)
		if err != nil || f < 1e8 || f > 1e11 {
			return Stamp{}
		}
		return Stamp{Micro: int64(math.Round(f * 1e6)), Precise: true}
	}
	switch {
	case n < 12, len(rest) > 0 && rest[0] != '.':
		return Stamp{}
	case n <= 14:
		return Stamp{Micro: whole * 1000, Precise: true}
	case n <= 17:
		return Stamp{Micro: whole, Precise: true}
	}
	return Stamp{Micro: whole / 1000, Precise: true}
}

// fraction reads ".504367" as microseconds and returns its length.
func fraction(b []byte) (micro int64, n int) {
	if len(b) < 2 || b[0] != '.' && b[0] != ',' || b[1]-'0' > 9 {
		return 0, 0
	}
	n = 1
	for unit := int64(100000); n < len(b) && b[n]-'0' <= 9; n++ {
		micro += int64(b[n]-'0') * unit
		unit /= 10
	}
	return micro, n
}

// parseISO reads RFC 3339 and its looser kin.
func parseISO(b []byte, zone *time.Location) Stamp {
	year, ok1 := number(b, 0, 4)
	month, ok2 := number(b, 5, 2)
	day, ok3 := number(b, 8, 2)
	if !ok1 || !ok2 || !ok3 || b[7] != '-' || month < 1 || month > 12 || day < 1 || day > 31 || year < 1970 {
		return Stamp{}
	}
	var hour, minute, second int
	s := Stamp{Zoneless: true}
	rest := b[10:]
	var micro, offset int64
	if rest[0] != 'T' && rest[0] != 't' && rest[0] != ' ' {
		return Stamp{}
	}
	hour, ok1 = number(rest, 1, 2)
	minute, ok2 = number(rest, 4, 2)
	if !ok1 || !ok2 || rest[3] != ':' || hour > 23 || minute > 59 {
		return Stamp{}
	}
	rest = rest[6:]
	if len(rest) > 2 && rest[0] == ':' {
		if second, ok1 = number(rest, 1, 2); !ok1 || second > 60 {
			return Stamp{}
		}
		var n int
		micro, n = fraction(rest[3:])
		s.Precise = n > 0
		rest = rest[3+n:]
	}
	if rest = bytes.TrimLeft(rest, " "); len(rest) > 0 {
		if offset, ok1 = parseZone(rest); !ok1 {
			return Stamp{}
		}
		s.Zoneless, zone = false, time.UTC
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, zone)
	s.Micro = (t.Unix()-offset)*1e6 + micro
	return s
}

// parseZone reads Z, UTC, GMT, +02:00, +0200 or +02 as seconds east of UTC.
func parseZone(b []byte) (seconds int64, ok bool) {
	switch string(b) {
	case "Z", "z", "UTC", "GMT", "(UTC)", "+0000 UTC":
		return 0, true
	}
	if b[0] != '+' && b[0] != '-' {
		return 0, false
	}
	h, ok := number(b, 1, 2)
	if !ok || h > 23 {
		return 0, false
	}
	m := 0
	if rest := bytes.TrimPrefix(b[3:], []byte(":")); len(rest) > 0 {
		if m, ok = number(rest, 0, 2); !ok || len(rest) != 2 || m > 59 {
			return 0, false
		}
	}
	seconds = int64(h*3600 + m*60)
	if b[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// number reads exactly n digits at b[i].
func number(b []byte, i, n int) (v int, ok bool) {
	if i+n > len(b) {
		return 0, false
	}
	for _, c := range b[i : i+n] {
		if c-'0' > 9 {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	return v, true
}

// parseMail reads the date of RFC 5322 3.3. Names of zones other than GMT, UT and
// UTC mean too many things.
func parseMail(b []byte) Stamp {
	s := string(b)
	for _, name := range [...]string{" GMT", " UTC", " UT", " Z"} {
		if bytes.HasSuffix(b, []byte(name)) {
			s = s[:len(s)-len(name)] + " +0000"
		}
	}
	t, err := time.Parse("Mon, 2 Jan 2006 15:04:05 -0700", s)
	if err != nil || t.Unix() <= 0 {
		return Stamp{}
	}
	return Stamp{Micro: t.UnixMicro()}
}

// Micros reads a number of seconds, "0.4367079734802246", as microseconds; 0 if it
// is none, negative, or more than a year.
func Micros(seconds []byte) int64 {
	var micro int64
	n := 0
	for n < len(seconds) && n < 9 && seconds[n]-'0' <= 9 {
		micro = micro*10 + int64(seconds[n]-'0')
		n++
	}
	if n == 0 || micro > 366*86400 {
		return 0
	}
	micro *= 1e6
	f, k := fraction(seconds[n:])
	rest := seconds[n+k:]
	if len(rest) == 0 {
		return micro + f
	}
	v, err := strconv.ParseFloat(string(seconds), 64) // "9.5e-05"
	if err != nil || v < 0 || v > 366*86400 {
		return 0
	}
	return int64(math.Round(v * 1e6))
}

// Millis reads a whole number of milliseconds as microseconds; 0 if it is none or
// more than a year.
func Millis(b []byte) int64 {
	if len(b) == 0 || len(b) > 11 {
		return 0
	}
	var v int64
	for _, c := range b {
		if c-'0' > 9 {
			return 0
		}
		v = v*10 + int64(c-'0')
	}
	if v > 366*86400*1000 {
		return 0
	}
	return v * 1000
}
