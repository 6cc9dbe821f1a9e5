package group

// line divides the detail that is summed up from that which stays.
type line struct {
	ranks
	upTo rank
	// begin and end are those of the window that was asked for last, until where its
	// detail is gone, and near until where detail of it is near to what is gone.
	begin, end  int64
	until, near int64
}

// gone says that the detail of a time is summed up.
func (l *line) gone(t int64) bool {
	if t < l.begin || t >= l.end {
		l.look(t / l.length)
	}
	return t < l.until
}

// close says that the detail of a time, or that of a window before or after it, is gone.
func (l *line) close(t int64) bool {
	if t < l.begin || t >= l.end {
		l.look(t / l.length)
	}
	return t < l.near
}

// look looks at a window and its neighbours.
func (l *line) look(w int64) {
	l.begin, l.end = w*l.length, (w+1)*l.length
	l.until = l.goneUntil(w)
	l.near = max(l.until, l.goneUntil(w-1)+l.length, l.goneUntil(w+1)-l.length)
}

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

func (l *line) bucketGone(t int64) bool { return compareRanks(l.ofBucket(t), l.upTo) <= 0 }
