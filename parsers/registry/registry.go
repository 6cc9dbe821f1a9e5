// Package registry lists the log formats that the program reads, and finds the
// one that a sample is of.
//
// It is apart from package parsers so that the formats can import that package.
package registry

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/seed-07ce53fa/diagnose/parsers"
	"github.com/seed-07ce53fa/diagnose/parsers/postfix"
)

// All returns every format, in the order in which help and errors name them.
func All() []parsers.Format {
	return []parsers.Format{
		postfix.Format,
	}
}

// ByName returns the format of that name. The error names those there are, and
// the one that may have been meant.
func ByName(name string) (parsers.Format, error) {
	var names []string
	for _, f := range All() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	hint := ""
	if near := nearest(name, names); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	return parsers.Format{}, fmt.Errorf("cannot find log format %q: known formats are %s%s", name, strings.Join(names, ", "), hint)
}

// leastShare is the share of a sample that a format must know for sure. It is
// low because a system log holds the lines of many programs.
const leastShare = 0.01

// UnknownError says that no format knows enough of a sample.
type UnknownError struct {
	// Best is the name of the format that knows most of it, empty if none knows a
	// line.
	Best string
	// Share is the part of the sample's lines that it knows, 0 to 1.
	Share float64
	// Lines is the number of lines that were looked at, empty ones left out.
	Lines int
}

func (e *UnknownError) Error() string {
	switch {
	case e.Lines == 0:
		return "cannot detect the log format: the sample is empty"
	case e.Best == "":
		return fmt.Sprintf("cannot detect the log format: no known format has any of the %d lines looked at", e.Lines)
	}
	return fmt.Sprintf("cannot detect the log format: the best guess, %s, knows %.1f %% of the %d lines looked at", e.Best, 100*e.Share, e.Lines)
}

// Detect returns the format that surely wrote most lines of the sample, and
// their share of the lines that are not empty (0 to 1). Of formats that know
// the same number the first of All wins. If none knows one line in a hundred
// the error is an *UnknownError.
func Detect(sample [][]byte) (parsers.Format, float64, error) {
	return detect(All(), sample)
}

func detect(formats []parsers.Format, sample [][]byte) (best parsers.Format, share float64, err error) {
	lines, most := 0, 0
	for _, line := range sample {
		if len(bytes.TrimSpace(line)) > 0 {
			lines++
		}
	}
	for _, f := range formats {
		if n := f.Score(sample); n > most {
			best, most = f, n
		}
	}
	if lines > 0 {
		share = min(float64(most)/float64(lines), 1)
	}
	if most == 0 || share < leastShare {
		return parsers.Format{}, share, &UnknownError{Best: best.Name, Share: share, Lines: lines}
	}
	return best, share, nil
}

// nearest returns the name that differs least from what was typed, if it differs
// by at most a third of its letters, or begins the same.
func nearest(typed string, names []string) string {
	typed = strings.ToLower(strings.TrimSpace(typed))
	best, least := "", 0
	for _, n := range names {
		d := distance(typed, n)
		if len(typed) > 2 && (strings.HasPrefix(n, typed) || strings.HasPrefix(typed, n)) {
			d = 0
		}
		if d <= len(n)/3 && (best == "" || d < least) {
			best, least = n, d
		}
	}
	return best
}

// distance counts the letters to insert, delete or replace to get from a to b
// (Levenshtein).
func distance(a, b string) int {
	if len(a) > 64 { // nobody's typing error
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := diagonal
			if a[i] != b[j] {
				d = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], d
		}
	}
	return row[len(b)]
}
