// Package baseline keeps what a report counted, small and stable enough for git, so
// that a later one can be held against it. It has counters, facts and the version of
// the rules, and no addresses: neither mail addresses nor IP addresses.
package baseline

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"slices"
	"time"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/report"
)

// Schema is the version of the file. A file of a newer one is refused.
const Schema = 1

// Baseline is one report in numbers.
type Baseline struct {
	Schema int `json:"schema"`
	// Rules is the version of the rules that the numbers were made with.
	Rules string `json:"rules"`
	// First and Last are the times of the first and last attempt.
	First *time.Time `json:"first"`
	Last  *time.Time `json:"last"`
	Input Input      `json:"input"`
	// Destinations are in order of their names, each there once.
	Destinations []Destination `json:"destinations"`
}

// Input counts the whole input.
type Input struct {
	Lines int64 `json:"lines"`
	// Understood are the lines understood or known to be irrelevant.
	Understood int64 `json:"understood"`
	Attempts   int64 `json:"attempts"`
	// Refusals are the replies of receivers that turned mail away, UnknownReplies
	// those of them that no rule knows, UnknownKinds how many different ones came
	// often enough to count.
	Refusals       int64 `json:"refusals"`
	UnknownReplies int64 `json:"unknown_replies"`
	UnknownKinds   int64 `json:"unknown_kinds"`
}

// Destination counts one receiver platform.
type Destination struct {
	// Name is its platform; one that is an IP address is written as a digest of it.
	Name     string `json:"destination"`
	Severity string `json:"severity"`
	Cause    string `json:"cause"`
	Attempts int64  `json:"attempts"`
	// Delivered and Expired are recipients.
	Delivered int64 `json:"delivered,omitempty"`
	Expired   int64 `json:"expired,omitempty"`
	// Trouble are the refusals that severity counts, LastingMinutes is their longest
	// stretch.
	Trouble        int64   `json:"trouble,omitempty"`
	LastingMinutes float64 `json:"lasting_minutes,omitempty"`
	// Peak is the highest number of own sessions open at once from one sending IP,
	// Low and High its bounds; all 0 where the logs do not tell.
	Peak     int64 `json:"peak,omitempty"`
	PeakLow  int64 `json:"peak_low,omitempty"`
	PeakHigh int64 `json:"peak_high,omitempty"`
	// LimitedAt is the peak of the last report in which the receiver limited. It is
	// kept when the baseline is updated after a recovery: the old schedule must not
	// return (requirement H96).
	LimitedAt int64 `json:"limited_at,omitempty"`
	// RetryFirstS is the median delay before the first retry in seconds, of Retries.
	RetryFirstS int64 `json:"retry_first_s,omitempty"`
	Retries     int64 `json:"retries,omitempty"`
	// Refusals counts by class, Replies by kind of reply.
	Refusals map[string]int64 `json:"refusals,omitempty"`
	Replies  []Reply          `json:"replies,omitempty"`
}

// Reply counts one kind of reply, by a digest of its template: enough to find replies
// that newer rules put into another class.
type Reply struct {
	Kind  string `json:"kind"`
	Class string `json:"class"`
	Count int64  `json:"count"`
}

// Limited are the refusals of class connection-limit and rate-limit.
func (d *Destination) Limited() int64 {
	return d.Refusals[mail.ConnectionLimit.String()] + d.Refusals[mail.RateLimit.String()]
}

// Of makes the baseline of a report. enough is how often an unknown reply must come,
// and a receiver refuse, before it counts. old, where there is one, is the baseline
// that the new one takes the place of.
func Of(r *report.Report, enough int64, old *Baseline) *Baseline {
	b := &Baseline{Schema: Schema, Rules: r.Rules, First: r.Input.First, Last: r.Input.Last, Destinations: []Destination{}}
	b.Input = Input{Lines: r.Input.Lines, Understood: r.Input.Understood + r.Input.Irrelevant, Attempts: r.Input.Attempts}
	for i := range r.Groups {
		d := destination(&r.Groups[i])
		for _, n := range d.Refusals {
			b.Input.Refusals += n
		}
		if d.Limited() >= enough && d.Peak > 0 {
			d.LimitedAt = d.Peak
		} else if was := old.Find(d.Name); was != nil {
			d.LimitedAt = was.LimitedAt
		}
		b.Destinations = append(b.Destinations, d)
	}
	for _, u := range r.Unknown {
		b.Input.UnknownReplies += u.Count
		if u.Count >= enough {
			b.Input.UnknownKinds++
		}
	}
	b.Input.UnknownReplies = min(b.Input.UnknownReplies, b.Input.Refusals)
	slices.SortStableFunc(b.Destinations, func(x, y Destination) int { return cmp.Compare(x.Name, y.Name) })
	b.Destinations = slices.CompactFunc(b.Destinations, func(x, y Destination) bool { return x.Name == y.Name })
	return b
}

// Find returns the destination of that name, nil if there is none (or no baseline).
func (b *Baseline) Find(name string) *Destination {
	if b == nil {
		return nil
	}
	i, found := slices.BinarySearchFunc(b.Destinations, name, func(d Destination, name string) int { return cmp.Compare(d.Name, name) })
	if !found {
		return nil
	}
	return &b.Destinations[i]
}

func destination(g *report.Group) Destination {
	d := Destination{
		Name: Name(g.Platform), Severity: g.Severity, Cause: g.Cause, Attempts: g.Counts.Attempts, Delivered: g.Counts.Delivered,
		Expired: g.Counts.Expired, Trouble: g.Trouble.Refusals, LastingMinutes: g.Trouble.LastingMinutes, Refusals: map[string]int64{},
	}
	for class, n := range g.Refusals {
		if n > 0 {
			d.Refusals[class] = n
		}
	}
	for _, r := range g.Replies {
		d.Replies = append(d.Replies, Reply{Kind: digest(r.Template), Class: r.Class, Count: r.Count})
	}
	slices.SortFunc(d.Replies, func(x, y Reply) int { return cmp.Or(cmp.Compare(x.Class, y.Class), cmp.Compare(x.Kind, y.Kind)) })
	d.Peak, d.PeakLow, d.PeakHigh = peak(&g.PeakSessions)
	if list := g.RetryGaps.ByRetry; len(list) > 0 && list[0].Retry == 1 {
		d.RetryFirstS, d.Retries = list[0].MedianS, list[0].Count
	}
	return d
}

// peak is the highest peak of one sending IP with bounds: those of the destination,
// which hold for one IP as well (the lower one no higher than its share).
func peak(p *report.Peak) (estimate, low, high int64) {
	for _, n := range p.PerIP {
		estimate = max(estimate, n)
	}
	if p.Estimate == nil {
		return estimate, estimate, estimate
	}
	if estimate == 0 {
		estimate = *p.Estimate
	}
	low, high = estimate, estimate
	if p.Low != nil && *p.Estimate > 0 {
		low = min(estimate, *p.Low*estimate / *p.Estimate)
	}
	if p.High != nil {
		high = max(estimate, *p.High)
	}
	return estimate, low, high
}

// Name is a platform as a baseline writes it: IP addresses do not go into files that
// are meant for git.
func Name(platform string) string {
	if _, err := netip.ParseAddr(platform); err == nil {
		return "address-" + digest(platform)
	}
	return platform
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}

// Only is the baseline with no other destinations than those of the groups.
func (b *Baseline) Only(groups []report.Group) *Baseline {
	if b == nil {
		return nil
	}
	out := *b
	out.Destinations = nil
	for _, d := range b.Destinations {
		if slices.ContainsFunc(groups, func(g report.Group) bool { return Name(g.Platform) == d.Name }) {
			out.Destinations = append(out.Destinations, d)
		}
	}
	return &out
}
