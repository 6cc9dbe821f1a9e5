package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// chartRows is how many rows the time chart has at most.
const chartRows = 8

// series is one number over time. Style is the class of its bars in a page.
type series struct {
	name, title, style string
	of                 func(*Window) *int32
	// sum says that windows add up; else the highest one stands for the row.
	sum bool
}

// seriesOf are the three numbers that show whether pressure falls (H84), and, where
// replies name a list, the two that show which came first (C83).
func seriesOf(windows []Window) []series {
	list := []series{
		{"sessions", "Own open sessions", "sessions", func(w *Window) *int32 { return &w.Sessions }, false},
		{"deferred", "Deferred recipients", "deferred", func(w *Window) *int32 { return &w.DeferredRecipients }, true},
		{"accepted", "Accepted recipients", "accepted", func(w *Window) *int32 { return &w.AcceptedRecipients }, true},
	}
	if slices.ContainsFunc(windows, func(w Window) bool { return w.Listed > 0 }) {
		list = append(list,
			series{"limited", "Connection- and rate-limit refusals", "refused", func(w *Window) *int32 { return &w.Limited }, true},
			series{"listed", "Replies that name a list", "listed", func(w *Window) *int32 { return &w.Listed }, true})
	}
	return list
}

// chart draws sessions, deferred and accepted recipients over the time around the
// deferrals, each scaled to its own maximum.
func (t *text) chart(g *Group) {
	rows, step := chartWindows(g.Windows)
	if len(rows) < 2 {
		return
	}
	shown := slices.DeleteFunc(seriesOf(g.Windows), func(s series) bool {
		return !slices.ContainsFunc(rows, func(w Window) bool { return *s.of(&w) != 0 })
	})
	layout := layoutMinute
	if rows[0].Start.UTC().Format(layoutDay) != rows[len(rows)-1].Start.UTC().Format(layoutDay) {
		layout = "01-02 15:04"
		if step >= 24*time.Hour {
			layout = layoutDay
		}
	}
	top, digits := make([]int64, len(shown)), make([]int, len(shown))
	used := 4 + len(layout)
	for i, s := range shown {
		for r := range rows {
			top[i] = max(top[i], int64(*s.of(&rows[r])))
		}
		digits[i] = len(rules.Thousands(top[i]))
		used += 2 + len(s.name) + 1 + digits[i] + 1
	}
	var names []string
	for _, s := range shown {
		names = append(names, s.name)
	}
	const leastBar = 5
	if used+leastBar*len(shown) > t.Width {
		for i := range shown {
			used -= len(shown[i].name) - 3
			shown[i].name = shown[i].name[:3]
		}
	}
	bar := min(14, (t.Width-used)/len(shown))
	title := "Over time"
	if len(aroundDeferrals(g.Windows)) < len(g.Windows) {
		title += " around the deferrals"
	}
	t.line("")
	t.hanging("  ", title+" (UTC), each on its own scale: "+strings.Join(names, ", "), "", 1, mark{bold, title})
	for r := range rows {
		line := "    " + rows[r].Start.UTC().Format(layout)
		for i, s := range shown {
			n := int64(*s.of(&rows[r]))
			line += fmt.Sprintf("  %s %*s", s.name, digits[i], rules.Thousands(n))
			if bar >= 3 {
				line += fmt.Sprintf(" %-*s", bar, barOf(n, top[i], bar))
			}
		}
		t.line(line)
	}
}

// barOf is n on a scale of width characters; "." is less than half of one.
func barOf(n, top int64, width int) string {
	if n <= 0 || top <= 0 {
		return ""
	}
	cells := int(math.Round(float64(n) / float64(top) * float64(width)))
	if cells == 0 {
		return "."
	}
	return strings.Repeat("#", cells)
}

// aroundDeferrals are the windows from just before the first deferral to just after the
// last one; nil without any.
func aroundDeferrals(windows []Window) []Window {
	deferred := func(w Window) bool { return w.DeferredRecipients > 0 }
	first := slices.IndexFunc(windows, deferred)
	if first < 0 {
		return nil
	}
	last := len(windows) - 1
	for !deferred(windows[last]) {
		last--
	}
	return windows[max(first-1, 0):min(last+2, len(windows))]
}

// chartWindows merges the windows around the deferrals into at most chartRows rows of
// equal length.
func chartWindows(windows []Window) ([]Window, time.Duration) {
	part := aroundDeferrals(windows)
	if len(part) == 0 {
		return nil, 0
	}
	from, to := part[0].Start, part[len(part)-1].Start
	if to.Before(from) {
		return nil, 0
	}
	step := chartStep(from, to)
	var rows []Window
	for start := from.Truncate(step); !start.After(to); start = start.Add(step) {
		rows = append(rows, Window{Start: start})
	}
	for _, w := range part {
		i := int(w.Start.Sub(rows[0].Start) / step)
		if i < 0 || i >= len(rows) {
			continue // out of order: no window of ours
		}
		for _, s := range seriesOf(windows) {
			to, n := s.of(&rows[i]), *s.of(&w)
			if s.sum {
				*to += n
			} else {
				*to = max(*to, n)
			}
		}
	}
	return rows, step
}

// chartStep is the shortest handy step that covers from..to with chartRows rows.
func chartStep(from, to time.Time) time.Duration {
	const day = 24 * time.Hour
	steps := []time.Duration{
		time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
		day, 2 * day, 7 * day, 14 * day, 28 * day, 91 * day, 364 * day,
	}
	for _, s := range steps {
		if to.Sub(from.Truncate(s))/s < chartRows {
			return s
		}
	}
	return (to.Sub(from) / chartRows).Truncate(day) + day
}

// curve prints the refusal curve: how many attempts were refused by the number of
// own sessions open at that moment.
func (t *text) curve(g *Group) {
	if len(g.Curve) == 0 {
		return
	}
	title := "Refused by own open sessions (estimate: stamps of whole seconds blur it)"
	t.line("")
	t.hanging("  ", title, "", 2, mark{bold, title})
	for _, c := range g.Curve {
		if c.Attempts == 0 {
			t.line(fmt.Sprintf("    %8s  %10s attempts", shorten(c.Sessions, 8), "no"))
			continue
		}
		t.line(fmt.Sprintf("    %8s  %10s of %s refused, %s", shorten(c.Sessions, 8), rules.Thousands(c.Refused), rules.Thousands(c.Attempts), Percent(c.Refused, c.Attempts)))
	}
}

// retries prints the gaps between the attempts of one message (H49).
func (t *text) retries(g *Group) {
	r := g.RetryGaps
	var total int64
	for _, c := range r.Counts {
		total += c.Count
	}
	if total == 0 {
		return
	}
	title := "Retry gaps"
	s := fmt.Sprintf("%s: %s of %s as advised", title, rules.Thousands(r.AsAdvised), rules.Thousands(total))
	if r.MedianS != nil {
		s += ", median " + rules.Duration(*r.MedianS)
	}
	t.line("")
	t.hanging("  ", s, "", 2, mark{bold, title})
	for _, c := range r.Counts {
		if c.Count > 0 {
			t.line(fmt.Sprintf("    %10s  up to %s", rules.Thousands(c.Count), rules.Duration(c.UpToS)))
		}
	}
}
