package diagnosis

import (
	"maps"
	"slices"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

const second = 1_000_000

// chartSteps are the lengths a window may have, in seconds; the shortest that
// shows a log in at most mostWindows is taken. A retry window is 15 minutes (X08).
var chartSteps = [...]int64{10, 30, 60, 300, 900, 3600, 6 * 3600, 86400}

const mostWindows = 96

// windows shows the three numbers over time: sessions, deferred and accepted
// recipients (H84). Each deferral counts its recipient again.
func windows(s *group.Summary) []report.Window {
	a := s.All.Acc
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
		w.Limited += b.Limited
		w.Listed += b.Listed
		w.UnknownUsers += b.UnknownUsers
	}
	sessionsByWindow(s, at)
	out := make([]report.Window, 0, len(byStart))
	for _, start := range slices.Sorted(maps.Keys(byStart)) {
		out = append(out, *byStart[start])
	}
	return out
}

// sessionsByWindow sets the highest number of sessions that one sending IP had open at
// once: the peak, window by window.
func sessionsByWindow(s *group.Summary, at func(sec int64) *report.Window) {
	for i := range s.ByIP {
		s.ByIP[i].EachSession(func(open int64, sessions int) {
			w := at(open / second)
			w.Sessions = max(w.Sessions, int64(sessions))
		})
	}
}

// gapSteps are the upper ends of the retry-gap histogram in seconds; 15m x2 max 4h
// has bins of its own (H49).
var gapSteps = [...]int64{10, 60, 300, 600, 900, 1800, 3600, 7200, 14400, 86400}

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
		if gap.AsAdvised(th) {
			g.AsAdvised++
		}
		j, _ := slices.BinarySearch(gapSteps[:], s)
		counts[j]++
	}
	g.ByRetry, g.Constant = byRetry(list), constant(list, th)
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
	o.MedianS, o.P90S, o.SlowestS = waits(a.Waits)
	for _, n := range slices.Sorted(maps.Keys(a.DeliveredOn)) {
		o.ByRetry = append(o.ByRetry, report.Retry{Retry: int64(n), Delivered: a.DeliveredOn[n]})
	}
	return o
}

// waits are the median, the 90th percentile and the longest of waits, in seconds: of
// n values in order the one that so many percent of them do not exceed. Nil of none.
func waits(micros []int64) (median, p90, slowest *int64) {
	n := len(micros)
	if n == 0 {
		return nil, nil, nil
	}
	sorted := slices.Sorted(slices.Values(micros))
	at := func(i int) *int64 {
		s := sorted[i] / second
		return &s
	}
	return at((n - 1) / 2), at((9*n+9)/10 - 1), at(n - 1)
}

// mostRetries is how many retries have a median of their own.
const mostRetries = 20

// byRetry shows how the gaps grow from retry to retry.
func byRetry(list []group.Gap) []report.RetryGap {
	var gaps [mostRetries + 1][]int64
	for _, g := range list {
		if g.Retry > 0 && g.Retry <= mostRetries {
			gaps[g.Retry] = append(gaps[g.Retry], int64(g.Seconds))
		}
	}
	out := []report.RetryGap{}
	for n, of := range gaps {
		if len(of) > 0 {
			slices.Sort(of)
			out = append(out, report.RetryGap{Retry: int64(n), MedianS: of[(len(of)-1)/2], Count: int64(len(of))})
		}
	}
	return out
}

// constant says that gaps do not grow from retry to retry (H38): the median before
// the third retry and all later ones is hardly longer than the median before the
// first. The second says nothing: a delay that follows the age of the message is the
// same before the first two and doubles after (Postfix qmgr_active.c). A few
// gaps are no schedule.
func constant(list []group.Gap, th rules.Thresholds) bool {
	var first, later []int64
	for _, g := range list {
		switch {
		case g.Retry == 1:
			first = append(first, int64(g.Seconds))
		case g.Retry >= 3:
			later = append(later, int64(g.Seconds))
		}
	}
	if len(first) == 0 || int64(len(later)) < th.Int(rules.RetryFewest) {
		return false
	}
	slices.Sort(first)
	slices.Sort(later)
	before, after := first[(len(first)-1)/2], later[(len(later)-1)/2]
	return float64(after) <= th.Value(rules.RetryConstant)*float64(before)
}
