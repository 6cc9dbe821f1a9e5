package group

import (
	"math"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
)

// line divides the detail that is summed up from that which stays.
type line struct {
	ranks
	upTo   rank
	series int64 // the bucket up to which series are gone
	// first and last are the windows that are looked at.
	first, last int64
	// begin and end are those of the window that was asked for last, or of the clean ones
	// in a row that it is one of; until is where their detail is gone.
	begin, end, until int64
}

// gone says that the detail of a time is summed up.
func (l *line) gone(t int64) bool {
	if t < l.begin || t >= l.end {
		l.look(t / l.length)
	}
	return t < l.until
}

// near says that a session may have been open at a time that is gone, or shortly before or
// after it.
func (l *line) near(s *session.Span) bool {
	for t := s.Open - shadowTime; ; t = l.end {
		if l.gone(t) {
			return true
		}
		if s.Close+shadowTime < l.end {
			return false
		}
	}
}

// look looks at a window. The clean ones around a clean one are all looked at: there the
// line is drawn once.
func (l *line) look(w int64) {
	if w < l.first {
		l.begin, l.end = math.MinInt64, l.first*l.length
		l.until = l.begin
		return
	}
	if w > l.last {
		l.begin, l.end = (l.last+1)*l.length, math.MaxInt64
		l.until = l.begin
		return
	}
	l.begin, l.end = math.MinInt64, math.MaxInt64
	class := l.window(w)
	if class == clean {
		i, _ := slices.BinarySearch(l.troubled, w)
		if i > 0 {
			l.begin = (l.troubled[i-1] + 2) * l.length
		}
		if i < len(l.troubled) {
			l.end = (l.troubled[i] - 1) * l.length
		}
	} else {
		l.begin, l.end = w*l.length, (w+1)*l.length
	}
	if l.first != math.MinInt64 {
		l.begin = max(l.begin, l.first*l.length)
	}
	if l.last != math.MaxInt64 {
		l.end = min(l.end, (l.last+1)*l.length)
	}
	l.until = l.goneUntil(class)
}

// only has nothing gone but what is in some windows.
func (l *line) only(first, last int64) {
	l.first, l.last = first, last
	l.begin, l.end = 0, 0
}

// allWindows are all windows.
func allWindows() (first, last int64) { return math.MinInt64, math.MaxInt64 }

// goneUntil is when the detail that stays begins, in the windows that are looked at, which
// are of a class.
func (l *line) goneUntil(class uint8) int64 {
	switch {
	case class < l.upTo.class:
		return l.end
	case class > l.upTo.class:
		return l.begin
	}
	return min(max((l.upTo.at+1)*bucketLength, l.begin), l.end)
}

// around are the times between which sessions are that may be near.
func (l *line) around() (from, to int64) {
	return l.first*l.length - shadowTime, (l.last+1)*l.length + shadowTime
}

// bucketGone is gone for a bucket.
func (l *line) bucketGone(t int64) bool {
	k := l.ofBucket(t)
	return k.class == series && k.at <= l.series || k.class < series && compareRanks(k, l.upTo) <= 0
}
