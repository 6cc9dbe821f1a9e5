package scan

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/group"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
	"github.com/seed-07ce53fa/diagnose/rules"
)

// LiveWindow is what one window of time shows of a log that is watched.
type LiveWindow struct {
	Start  time.Time
	Length time.Duration
	// Rows are the destinations at which something happened, in it or, if recipients were
	// deferred, in the window before. Those with most of these in either come first.
	Rows []LiveRow
}

// LiveRow is one destination in one window: the three numbers (requirement H84), live (H90),
// and what they were counted with.
type LiveRow struct {
	Start       time.Time `json:"start"`
	Seconds     int64     `json:"seconds"`
	Destination string    `json:"destination"`
	Platform    string    `json:"platform"`
	// Sessions is the highest number that one sending IP had open at once, null where the
	// log does not tell of sessions.
	Sessions           *int32 `json:"sessions"`
	NewConnections     int32  `json:"new_connections"`
	DeferredRecipients int32  `json:"deferred_recipients"`
	AcceptedRecipients int32  `json:"accepted_recipients"`
	// DeferredBefore are those deferred in the window before.
	DeferredBefore int32 `json:"deferred_before"`
	Limited        int32 `json:"limited"`
	Listed         int32 `json:"listed"`
	UnknownUsers   int32 `json:"unknown_users"`
	// Trend is how the deferred recipients changed since the window before.
	Trend Trend `json:"trend"`
}

// Trend is how the deferred recipients of a destination changed from one window to the next.
type Trend string

// The trends. A change that chance makes of equal rates is none.
const (
	TrendNone    Trend = "none"    // nothing was deferred in either
	TrendUnknown Trend = "unknown" // the log does not have all of one of them
	TrendNew     Trend = "new"     // nothing was deferred in the window before
	TrendRising  Trend = "rising"  // more
	TrendSteady  Trend = "steady"  // as many
	TrendFalling Trend = "falling" // fewer
	TrendOver    Trend = "over"    // no more, after some
)

// Watching is how a log is watched.
type Watching struct {
	// Length is that of a window, a multiple of group.BucketSeconds.
	Length time.Duration
	// Begun is told of the input before its first line is read.
	Begun func(*report.Input)
	// Each is given each window as soon as it is over. Its error ends the run.
	Each func(*LiveWindow) error
	// Waiting is called when there is nothing more to read for now.
	Waiting func() error
}

// Watch reads the log of Source.Live as it comes and measures one window after the other.
// It returns when the log ends.
func Watch(ctx context.Context, cfg Config, how Watching) (*report.Input, error) {
	in := &report.Input{}
	cfg.Jobs = 1 // what comes is applied before more is read
	w := &watcher{cfg: &cfg, how: how, length: how.Length.Microseconds(), before: map[string]int32{}}
	w.piece = min(w.length, cfg.Rules.Thresholds.Micros(rules.Window))
	cfg.Source.Live.Idle = w.idle
	_, err := cfg.feed(ctx, in, func() {
		w.ch = newChain(&cfg)
		how.Begun(in)
	}, func(u *unit) func(*mail.Event) error {
		w.ch.file, w.ch.sessions = u.file.Path, u.sessions()
		return w.apply
	}, true)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		w.end()
		err = w.err
	}
	return in, err
}

// watcher measures windows. Times are microseconds.
type watcher struct {
	cfg    *Config
	how    Watching
	ch     *chain
	length int64 // of a window
	// piece is how much is measured at once: what is older than a retry window may be summed up.
	piece int64
	// from is the begin of the window at hand, 0 before the first line; done is until when it
	// is measured, and sum what that gave, by platform.
	from, done int64
	sum        map[string]*group.Recent
	last       int64            // the latest time of the log
	applied    int64            // that of the lines before the one at hand
	before     map[string]int32 // what was deferred in the window before
	whole      bool             // the log has all of the window before
	part       bool             // it has only a part of the one at hand
	behind     int              // lines in a row that are older than the window at hand
	err        error
}

// late is how long after the end of a window its last lines may come.
const late = 5 * 1_000_000

// mostBehind is how many lines in a row may be older than the window at hand. More are no
// stragglers: the clock was set back, or one line was far ahead.
const mostBehind = 100

// apply takes one event, after the windows that were over by then.
func (w *watcher) apply(ev *mail.Event) error {
	if t := ev.Time; t > 0 && t < maxTime {
		if w.behind++; t >= w.from {
			w.behind = 0
		}
		if w.from == 0 || w.behind > mostBehind {
			w.begin(t)
			w.last, w.behind = t, 0
			w.whole, w.part = false, t > w.from+late
		}
		w.last = max(w.last, t)
		w.until(w.last - late)
	}
	if w.err == nil {
		w.ch.apply(ev)
		w.applied = w.last
	}
	return w.err
}

// idle is called while nothing comes: time goes on in the log, too.
func (w *watcher) idle(quiet time.Duration) {
	if w.err != nil {
		return
	}
	if w.err = w.how.Waiting(); w.err == nil && w.from > 0 {
		w.until(w.last + quiet.Microseconds() - late)
	}
}

// begin begins with the window of a time.
func (w *watcher) begin(t int64) {
	w.from = t - t%w.length
	w.done, w.sum = w.from, map[string]*group.Recent{}
}

// until measures what was over by a time, and tells of the windows that were.
func (w *watcher) until(now int64) {
	for w.err == nil {
		next := w.from + w.length
		to := min(w.done+w.piece, next)
		if to > now {
			return
		}
		if w.measure(to, now); to < next {
			continue
		}
		empty := len(w.sum) == 0
		w.tell()
		if empty && w.applied < next { // a gap: one window stands for it
			next = max(next, now+late)
		}
		w.begin(next)
	}
}

// end tells of what is left when the log ends.
func (w *watcher) end() {
	if w.from == 0 || w.err != nil {
		return
	}
	w.until(w.last)
	if w.done <= w.last {
		w.measure(w.from+w.length, math.MaxInt64)
	}
	if w.part = true; w.err == nil && len(w.sum) > 0 {
		w.tell()
	}
}

// measure measures the window at hand up to a time. now is how far the log is.
func (w *watcher) measure(to, now int64) {
	held := map[*group.Acc][]session.Span{}
	for _, h := range w.ch.hosts {
		h.stream.Held(now, func(at session.Slot, s session.Span) {
			acc := h.slots[at].acc
			held[acc] = append(held[acc], s)
		})
	}
	for _, r := range group.RecentOf(w.ch.accs, held, w.done/1_000_000, to/1_000_000) {
		if sum := w.sum[r.Platform]; sum != nil {
			sum.Merge(&r)
		} else {
			w.sum[r.Platform] = &r
		}
	}
	w.done = to
}

// tell tells of the window at hand.
func (w *watcher) tell() {
	one := LiveWindow{Start: time.UnixMicro(w.from).UTC(), Length: w.how.Length}
	deferred := map[string]int32{}
	for platform, r := range w.sum {
		one.Rows = append(one.Rows, w.row(&one, r))
		deferred[platform] = r.Deferred
	}
	for platform, n := range w.before {
		if n > 0 && w.sum[platform] == nil {
			one.Rows = append(one.Rows, w.row(&one, &group.Recent{Platform: platform}))
		}
	}
	slices.SortFunc(one.Rows, func(a, b LiveRow) int {
		return cmp.Or(cmp.Compare(max(b.DeferredRecipients, b.DeferredBefore), max(a.DeferredRecipients, a.DeferredBefore)), cmp.Compare(b.AcceptedRecipients, a.AcceptedRecipients), cmp.Compare(a.Platform, b.Platform))
	})
	w.before, w.whole, w.part = deferred, !w.part, false
	w.err = w.how.Each(&one)
}

func (w *watcher) row(of *LiveWindow, r *group.Recent) LiveRow {
	row := LiveRow{
		Start: of.Start, Seconds: int64(of.Length / time.Second), Destination: named(w.ch.names, r.Platform).Name, Platform: r.Platform,
		NewConnections: r.New, DeferredRecipients: r.Deferred, DeferredBefore: w.before[r.Platform], AcceptedRecipients: r.Accepted,
		Limited: r.Limited, Listed: r.Listed, UnknownUsers: r.UnknownUsers,
		Trend: trend(w.before[r.Platform], r.Deferred, w.cfg.Rules.Thresholds.Value(rules.TrendErrors)),
	}
	if r.Known {
		row.Sessions = &r.Sessions
	}
	if row.Trend != TrendNone && (w.part || !w.whole) {
		row.Trend = TrendUnknown
	}
	return row
}

// trend compares the deferred recipients of two windows. Numbers of a Poisson process with
// equal rates differ by several standard errors only rarely.
func trend(before, now int32, errors float64) Trend {
	far := errors * math.Sqrt(float64(before)+float64(now))
	switch by := float64(now) - float64(before); {
	case before == 0 && now == 0:
		return TrendNone
	case before == 0:
		return TrendNew
	case now == 0:
		return TrendOver
	case by > far:
		return TrendRising
	case by < -far:
		return TrendFalling
	}
	return TrendSteady
}
