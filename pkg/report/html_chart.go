package report

import (
	"fmt"
	"math"
	"time"

	"github.com/seed-07ce53fa/diagnose/rules"
)

// figure is a chart as rectangles, lines and words, and its numbers as a table. It
// holds no markup: the template writes the SVG, so log text cannot.
type figure struct {
	Title, Note   string
	Wide          bool
	Width, Height int
	Bars          []bar
	Lines         []line
	Texts         []label
	Numbers       numbers
}

type bar struct {
	Class      string
	X, Y, W, H px
	Tip        string
}

type line struct{ X1, Y1, X2, Y2 px }

type label struct {
	X, Y          px
	Anchor, Class string
	Text          string
}

// px is a length in the drawing's own unit, printed with at most one decimal.
type px float64

func (p px) String() string { return fmt.Sprintf("%g", math.Round(float64(p)*10)/10) }

const (
	wideWidth  = 940 // of a chart over the whole page
	rowsWidth  = 430 // of one beside others
	rowHeight  = 24
	panelInner = 56 // height of the bars of one series over time
	panelOuter = 88
)

// timeFigure draws sessions, deferred and accepted recipients over time (H84), and
// where there are any, replies that name a list beside them (C83). Each has a scale of
// its own. It is nil where there is nothing to see.
func timeFigure(windows []Window) *figure {
	if len(windows) < 2 {
		return nil
	}
	first, last := windows[0].Start, windows[len(windows)-1].Start
	step := last.Sub(first)
	for i := 1; i < len(windows); i++ {
		if d := windows[i].Start.Sub(windows[i-1].Start); d > 0 {
			step = min(step, d)
		}
	}
	end := last.Add(step)
	if step <= 0 {
		return nil
	}
	f := &figure{
		Title: "Over time", Wide: true, Width: wideWidth,
		Note:    "Each bar is " + rules.Duration(int64(step/time.Second)) + ". Each panel has its own scale. Sessions are an upper estimate: stamps of whole seconds make them overlap.",
		Numbers: numbers{Head: []cell{words("From (UTC)")}},
	}
	x := func(t time.Time) px { return px(float64(t.Sub(first)) / float64(end.Sub(first)) * wideWidth) }
	shown := seriesOf(windows)
	for i, s := range shown {
		f.panel(px(i*panelOuter), s, windows, x, step)
	}
	f.Height = len(shown)*panelOuter + 22
	f.timeAxis(first, end, x, px(f.Height-22))
	layout := clockLayout(first, last)
	if step < time.Minute {
		layout = layoutSecond
	}
	for _, w := range windows {
		row, some := []cell{words(w.Start.UTC().Format(layout))}, false
		for _, s := range shown {
			n := int64(*s.of(&w))
			row, some = append(row, number(n)), some || n != 0
		}
		if some {
			f.Numbers.Rows = append(f.Numbers.Rows, row)
		}
	}
	for _, s := range shown {
		f.Numbers.Head = append(f.Numbers.Head, cell{s.name, true})
	}
	return f
}

// panel draws one series below y.
func (f *figure) panel(y px, s series, windows []Window, x func(time.Time) px, step time.Duration) {
	var top int64
	for i := range windows {
		top = max(top, int64(*s.of(&windows[i])))
	}
	base := y + 22 + panelInner
	f.Texts = append(f.Texts,
		label{0, y + 14, "start", "", s.title},
		label{wideWidth, y + 14, "end", "soft", "highest " + rules.Thousands(top)})
	f.Lines = append(f.Lines, line{0, base, wideWidth, base})
	for i := range windows {
		w := &windows[i]
		n := int64(*s.of(w))
		if n <= 0 || w.Start.Before(windows[0].Start) {
			continue
		}
		left, right := x(w.Start), x(w.Start.Add(step))
		h := max(px(float64(n)/float64(top)*panelInner), 1)
		f.Bars = append(f.Bars, bar{s.style, left, base - h, max(right-left-1, 0.7), h,
			w.Start.UTC().Format("2006-01-02 15:04:05") + ": " + rules.Thousands(n) + " " + s.name})
	}
}

// timeAxis names round moments below all panels.
func (f *figure) timeAxis(first, end time.Time, x func(time.Time) px, y px) {
	last := end.Add(-time.Second)
	step := chartStep(first, last)
	layout := clockLayout(first, last)
	if end.Sub(first) < 2*time.Minute { // such a log has steps of its own
		step, layout = 10*time.Second, layoutSecond
	}
	for t := first.Truncate(step); t.Before(end); t = t.Add(step) {
		if t.Before(first) {
			continue
		}
		anchor := "middle"
		switch at := x(t); {
		case at < 20:
			anchor = "start"
		case at > wideWidth-40:
			anchor = "end"
		}
		f.Lines = append(f.Lines, line{x(t), y - 10, x(t), y - 4})
		f.Texts = append(f.Texts, label{x(t), y + 10, anchor, "soft", t.UTC().Format(layout)})
	}
}

// clockLayout is the layout of moments between first and last.
func clockLayout(first, last time.Time) string {
	switch {
	case first.UTC().Format(layoutDay) == last.UTC().Format(layoutDay):
		return layoutMinute
	case last.Sub(first) < 21*24*time.Hour:
		return "01-02 15:04"
	}
	return layoutDay
}

// rowsFigure draws one bar a row, on a common scale.
func rowsFigure(title, note string, head []cell) *figure {
	return &figure{Title: title, Note: note, Width: rowsWidth, Numbers: numbers{Head: head}}
}

// addRow adds a row with a bar of that share (0 to 1) of the width between its name
// and its words.
func (f *figure) addRow(class, name, text string, share float64, row ...cell) {
	const nameWidth, textWidth = 66, 152
	y := px(f.Height)
	f.Texts = append(f.Texts,
		label{nameWidth - 8, y + 16, "end", "", name},
		label{rowsWidth - textWidth + 8, y + 16, "start", "soft", text})
	const room = rowsWidth - nameWidth - textWidth
	f.Bars = append(f.Bars, bar{"track", nameWidth, y + 4, room, rowHeight - 8, ""})
	if share > 0 {
		w := max(px(math.Min(share, 1)*room), 1)
		f.Bars = append(f.Bars, bar{class, nameWidth, y + 4, w, rowHeight - 8, name + ": " + text})
	}
	f.Height += rowHeight
	f.Numbers.Rows = append(f.Numbers.Rows, row)
}

// curveFigure is the refusal curve: the share of refused attempts by the number of own
// sessions open at that moment.
func curveFigure(bins []CurveBin) *figure {
	f := rowsFigure("Refused by own open sessions",
		"An estimate: stamps of whole seconds blur the number of sessions.",
		heads("Own sessions", "Attempts", "Refused", "Share"))
	for _, b := range bins {
		if b.Attempts <= 0 {
			continue
		}
		share := Percent(b.Refused, b.Attempts)
		f.addRow("refused", b.Sessions, share+" of "+rules.Thousands(b.Attempts), float64(b.Refused)/float64(b.Attempts),
			words(b.Sessions), number(b.Attempts), number(b.Refused), cell{share, true})
	}
	if len(f.Bars) == 0 {
		return nil
	}
	return f
}

// gapFigure is the histogram of the gaps between attempts of one message.
func gapFigure(r RetryGaps) *figure {
	f := rowsFigure("Gaps between retries", gapsPhrase(r), heads("Gap up to", "Gaps"))
	var top int64
	for _, c := range r.Counts {
		top = max(top, c.Count)
	}
	for _, c := range r.Counts {
		if c.Count > 0 {
			upTo := rules.Duration(c.UpToS)
			f.addRow("gap", "to "+upTo, count(c.Count, "gap"), float64(c.Count)/float64(top), words(upTo), number(c.Count))
		}
	}
	if len(f.Bars) == 0 {
		return nil
	}
	return f
}

// outcomeFigure is what became of the recipients that were put off (C60, C100).
func outcomeFigure(o Outcome) *figure {
	note := ""
	if o.MedianS != nil && o.DeliveredOnRetry > 0 {
		note = "Delivered on retry after " + rules.Duration(*o.MedianS) + " (median)"
		if o.P90S != nil {
			note += ", " + rules.Duration(*o.P90S) + " (90%)"
		}
		if o.SlowestS != nil {
			note += ", " + rules.Duration(*o.SlowestS) + " (slowest)"
		}
		note += "."
	}
	f := rowsFigure("What became of the recipients put off", note, heads("Outcome", "Recipients", "Share"))
	const heldBack = "held back only"
	parts := []struct {
		class, name string
		n           int64
	}{
		{"delivered", "delivered", o.DeliveredOnRetry}, {"delivered", heldBack, o.DeliveredAtFirst},
		{"queued", "queued", o.StillQueued}, {"expired", "expired", o.Expired},
		{"bounced", "bounced", o.Bounced}, {"unknown", "unknown", o.Unknown},
	}
	var sum int64
	for _, p := range parts {
		sum += max(p.n, 0)
	}
	if sum == 0 {
		return nil
	}
	for _, p := range parts {
		if p.n == 0 && p.name == heldBack {
			continue
		}
		share := Percent(p.n, sum)
		f.addRow(p.class, p.name, rules.Thousands(p.n)+" ("+share+")", float64(p.n)/float64(sum), words(p.name), number(p.n), cell{share, true})
	}
	return f
}
