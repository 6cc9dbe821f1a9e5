package group

import (
	"math"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
)

// line divides the detail that is summed up from that which stays.
type line struct {
	ranks
	upTo   rank
	series int64 // the bucket up to which series are gone
	// first and last are the windows that are looked at.
	first, last int64
	// begin and end are those of the window that was asked for last, until where its
	// detail is gone.
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

// look looks at a window.
func (l *line) look(w int64) {
	l.begin, l.end = w*l.length, (w+1)*l.length
	if l.until = l.goneUntil(w); w < l.first || w > l.last {
		l.until = l.begin
	}
}

// only has nothing gone but what is in some windows.
func (l *line) only(first, last int64) {
	l.first, l.last = first, last
	l.begin, l.end = 0, 0
}

// allWindows are all windows.
func allWindows() (first, last int64) { return math.MinInt64, math.MaxInt64 }

// goneUntil is when the detail of a window that stays begins.
func (l *line) goneUntil(w int64) int64 {
	from, to := w*l.length, (w+1)*l.length
	switch class := l.window(w); {
	case class < l.upTo.class:
		return to
	case class > l.upTo.class:
		return from
	}
	return min(max((l.upTo.at+1)*bucketLength, from), to)
}

// bucketGone is gone for a bucket.
func (l *line) bucketGone(t int64) bool {
	k := l.ofBucket(t)
	return k.class == series && k.at <= l.series || k.class < series && compareRanks(k, l.upTo) <= 0
}
