// Package group accumulates what attempts say per receiver platform, log host,
// instance and sending IP, and freezes it into facts.
//
// An Acc holds only parts that can be added in any order: sums, least and
// greatest times, buckets, multisets of spans and gaps. So Merge is associative
// and commutative, and files, hosts, workers or a stored state are all the same
// thing merged at different times.
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

// Where is a place in the input. Time is microseconds since 1970.
type Where struct {
	Time int64
	File string
	Line int64
}

// Known says that the place is set.
func (w Where) Known() bool { return w.File != "" }

// before orders places by time, then file and line, unknown ones last.
func (w Where) before(o Where) bool {
	switch {
	case w.Known() != o.Known():
		return w.Known()
	case w.Time != o.Time:
		return w.Time < o.Time
	case w.File != o.File:
		return w.File < o.File
	}
	return w.Line < o.Line
}

// earlier returns the earlier of two places.
func earlier(a, b Where) Where {
	if b.before(a) {
		return b
	}
	return a
}

// Reading is what the rules made of a failed attempt. Its zero value is a success.
type Reading struct {
	Class      mail.Class
	Scope      mail.Scope
	Rule       string
	Confidence float64
	// Template is the normalised reply, Sample one reply verbatim; both empty
	// where no receiver spoke.
	Template, Sample string
	// Quoted is our address as the receiver quotes it.
	Quoted netip.Addr
}

// Limited says that the class is a connection or rate limit.
func (r *Reading) Limited() bool {
	return r.Class == mail.ConnectionLimit || r.Class == mail.RateLimit
}

// Trouble says that severity counts the class (requirement C77).
func (r *Reading) Trouble() bool {
	return r.Limited() || r.Class == mail.Reputation || r.Class == mail.Listing
}

// Counts are the four counters and the outcomes (requirement X05).
type Counts struct {
	Attempts, Recipients, Messages, Sessions       int64
	Delivered, Deferred, Bounced, Expired, Refused int64
	Suspensions                                    int64
}

func (c *Counts) add(o Counts) {
	c.Attempts += o.Attempts
	c.Recipients += o.Recipients
	c.Messages += o.Messages
	c.Sessions += o.Sessions
	c.Delivered += o.Delivered
	c.Deferred += o.Deferred
	c.Bounced += o.Bounced
	c.Expired += o.Expired
	c.Refused += o.Refused
	c.Suspensions += o.Suspensions
}

// Refusals counts receiver replies and network failures by class.
type Refusals [mail.NumClasses]int64

func (r *Refusals) add(o *Refusals) {
	for i := range r {
		r[i] += o[i]
	}
}

// Bucket is what happened in one bucket of time.
type Bucket struct {
	Attempts, Accepted, Deferred, Suspended int64
	// Limited are connection- and rate-limit refusals, Listed listing ones.
	Limited, Listed int64
	// Trouble are the refusals that severity counts.
	Trouble int64
	// New are new connections, First the first attempts of a recipient (a
	// suspension counts: the message wanted to go), Retries the others.
	New, First, Retries int64
}

func (b *Bucket) add(o Bucket) {
	b.Attempts += o.Attempts
	b.Accepted += o.Accepted
	b.Deferred += o.Deferred
	b.Suspended += o.Suspended
	b.Limited += o.Limited
	b.Listed += o.Listed
	b.Trouble += o.Trouble
	b.New += o.New
	b.First += o.First
	b.Retries += o.Retries
}

// BucketSeconds is the grain of time in an Acc. Windows and charts are made of it.
const BucketSeconds = 10

const second = 1_000_000

// Gap is the time between two attempts for one recipient: the n-th retry came
// Seconds after the attempt before it.
type Gap struct {
	Retry   int32
	Seconds int32
}

// ReplyCount is one kind of reply.
type ReplyCount struct {
	Count      int64
	Class      mail.Class
	Rule       string
	Confidence float64
	Sample     string
	First      Where
}

// Share is the part of an accumulator that one MX host, sender domain or quoted
// address has.
type Share struct {
	Counts   Counts
	Refusals Refusals
	// Trouble are the refusals that severity counts, Messages whom they hit, Expired
	// and Bounced the recipients lost after or by one.
	Trouble, Messages, Expired, Bounced int64
}

func (s *Share) add(o *Share) {
	s.Counts.add(o.Counts)
	s.Refusals.add(&o.Refusals)
	s.Trouble += o.Trouble
	s.Messages += o.Messages
	s.Expired += o.Expired
	s.Bounced += o.Bounced
}

// share returns the share of a key, one for all keys beyond the bound.
func share[K comparable](m map[K]*Share, k K, rest K) *Share {
	if s, ok := m[k]; ok {
		return s
	}
	if len(m) >= maxHosts {
		k = rest
	}
	s := m[k]
	if s == nil {
		s = &Share{}
		m[k] = s
	}
	return s
}

// Fates counts what became of the recipients that failed at least once.
type Fates struct {
	Delivered, Queued, Expired, Bounced, Unknown int64
}

func (f *Fates) add(o Fates) {
	f.Delivered += o.Delivered
	f.Queued += o.Queued
	f.Expired += o.Expired
	f.Bounced += o.Bounced
	f.Unknown += o.Unknown
}

// Bounds per accumulator; log text is hostile. Templates beyond the first are
// counted, hosts beyond the second share one sweep.
const (
	maxReplies = 500
	maxHosts   = 200
)

// Acc accumulates one Key.
type Acc struct {
	ESP             bool
	Counts          Counts
	Refusals        Refusals
	Stages          [mail.StageQuit + 1]int64 // limit refusals by stage
	ConnectFailures int64

	// Trouble counts the refusals that severity counts, and whom they hit.
	TroubleRefusals, TroubleMessages, TroubleRecipients int64
	TroubleBounced                                      int64
	FirstTrouble, LastTrouble                           Where

	Domains map[string]int64
	// MX and Senders share the counters out to receiving hosts and sender domains;
	// the empty key is "not known".
	MX, Senders map[string]*Share
	Buckets     map[int64]Bucket          // by Unix time / BucketSeconds
	BusyWhere   map[int64]Where           // first attempt of a bucket
	Arrivals    []int64                   // when first attempts wanted to go, microseconds
	Gaps        []Gap                     // after limit refusals
	Spans       map[string][]session.Span // by MX host
	Busy        int64                     // microseconds of session time of accepted attempts
	BusyCount   int64
	// Fates are of all failed recipients, TroubleFates of those among them that met
	// a refusal that severity counts. Notifications are in neither.
	Fates, TroubleFates Fates
	Waits               []int64 // microseconds until delivery of those delivered on retry
	Replies             map[string]*ReplyCount
	RepliesDropped      int64
	Quotes              map[netip.Addr]*Share
	First, Last         int64 // attempts and suspensions, microseconds
}

// NewAcc returns an empty accumulator.
func NewAcc() *Acc {
	return &Acc{
		MX: map[string]*Share{}, Domains: map[string]int64{}, Senders: map[string]*Share{},
		Buckets: map[int64]Bucket{}, BusyWhere: map[int64]Where{},
		Replies: map[string]*ReplyCount{}, Quotes: map[netip.Addr]*Share{},
		Spans: map[string][]session.Span{},
	}
}

// Observation is one attempt, refusal or suspension with all that is known of it.
type Observation struct {
	Event   *mail.Event
	Attempt join.Attempt
	Reading *Reading
	Where   Where
	// Domain is the recipient's domain, SenderDomain the sender's; may be empty.
	Domain, SenderDomain string
}

// Add takes one observation.
func (a *Acc) Add(o *Observation) {
	ev, r := o.Event, o.Reading
	if o.Attempt.Repeated {
		return
	}
	a.ESP = a.ESP || ev.ESP
	a.seen(ev.Time)
	if o.Domain != "" {
		a.Domains[o.Domain]++
	}
	c := a.count(o)
	a.Counts.add(c)
	a.shareOut(o, r, c)
	b := Bucket{
		Attempts: c.Attempts, Accepted: c.Delivered, Deferred: c.Deferred, Suspended: c.Suspensions, New: c.Sessions,
	}
	if o.Attempt.FirstOfMessage {
		a.arrive(o)
	}
	if o.Attempt.FirstOfRecipient && !o.older() {
		b.First = 1
	} else if ev.Kind == mail.KindAttempt && ev.Outcome != mail.Suspended {
		b.Retries = 1
		if o.Attempt.AfterTrouble && o.Attempt.Gap > 0 {
			a.Gaps = append(a.Gaps, Gap{Retry: int32(o.Attempt.Retry), Seconds: int32(min(o.Attempt.Gap/second, 1<<30))})
		}
	}
	if ev.Outcome == mail.Delivered && ev.HasDelays {
		a.Busy += ev.Delays[2] + ev.Delays[3]
		a.BusyCount++
	}
	if o.Attempt.FirstTroubleOfMessage {
		a.TroubleMessages++
	}
	if o.Attempt.FirstTroubleOfRecipient {
		a.TroubleRecipients++
	}
	if ev.Outcome != mail.Suspended {
		a.fail(o, r, c, &b)
	}
	if ev.Time > 0 {
		k := ev.Time / (BucketSeconds * second)
		sum := a.Buckets[k]
		sum.add(b)
		a.Buckets[k] = sum
		a.BusyWhere[k] = earlier(a.BusyWhere[k], o.Where)
	}
}

// shareOut adds an observation to the shares it belongs to.
func (a *Acc) shareOut(o *Observation, r *Reading, c Counts) {
	one := Share{Counts: c}
	if o.Event.Outcome != mail.Suspended && r.Class != mail.ClassNone {
		one.Refusals[r.Class] = 1
		if r.Trouble() {
			one.Trouble = 1
			if o.Event.Outcome == mail.Bounced {
				one.Bounced = 1
			}
		}
	}
	if o.Attempt.FirstTroubleOfMessage {
		one.Messages = 1
	}
	if r.Quoted.IsValid() && o.Event.Outcome != mail.Suspended {
		share(a.Quotes, r.Quoted, netip.Addr{}).add(&one)
	}
	if len(o.Event.MX) > 0 {
		share(a.MX, string(o.Event.MX), "").add(&one)
	}
	if !o.Attempt.Notice {
		share(a.Senders, o.SenderDomain, "").add(&one)
	}
}

// count returns what one observation adds to the counters.
func (a *Acc) count(o *Observation) Counts {
	var c Counts
	if o.Attempt.FirstOfMessage {
		c.Messages = 1
	}
	if o.Attempt.FirstOfRecipient {
		c.Recipients = 1
	}
	switch o.Event.Outcome {
	case mail.Suspended:
		c.Suspensions = 1
		return c
	case mail.Delivered:
		c.Delivered = 1
	case mail.Deferred:
		c.Deferred = 1
	case mail.Bounced:
		c.Bounced = 1
	case mail.Refused:
		c.Refused = 1
	}
	c.Attempts = 1
	if o.Event.ConnUse < 2 && len(o.Event.MX) > 0 {
		c.Sessions = 1
	}
	return c
}

// waited is how long a message may have been in the queue before the queue manager
// took it up, in microseconds, and still be on its first try: later ones have
// delays=a/... of the whole time since it arrived (log_adhoc.c).
const waited = 5 * second

// older says that a message which the log shows for the first time was tried
// before the log begins.
func (o *Observation) older() bool {
	return o.Attempt.Arrival == 0 && o.Event.HasDelays && o.Event.Delays[0] > waited
}

// arrive records when a message wanted to go: when it entered the queue where the
// log shows it, else when it was first tried.
func (a *Acc) arrive(o *Observation) {
	t := o.Attempt.Arrival
	if t == 0 && o.Event.Time > 0 {
		t = o.Event.Time - o.Event.Delay
	}
	if t > 0 && !o.Attempt.Notice {
		a.Arrivals = append(a.Arrivals, t)
	}
}

// fail records the refusal part of an attempt on the wire.
func (a *Acc) fail(o *Observation, r *Reading, c Counts, b *Bucket) {
	if r.Class == mail.ClassNone {
		return
	}
	a.Refusals[r.Class]++
	if r.Limited() {
		b.Limited = 1
		a.Stages[o.Event.Stage]++
	}
	if r.Class == mail.Listing {
		b.Listed = 1
	}
	if r.Trouble() {
		b.Trouble = 1
		a.TroubleRefusals++
		if o.Event.Outcome == mail.Bounced {
			a.TroubleBounced++
		}
		a.FirstTrouble = earlier(a.FirstTrouble, o.Where)
		a.LastTrouble = later(a.LastTrouble, o.Where)
	}
	a.reply(r.Template, &ReplyCount{Count: 1, Class: r.Class, Rule: r.Rule, Confidence: r.Confidence, Sample: r.Sample, First: o.Where})
}

// later returns the later of two places.
func later(a, b Where) Where {
	switch {
	case !a.Known():
		return b
	case !b.Known() || b.before(a):
		return a
	}
	return b
}

func (a *Acc) reply(template string, n *ReplyCount) {
	if template == "" {
		return
	}
	old := a.Replies[template]
	switch {
	case old == nil && len(a.Replies) >= maxReplies:
		a.RepliesDropped += n.Count
	case old == nil:
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
	if _, ok := a.Spans[mx]; !ok && len(a.Spans) >= maxHosts {
		mx = ""
	}
	a.Spans[mx] = append(a.Spans[mx], s)
}

// AddFate takes the end of one recipient. Notifications are not the customer's
// mail: their fate is left out (formats.md 3.4).
func (a *Acc) AddFate(f join.Fate, senderDomain string) {
	if f.Outcome == mail.Expired {
		a.Counts.Expired++
		if !f.Notice && f.Trouble {
			share(a.Senders, senderDomain, "").Expired++
		}
	}
	if f.Notice {
		return
	}
	var one Fates
	switch f.Outcome {
	case mail.Delivered:
		one.Delivered = 1
		if f.Wait > 0 {
			a.Waits = append(a.Waits, f.Wait)
		}
	case mail.Bounced:
		one.Bounced = 1
	case mail.Expired:
		one.Expired = 1
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
	for i := range a.Stages {
		a.Stages[i] += o.Stages[i]
	}
	a.ConnectFailures += o.ConnectFailures
	a.TroubleRefusals += o.TroubleRefusals
	a.TroubleBounced += o.TroubleBounced
	a.TroubleMessages += o.TroubleMessages
	a.TroubleRecipients += o.TroubleRecipients
	a.FirstTrouble = earlier(a.FirstTrouble, o.FirstTrouble)
	a.LastTrouble = later(a.LastTrouble, o.LastTrouble)
	sum(a.Domains, o.Domains)
	for k, b := range o.Buckets {
		s := a.Buckets[k]
		s.add(b)
		a.Buckets[k] = s
		a.BusyWhere[k] = earlier(a.BusyWhere[k], o.BusyWhere[k])
	}
	a.Arrivals = append(a.Arrivals, o.Arrivals...)
	a.Gaps = append(a.Gaps, o.Gaps...)
	for _, mx := range slices.Sorted(maps.Keys(o.Spans)) {
		for _, s := range o.Spans[mx] {
			a.AddSpan(mx, s)
		}
	}
	a.Waits = append(a.Waits, o.Waits...)
	a.Busy += o.Busy
	a.BusyCount += o.BusyCount
	a.Fates.add(o.Fates)
	a.TroubleFates.add(o.TroubleFates)
	for _, t := range slices.Sorted(maps.Keys(o.Replies)) {
		a.reply(t, o.Replies[t])
	}
	a.RepliesDropped += o.RepliesDropped
	merge(a.Quotes, o.Quotes, netip.Addr{}, netip.Addr.Compare)
	merge(a.MX, o.MX, "", strings.Compare)
	merge(a.Senders, o.Senders, "", strings.Compare)
	a.seen(o.First)
	a.seen(o.Last)
}

// merge adds shares in order of their key, so that the bound cuts the same ones.
func merge[K comparable](a, b map[K]*Share, rest K, compare func(K, K) int) {
	for _, k := range slices.SortedFunc(maps.Keys(b), compare) {
		share(a, k, rest).add(b[k])
	}
}

func sum(a, b map[string]int64) {
	for k, n := range b {
		a[k] += n
	}
}
