package group

import (
	"math"
	"net/netip"

	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// Reading is what the rules made of a failed attempt. Its zero value is a success.
type Reading struct {
	Class mail.Class
	Scope mail.Scope
	// Own is the class of a reply that our own side made up; Class is then Other.
	Own        mail.Class
	Rule       string
	Confidence float64
	// Template is the normalised reply, Sample one reply verbatim; both empty
	// where no receiver spoke.
	Template, Sample string
	// HasCode and HasEnhanced say that the reply has a code, an enhanced status code.
	HasCode, HasEnhanced bool
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

// Observation is one attempt, refusal or suspension with all that is known of it.
type Observation struct {
	Event   *mail.Event
	Attempt join.Attempt
	Reading *Reading
	Where   Where
	// Domain is the recipient's domain, SenderDomain the sender's; may be empty. MX is the
	// name of the event's MX where it is kept already, else empty.
	Domain, SenderDomain, MX string
	// Stream is the stream of mail it belongs to, if any are declared.
	Stream Stream
	// Further says that it is of a further recipient of the delivery before it, on one
	// connection.
	Further bool
	// Known are the shares it belongs to, as far as the one who adds it remembers them.
	Known Known
}

// Known are the shares that an observation belongs to in one accumulator. Add looks up
// those that are missing, which are 0, and fills them in: they stay the ones of their names.
// It looks up Reply too, where that is nil.
type Known struct {
	Acc                *Acc
	MX, Domain, Sender ShareNumber
	Reply              *ReplyCount // of the template
}

// Add takes one observation.
func (a *Acc) Add(o *Observation) {
	ev, r := o.Event, o.Reading
	if o.Attempt.Repeated {
		return
	}
	before := len(a.Buckets.list)*bucketBytes + len(a.Arrivals)*arrivalBytes
	a.ESP = a.ESP || ev.ESP
	a.seen(ev.Time)
	n := o.one()
	c := &n.counts
	a.Counts.add(c.counts())
	a.each(o, ev.Outcome != mail.Suspended, &n)
	b := Bucket{
		Attempts: c[counterAttempts], Accepted: c[counterDelivered], Deferred: c[counterDeferred], Suspended: c[counterSuspensions], New: c[counterSessions],
	}
	if o.Attempt.FirstOfMessage {
		a.arrive(o)
	}
	if o.Attempt.FirstOfRecipient && !o.older() {
		b.First = 1
	} else if o.retry() {
		b.Retries, b.NewRetries = 1, b.New
		if o.Attempt.AfterTrouble && o.Attempt.Gap > 0 {
			a.Gaps.Take(Gap{Retry: int32(o.Attempt.Retry), Seconds: int32(min(o.Attempt.Gap/second, 1<<30))}, 1)
		}
	}
	if ev.Outcome == mail.Delivered && ev.HasDelays {
		a.Busy += ev.Delays[2] + ev.Delays[3]
		a.BusyCount++
	}
	if o.Attempt.FirstTroubleOfMessage {
		a.TroubleMessages++
	}
	if ev.Outcome != mail.Suspended {
		a.fail(o, r, &b)
	}
	if ev.Time > 0 {
		a.Buckets.happened(bucketOf(ev.Time), &b, o.Where)
	}
	a.grow(len(a.Buckets.list)*bucketBytes + len(a.Arrivals)*arrivalBytes - before)
}

// bucketOf is the bucket of a time.
func bucketOf(t int64) int32 { return int32(min(t/bucketLength, math.MaxInt32)) }

// each adds to all shares that an observation belongs to.
func (a *Acc) each(o *Observation, quoted bool, n *one) {
	if o.Reading.Quoted.IsValid() && quoted {
		a.Quotes.at(a.quote(o.Reading.Quoted)).take(n)
	}
	known := &o.Known
	if known.Acc != a {
		*known = Known{Acc: a}
	}
	if len(o.Event.MX) > 0 {
		if known.MX == 0 {
			known.MX = a.mx(o.mx())
		}
		a.MX.at(known.MX).take(n)
	}
	if o.Domain != "" {
		if known.Domain == 0 {
			known.Domain = a.domain(o.Domain)
		}
		a.Domains.at(known.Domain).take(n)
	}
	if !o.Attempt.Notice {
		if known.Sender == 0 {
			known.Sender = a.sender(o.SenderDomain)
		}
		a.Senders.at(known.Sender).take(n)
		if s := a.stream(o.Stream); s != nil {
			s.take(n)
		}
	}
}

func (o *Observation) mx() string {
	if o.MX != "" {
		return o.MX
	}
	return string(o.Event.MX)
}

// one returns what an observation adds to the counters.
func (o *Observation) one() (n one) {
	c, r := &n.counts, o.Reading
	if o.Attempt.FirstOfMessage {
		c[counterMessages] = 1
	}
	if o.Attempt.FirstOfRecipient {
		c[counterRecipients] = 1
	}
	n.message = o.Attempt.FirstTroubleOfMessage
	if o.Event.Outcome == mail.Suspended {
		c[counterSuspensions] = 1
		return n
	}
	if r.Class != mail.ClassNone {
		n.class, n.trouble = r.Class, r.Trouble()
		n.bounced = n.trouble && o.Event.Outcome == mail.Bounced
	}
	switch o.Event.Outcome {
	case mail.Delivered:
		c[counterDelivered] = 1
	case mail.Deferred:
		c[counterDeferred] = 1
	case mail.Bounced:
		c[counterBounced] = 1
	case mail.Refused:
		c[counterRefused] = 1
	default: // no attempt ends so
		return n
	}
	c[counterAttempts] = 1
	if o.Event.ConnUse < 2 && !o.Further && len(o.Event.MX) > 0 {
		c[counterSessions] = 1
	}
	return n
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
		a.Arrivals = append(room(a.Arrivals), t)
	}
}

// fail records the refusal part of an attempt on the wire.
func (a *Acc) fail(o *Observation, r *Reading, b *Bucket) {
	if r.Class == mail.ClassNone {
		return
	}
	a.Refusals[r.Class]++
	if r.Limited() {
		b.Limited = 1
		a.Scopes[r.Scope]++
	}
	if r.Class == mail.Listing {
		b.Listed = 1
	}
	if r.Class == mail.MailboxUnknown {
		b.UnknownUsers = 1
	}
	if r.Trouble() {
		b.Trouble = 1
		if o.permanent() {
			b.Blocked = 1
		}
		if o.Event.Kind == mail.KindAttempt && o.Attempt.AfterTrouble {
			a.TroubleAgain++
		}
		a.TroubleRefusals++
		a.Collected.collect(o, r)
		if o.Event.Outcome == mail.Bounced {
			a.TroubleBounced++
		}
		a.FirstTrouble = earlier(a.FirstTrouble, o.Where)
		a.LastTrouble = later(a.LastTrouble, o.Where)
	}
	a.reply(r.Template, o.Known.Reply, &ReplyCount{Count: 1, Class: r.Class, Rule: r.Rule, Confidence: r.Confidence, Sample: r.Sample, First: o.Where})
}

// permanent says that the receiver turned the mail away for good. Postfix defers what
// a banner refuses with 5xx (smtp_proto.c), so the reply's own code comes first.
func (o *Observation) permanent() bool {
	if code := o.Event.Reply; len(code) > 0 && (code[0] == '4' || code[0] == '5') {
		return code[0] == '5'
	}
	return o.Event.Outcome == mail.Bounced
}

// retry says that an observation is a later try of its recipient on the wire. The first
// one after suspensions is none.
func (o *Observation) retry() bool {
	if o.Event.Kind != mail.KindAttempt || o.Event.Outcome == mail.Suspended {
		return false
	}
	return o.Attempt.Retry > 0 || o.Attempt.FirstOfRecipient && o.older()
}

// Reused takes back that an observation opened a connection: it came on a cached one.
func (a *Acc) Reused(o *Observation) {
	n := one{counts: counters{counterSessions: -1}}
	a.Counts.add(n.counts.counts())
	a.each(o, true, &n)
	if o.Event.Time > 0 {
		b := Bucket{New: -1}
		if o.retry() {
			b.NewRetries = -1
		}
		a.Buckets.happened(bucketOf(o.Event.Time), &b, Where{})
	}
}
