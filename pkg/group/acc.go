// Package group accumulates what attempts say per receiver platform, log host,
// instance and sending IP, and freezes it into facts.
//
// An Acc holds only parts that can be added in any order: sums, least and
// greatest times, buckets, multisets of spans and gaps. So Merge is associative
// and commutative, and files, hosts, workers or a stored state are all the same
// thing merged at different times. Of a long log not every moment can be kept: see Detail.
package group

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
	"github.com/seed-07ce53fa/diagnose/pkg/session"
)

// Key tells accumulators apart. SendingIP is empty where the line does not have it.
type Key struct {
	Platform, Host, Instance, SendingIP string
}

const second = 1_000_000

// ReplyCount is one kind of reply.
type ReplyCount struct {
	Count      int64
	Class      mail.Class
	Rule       string
	Confidence float64
	Sample     string
	First      Where
}

// Bounds per accumulator; log text is hostile. Templates beyond the first are
// counted, hosts beyond the second share one sweep, and domains beyond the third have
// one share without a name.
const (
	maxReplies = 500
	maxHosts   = 200
	maxDomains = 10_000
	maxRetry   = 100
)

// Acc accumulates one Key.
type Acc struct {
	// What every attempt changes stands together, for memory that is far away is slow.
	ESP         bool
	Counts      Counts
	First, Last int64 // attempts and suspensions, microseconds
	Buckets     Buckets
	Arrivals    []int64 // when first attempts wanted to go, microseconds
	Busy        int64   // microseconds of session time of accepted attempts
	BusyCount   int64
	detail      *Detail // what bounds it; nil keeps all

	Refusals        Refusals
	Scopes          [mail.OwnSide + 1]int64 // limit refusals by what the reply says of whom it counts
	ConnectFailures int64

	// Trouble counts the refusals that severity counts, and whom they hit.
	TroubleRefusals, TroubleMessages, TroubleRecipients int64
	TroubleBounced                                      int64
	Collected                                           Collected
	// TroubleAgain are those of them that a recipient met after an earlier one.
	TroubleAgain              int64
	FirstTrouble, LastTrouble Where

	// Domains shares the counters out to recipient domains.
	Domains Shares[string]
	// MX and Senders share the counters out to receiving hosts and sender domains;
	// the empty key is "not known".
	MX, Senders Shares[string]
	Gaps        Gaps         // after limit refusals
	Spans       []*HostSpans // in order of the names of MX hosts
	// Fates are of all failed recipients, TroubleFates of those among them that met
	// a refusal that severity counts. Notifications are in neither.
	Fates, TroubleFates Fates
	Waits               Tally // microseconds until delivery of those delivered on retry
	// DeliveredOn is how many were delivered on the n-th retry; 0 is the first try,
	// after a suspension, and maxRetry stands for all beyond it.
	DeliveredOn []int64
	// Messages are those that met a refusal which severity counts.
	Messages Messages
	// Streams share the counters out to declared streams; without any it is empty.
	Streams        map[string]*StreamShare
	Replies        map[string]*ReplyCount
	RepliesDropped int64
	Quotes         Shares[netip.Addr]

	past *past // what is left of details; nil if all are there
}

// NewAcc returns an empty accumulator that keeps all details.
func NewAcc() *Acc { return &Acc{} }

// reply counts replies with a template; old is what there is of it, nil if that is not known.
func (a *Acc) reply(template string, old, n *ReplyCount) {
	if template == "" {
		return
	}
	if old == nil {
		old = a.Replies[template]
	}
	switch {
	case old == nil && len(a.Replies) >= maxReplies:
		a.RepliesDropped += n.Count
	case old == nil:
		if a.Replies == nil {
			a.Replies = map[string]*ReplyCount{}
		}
		c := *n
		a.Replies[template] = &c
	default:
		// The earliest one speaks for its template, so that order plays no part.
		count := old.Count + n.Count
		if n.First.before(old.First) {
			*old = *n
		}
		old.Count = count
	}
}

func (a *Acc) seen(t int64) {
	if t == 0 {
		return
	}
	if a.First == 0 || t < a.First {
		a.First = t
	}
	a.Last = max(a.Last, t)
}

// AddSpan takes the time one session with an MX host was busy.
func (a *Acc) AddSpan(mx string, s session.Span) {
	a.spansAt(mx, nil).add(s)
	if a.detail != nil {
		a.detail.used += spanBytes
	}
}

// hosts are the MX hosts that spans are known of, in order.
func (a *Acc) hosts() []string {
	names := make([]string, 0, len(a.Spans))
	for _, h := range a.Spans {
		names = append(names, h.MX)
	}
	if a.past != nil {
		for i := range a.past.byMX {
			if _, ok := a.findSpans(a.past.byMX[i].mx); !ok {
				names = append(names, a.past.byMX[i].mx)
			}
		}
	}
	slices.Sort(names)
	return names
}

func (a *Acc) deliveredOn(retry int, n int64) {
	for len(a.DeliveredOn) <= retry {
		a.DeliveredOn = append(a.DeliveredOn, 0)
	}
	a.DeliveredOn[retry] += n
}

// AddFate takes the end of one recipient. Notifications are not the customer's
// mail: their fate is left out (Postfix bounce_notify_service.c).
func (a *Acc) AddFate(f join.Fate, senderDomain string, stream Stream) {
	if f.Outcome == mail.Expired && !f.AtOnce {
		a.Counts.Expired++
		if i := strings.LastIndexByte(f.Recipient, '@'); i >= 0 {
			a.Domains.at(a.domain(strings.ToLower(f.Recipient[i+1:]))).counts[counterExpired]++
		}
	}
	if f.Met && !f.HeldBack {
		a.TroubleRecipients++
	}
	if f.Notice {
		return
	}
	if f.Met {
		a.Messages.add(&f)
	}
	if s := a.stream(stream); s != nil {
		s.addFate(&f)
	}
	if f.AtOnce {
		return // it was never put off, or was counted as such before
	}
	var one Fates
	switch f.Outcome {
	case mail.Delivered:
		one.Delivered = 1
		a.deliveredOn(min(max(f.Attempts-1, 0), maxRetry), 1)
		if f.Wait > 0 && f.Retried() {
			a.Waits.Add(f.Wait, 1)
		}
	case mail.Bounced:
		one.Bounced = 1
	case mail.Expired:
		one.Expired = 1
		a.Senders.at(a.sender(senderDomain)).expire(&f)
	case mail.Deferred:
		one.Queued = 1
	default:
		one.Unknown = 1
	}
	a.Fates.add(one)
	if f.Trouble {
		a.TroubleFates.add(one)
	}
}

// Merge adds another accumulator and leaves it as it is.
func (a *Acc) Merge(o *Acc) {
	a.ESP = a.ESP || o.ESP
	a.Counts.add(o.Counts)
	a.Refusals.add(&o.Refusals)
	for i := range a.Scopes {
		a.Scopes[i] += o.Scopes[i]
	}
	a.ConnectFailures += o.ConnectFailures
	a.TroubleRefusals += o.TroubleRefusals
	a.TroubleBounced += o.TroubleBounced
	a.Collected.add(&o.Collected)
	a.TroubleAgain += o.TroubleAgain
	a.TroubleMessages += o.TroubleMessages
	a.TroubleRecipients += o.TroubleRecipients
	a.FirstTrouble = earlier(a.FirstTrouble, o.FirstTrouble)
	a.LastTrouble = later(a.LastTrouble, o.LastTrouble)
	a.Buckets.merge(&o.Buckets)
	a.Arrivals = append(a.Arrivals, o.Arrivals...)
	a.Gaps.merge(&o.Gaps.Tally)
	for _, h := range o.Spans {
		to := a.spansAt(h.MX, nil)
		to.List = append(to.List, h.List...)
	}
	a.Waits.merge(&o.Waits)
	for retry, n := range o.DeliveredOn {
		a.deliveredOn(retry, n)
	}
	a.Messages.merge(&o.Messages)
	for name, s := range o.Streams {
		a.stream(Stream{name, s.Transactional}).add(s)
	}
	a.Busy += o.Busy
	a.BusyCount += o.BusyCount
	a.Fates.add(o.Fates)
	a.TroubleFates.add(o.TroubleFates)
	for _, t := range slices.Sorted(maps.Keys(o.Replies)) {
		a.reply(t, nil, o.Replies[t])
	}
	a.RepliesDropped += o.RepliesDropped
	a.Quotes.merge(&o.Quotes, netip.Addr{}, maxHosts, netip.Addr.Compare)
	a.MX.merge(&o.MX, "", maxHosts, strings.Compare)
	a.Domains.merge(&o.Domains, "", maxDomains, strings.Compare)
	a.Senders.merge(&o.Senders, "", maxHosts, strings.Compare)
	a.seen(o.First)
	a.seen(o.Last)
	if o.past != nil {
		a.pasts().merge(o.past)
	}
}
