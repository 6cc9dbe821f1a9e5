package group

func total(m []moment) (n int64) {
	for i := range m {
		n += m[i].attempts
	}
	return n
}

// levels adds attempts by level to a count, which it changes.
func levels(at []int64, m []moment, level func(*moment) int) []int64 {
	for i := range m {
		n := level(&m[i])
		for len(at) <= n {
			at = append(at, 0)
		}
		at[n] += m[i].attempts
	}
	return at
}

// highest returns the highest level at or above which enough attempts were made; 0 if
// there is none.
func highest(m []moment, enough int64, level func(*moment) int) int {
	return enoughAt(levels(nil, m, level), enough)
}

// enoughAt is highest for a count by level.
func enoughAt(at []int64, enough int64) int {
	var n int64
	for i := len(at) - 1; i > 0; i-- {
		if n += at[i]; n >= enough {
			return i
		}
	}
	return 0
}

// sumLevels adds a count by level to another, which it changes.
func sumLevels(a, b []int64) []int64 {
	for len(a) < len(b) {
		a = append(a, 0)
	}
	for i := range b {
		a[i] += b[i]
	}
	return a
}

func sumOf(at []int64) (n int64) {
	for i := range at {
		n += at[i]
	}
	return n
}

// lowest returns the lowest level up to which more than few attempts were made.
func lowest(at []int64, few int64) int {
	var n int64
	for i := range at {
		if n += at[i]; n > few {
			return i
		}
	}
	return len(at) - 1
}
