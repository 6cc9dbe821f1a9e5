package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// count is "1 line", "1,204 lines".
func count(n int64, one string) string {
	switch {
	case n == 1:
		return "1 " + one
	case strings.HasSuffix(one, "s"), strings.HasSuffix(one, "x"):
		return rules.Thousands(n) + " " + one + "es"
	case strings.HasSuffix(one, "y"):
		return rules.Thousands(n) + " " + strings.TrimSuffix(one, "y") + "ies"
	}
	return rules.Thousands(n) + " " + one + "s"
}

// Percent is part of whole with at most two decimals, rounded down, so that
// 100% is said only where nothing is missing.
func Percent(part, whole int64) string {
	if whole <= 0 {
		return "0%"
	}
	// Split, for part*10000 may not fit.
	hundredths := part/whole*10000 + part%whole*10000/whole
	s := fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") + "%"
}

// confidence is a level word with its number.
func confidence(c float64) string {
	word := "low"
	switch {
	case c >= 0.8:
		word = "high"
	case c >= 0.5:
		word = "medium"
	}
	return fmt.Sprintf("%s (%.2f)", word, c)
}

const (
	layoutDay    = "2006-01-02"
	layoutMinute = "15:04"
	layoutSecond = "15:04:05"
)

// span is "2026-05-20 00:00 to 23:59 UTC", or with both days where they differ.
func span(first, last time.Time) string {
	first, last = first.UTC(), last.UTC()
	s := first.Format(layoutDay + " " + layoutMinute)
	if first.Format(layoutDay) != last.Format(layoutDay) {
		return s + " to " + last.Format(layoutDay+" "+layoutMinute) + " UTC"
	}
	if first.Format(layoutMinute) != last.Format(layoutMinute) {
		s += " to " + last.Format(layoutMinute)
	}
	return s + " UTC"
}

// clock is span without the day where the whole report is one day.
func clock(first, last time.Time, oneDay bool) string {
	if !oneDay {
		return span(first, last)
	}
	a, b := first.UTC().Format(layoutMinute), last.UTC().Format(layoutMinute)
	if a == b {
		return "at " + a + " UTC"
	}
	return a + " to " + b + " UTC"
}

// instant is a moment to the second: "2026-05-20 09:02:14Z".
func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

// Wrap breaks s into lines of at most width bytes, at spaces where it can; more
// than most lines are cut with "..." (0: no bound). The result is never empty.
func Wrap(s string, width, most int) []string {
	width = max(width, 8)
	var lines []string
	line := ""
	flush := func() { lines, line = append(lines, strings.TrimRight(line, " ")), "" }
	for _, word := range strings.Fields(s) {
		if line != "" && len(line)+1+len(word) > width {
			flush()
		}
		if line != "" {
			line += " "
		}
		line += word
		for len(line) > width {
			cut := width
			for cut > 1 && strings.HasPrefix(line[cut:], "::") {
				cut-- // a line never begins like a command to a CI system
			}
			rest := line[cut:]
			line = line[:cut]
			flush()
			line = rest
		}
	}
	if line != "" || lines == nil {
		flush()
	}
	if most > 0 && len(lines) > most {
		lines = lines[:most]
		last := lines[most-1]
		if len(last) > width-4 {
			last = last[:width-4]
			if i := strings.LastIndexByte(last, ' '); i > width/2 {
				last = last[:i]
			}
		}
		lines[most-1] = strings.TrimRight(last, " ") + " ..."
	}
	return lines
}

// shorten cuts s so that it fits width. A host name keeps its
// end, for the end says whose it is.
func shorten(s string, width int) string {
	if len(s) <= width || width < 5 {
		return s[:min(len(s), max(width, 0))]
	}
	if strings.Contains(s, ".") && !strings.Contains(s, " ") {
		return ".." + s[len(s)-width+2:]
	}
	return s[:width-2] + ".."
}

// shortenMiddle cuts the middle of s out, for names that differ at the beginning and
// say whose they are at the end.
func shortenMiddle(s string, width int) string {
	if len(s) <= width || width < 5 {
		return s[:min(len(s), max(width, 0))]
	}
	head := (width - 1) / 2
	return s[:head] + ".." + s[len(s)-(width-2-head):]
}

// commonHost names several hosts by the labels they share ("*.example.net"), or
// by the first two of them.
func commonHost(hosts []string) string {
	if len(hosts) == 0 {
		return ""
	}
	shared := strings.Split(hosts[0], ".")
	for _, h := range hosts[1:] {
		labels := strings.Split(h, ".")
		n := 0
		for n < min(len(shared), len(labels)) && shared[len(shared)-1-n] == labels[len(labels)-1-n] {
			n++
		}
		shared = shared[len(shared)-n:]
	}
	switch {
	case len(hosts) == 1:
		return hosts[0]
	case len(shared) >= 2:
		return "*." + strings.Join(shared, ".")
	}
	return listed(hosts, 2)
}

// listed joins the first most items with spaces and counts the rest.
func listed(items []string, most int) string {
	if len(items) <= most {
		return strings.Join(items, " ")
	}
	return strings.Join(items[:most], " ") + fmt.Sprintf(" and %s more", rules.Thousands(int64(len(items)-most)))
}

// ErrorText is an input problem as one line: "file:line: what", the place left out
// where the words name it already.
func ErrorText(e Error) string {
	switch {
	case e.File == "" || strings.Contains(e.Error, e.File):
		return e.Error
	case e.Line > 0:
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Error)
	}
	return e.File + ": " + e.Error
}
