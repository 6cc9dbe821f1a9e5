package diagnosis

import (
	"maps"
	"slices"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

const second = 1_000_000

// chartSteps are the lengths a window may have, in seconds; the shortest that
// shows a log in at most mostWindows is taken. A retry window is 15 minutes (X08).
var chartSteps = [...]int64{10, 30, 60, 300, 900, 3600, 6 * 3600, 86400}

const mostWindows = 96

// windows shows the three numbers over time: sessions, deferred and accepted
// recipients (H84). Each deferral counts its recipient again.
func windows(a *group.Acc) []report.Window {
	if len(a.Buckets) == 0 {
		return []report.Window{}
	}
	keys := slices.Sorted(maps.Keys(a.Buckets))
	span := (keys[len(keys)-1] - keys[0] + 1) * group.BucketSeconds
	step := chartSteps[len(chartSteps)-1]
	for _, s := range chartSteps {
		if span <= s*mostWindows {
			step = s
			break
		}
	}
	byStart := map[int64]*report.Window{}
	at := func(sec int64) *report.Window {
		start := sec / step * step
		w := byStart[start]
		if w == nil {
			w = &report.Window{Start: time.Unix(start, 0).UTC()}
			byStart[start] = w
		}
		return w
	}
	for _, k := range keys {
		b, w := a.Buckets[k], at(k*group.BucketSeconds)
		w.NewConnections += b.New
		w.DeferredRecipients += b.Deferred
		w.AcceptedRecipients += b.Accepted
	}
	sessionsByWindow(a, at)
	out := make([]report.Window, 0, len(byStart))
	for _, start := range slices.Sorted(maps.Keys(byStart)) {
		out = append(out, *byStart[start])
	}
	return out
}

// sessionsByWindow sets the highest number of sessions that were open at once.
func sessionsByWindow(a *group.Acc, at func(sec int64) *report.Window) {
	var spans []session.Span
	for _, mx := range slices.Sorted(maps.Keys(a.Spans)) {
		spans = append(spans, a.Spans[mx]...)
	}
	session.Sort(spans)
	levels := session.Levels(spans)
	for i := range spans {
		w := at(spans[i].Open / second)
		w.Sessions = max(w.Sessions, int64(levels[i]))
	}
}

// gapSteps are the upper ends of the retry-gap histogram in seconds; 15m x2 max 4h
// has bins of its own (H49).
var gapSteps = [...]int64{10, 60, 300, 600, 900, 1800, 3600, 7200, 14400, 86400}

// advised is the advised gap before the n-th retry, in seconds (H45-H47).
func advised(n int32, th rules.Thresholds) float64 {
	gap, most := th.Value(rules.RetryFirst), th.Value(rules.RetryMost)
	for i := int32(1); i < n && gap < most; i++ {
		gap *= max(th.Value(rules.RetryFactor), 1)
		if gap == 0 {
			break
		}
	}
	return min(gap, most)
}

// gaps compares the gaps with the advised ones (H49) and counts them by length.
func gaps(list []group.Gap, th rules.Thresholds) report.RetryGaps {
	g := report.RetryGaps{Counts: []report.Gap{}, ByRetry: []report.RetryGap{}}
	if len(list) == 0 {
		return g
	}
	all := make([]int64, len(list))
	counts := make([]int64, len(gapSteps)+1)
	for i, gap := range list {
		s := int64(gap.Seconds)
		all[i] = s
		if float64(s) >= th.Value(rules.RetryTolerance)*advised(gap.Retry, th) {
			g.AsAdvised++
		}
		j, _ := slices.BinarySearch(gapSteps[:], s)
		counts[j]++
	}
	slices.Sort(all)
	g.MedianS = &all[(len(all)-1)/2]
	for i, n := range counts {
		if n == 0 {
			continue
		}
		upTo := all[len(all)-1]
		if i < len(gapSteps) {
			upTo = gapSteps[i]
		}
		g.Counts = append(g.Counts, report.Gap{UpToS: upTo, Count: n})
	}
	return g
}

func outcome(a *group.Acc) report.Outcome {
	f := a.Fates
	o := report.Outcome{DeliveredOnRetry: f.Delivered, StillQueued: f.Queued, Expired: f.Expired, Bounced: f.Bounced, Unknown: f.Unknown, ByRetry: []report.Retry{}}
	if len(a.Waits) > 0 {
		waits := slices.Sorted(slices.Values(a.Waits))
		median, slowest := waits[(len(waits)-1)/2]/second, waits[len(waits)-1]/second
		o.MedianS, o.SlowestS = &median, &slowest
	}
	return o
}
