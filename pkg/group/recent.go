package group

import (
	"cmp"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/session"
)

// Recent is what happened at one platform in a stretch of time shortly ago, of which no
// detail is summed up yet.
type Recent struct {
	Platform string
	Window
	// Known says that the log tells of sessions; without it their number is none.
	Known bool
}

// RecentOf measures a stretch of time, in Unix seconds that are multiples of BucketSeconds,
// on all platforms in which something happened, in order of their names. held are spans of
// accumulators that were not added yet.
func RecentOf(accs map[Key]*Acc, held map[*Acc][]session.Span, from, to int64) []Recent {
	list := map[string]*Recent{}
	spans := map[string]map[cellKey][]session.Span{}
	ip := sendingIPs(accs)
	for k, a := range accs {
		if a.Last < from*second { // as of most
			continue
		}
		var sum Bucket
		for b := range a.Buckets.between(from/BucketSeconds, to/BucketSeconds) {
			sum.add(&b.Bucket)
		}
		if sum == (Bucket{}) {
			continue
		}
		r := list[k.Platform]
		if r == nil {
			r = &Recent{Platform: k.Platform, Window: Window{Start: from}}
			list[k.Platform], spans[k.Platform] = r, map[cellKey][]session.Span{}
		}
		r.add(&sum)
		one := cellOf(k, ip(k)) // a limit counts per sending IP
		near := spans[k.Platform][one]
		for _, h := range a.Spans {
			near = appendNear(near, h.List, from, to)
		}
		spans[k.Platform][one] = appendNear(near, held[a], from, to)
	}
	out := make([]Recent, 0, len(list))
	for platform, r := range list {
		for _, near := range spans[platform] {
			r.Known = r.Known || len(near) > 0
			r.Sessions = max(r.Sessions, openedAt(near, from, to))
		}
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b Recent) int { return cmp.Compare(a.Platform, b.Platform) })
	return out
}

// Merge adds what happened in a later stretch of time.
func (r *Recent) Merge(o *Recent) {
	r.merge(&o.Window)
	r.Known = r.Known || o.Known
}

// appendNear appends the spans that were open in a stretch of time or shortly before it.
func appendNear(list, spans []session.Span, from, to int64) []session.Span {
	for i := range spans {
		if s := &spans[i]; s.Close >= from*second-shadowTime && s.Open < to*second {
			list = append(list, *s)
		}
	}
	return list
}

// openedAt is the highest number of sessions open when one of them opened in a stretch of
// time, or when that began, as the peak counts them.
func openedAt(spans []session.Span, from, to int64) (most int32) {
	session.Sort(spans)
	var sweep session.Sweep
	_, levels := sweep.FindPeak(spans, sweep.Levels(spans))
	var before, highest int32 // those open at the begin, and at most when one of them opened
	for i := range spans {
		switch at := spans[i].Open; {
		case at >= from*second:
			most = max(most, levels[i])
		case spans[i].Close > from*second:
			before, highest = before+1, max(highest, levels[i])
		}
	}
	return max(most, min(before, highest))
}
