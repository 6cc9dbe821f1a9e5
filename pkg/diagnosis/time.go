package diagnosis

import (
	"slices"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/rules"
)

const second = 1_000_000

// windows shows the three numbers over time: sessions, deferred and accepted
// recipients (H84). Each deferral counts its recipient again.
func windows(s *group.Summary) []report.Window {
	out := make([]report.Window, 0, len(s.Windows))
	for i := range s.Windows {
		w := &s.Windows[i]
		out = append(out, report.Window{
			Start: time.Unix(w.Start, 0).UTC(), Sessions: w.Sessions,
			NewConnections: w.New, DeferredRecipients: w.Deferred, AcceptedRecipients: w.Accepted,
			Limited: w.Limited, Listed: w.Listed, UnknownUsers: w.UnknownUsers,
		})
	}
	return out
}

// gapSteps are the upper ends of the retry-gap histogram in seconds; 15m x2 max 4h
// has bins of its own (H49).
var gapSteps = [...]int64{10, 60, 300, 600, 900, 1800, 3600, 7200, 14400, 86400}

// gaps compares the gaps with the advised ones (H49) and counts them by length.
func gaps(list *group.Gaps, th rules.Thresholds) report.RetryGaps {
	g := report.RetryGaps{Counts: []report.Gap{}, ByRetry: []report.RetryGap{}}
	all := list.Seconds(func(group.Gap) bool { return true })
	total := all.Total()
	if total == 0 {
		return g
	}
	for gap, n := range list.Each {
		if gap.AsAdvised(th) {
			g.AsAdvised += n
		}
	}
	counts := make([]int64, len(gapSteps)+1)
	for _, c := range all.Counts() {
		j, _ := slices.BinarySearch(gapSteps[:], c.Value)
		counts[j] += c.N
	}
	g.ByRetry, g.Constant = byRetry(list), constant(list, th)
	median := all.Median()
	g.MedianS = &median
	for i, n := range counts {
		if n == 0 {
			continue
		}
		upTo := all.At(total - 1)
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
	o.MedianS, o.P90S, o.SlowestS = waits(&a.Waits)
	for retry, n := range a.DeliveredOn {
		if retry == 0 {
			o.DeliveredAtFirst, o.DeliveredOnRetry = n, f.Delivered-n
		}
		if n > 0 {
			o.ByRetry = append(o.ByRetry, report.Retry{Retry: int64(retry), Delivered: n})
		}
	}
	return o
}

// waits are the median, the 90th percentile and the longest of waits, in seconds: of
// n values in order the one that so many percent of them do not exceed. Nil of none.
func waits(micros *group.Tally) (median, p90, slowest *int64) {
	n := micros.Total()
	if n == 0 {
		return nil, nil, nil
	}
	at := func(i int64) *int64 {
		s := micros.At(i) / second
		return &s
	}
	return at((n - 1) / 2), at((9*n+9)/10 - 1), at(n - 1)
}

// mostRetries is how many retries have a median of their own.
const mostRetries = 20

// byRetry shows how the gaps grow from retry to retry.
func byRetry(list *group.Gaps) []report.RetryGap {
	var gaps [mostRetries + 1]group.Tally
	for g, n := range list.Each {
		if g.Retry > 0 && g.Retry <= mostRetries {
			gaps[g.Retry].Add(int64(g.Seconds), n)
		}
	}
	out := []report.RetryGap{}
	for retry := range gaps {
		if n := gaps[retry].Total(); n > 0 {
			out = append(out, report.RetryGap{Retry: int64(retry), MedianS: gaps[retry].Median(), Count: n})
		}
	}
	return out
}

// constant says that gaps do not grow from retry to retry (H38): the median before
// the third retry and all later ones is hardly longer than the median before the
// first. The second says nothing: a delay that follows the age of the message is the
// same before the first two and doubles after (Postfix qmgr_active.c). A few
// gaps are no schedule.
func constant(list *group.Gaps, th rules.Thresholds) bool {
	first := list.Seconds(func(g group.Gap) bool { return g.Retry == 1 })
	later := list.Seconds(func(g group.Gap) bool { return g.Retry >= 3 })
	if first.Total() == 0 || later.Total() < th.Int(rules.RetryFewest) {
		return false
	}
	return float64(later.Median()) <= th.Value(rules.RetryConstant)*float64(first.Median())
}
