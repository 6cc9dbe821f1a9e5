package group

import "strconv"

// Where is a place in the input. Time is microseconds since 1970.
type Where struct {
	Time int64
	File string
	Line int64
}

// Known says that the place is set.
func (w Where) Known() bool { return w.File != "" }

// before orders places by time, then file and line, unknown ones last.
func (w Where) before(o Where) bool {
	switch {
	case w.Known() != o.Known():
		return w.Known()
	case w.Time != o.Time:
		return w.Time < o.Time
	case w.File != o.File:
		return w.File < o.File
	}
	return w.Line < o.Line
}

// earlier returns the earlier of two places.
func earlier(a, b Where) Where {
	if b.before(a) {
		return b
	}
	return a
}

// later returns the later of two places.
func later(a, b Where) Where {
	switch {
	case !a.Known():
		return b
	case !b.Known() || b.before(a):
		return a
	}
	return b
}

// String writes a place as file:line, or nothing if it is not known.
func (w Where) String() string {
	if !w.Known() {
		return ""
	}
	return w.File + ":" + strconv.FormatInt(w.Line, 10)
}
