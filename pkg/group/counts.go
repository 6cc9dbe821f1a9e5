package group

import "github.com/seed-07ce53fa/diagnose/pkg/mail"

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

// counters are Counts as a list.
type counters [numCounters]int32

// Places of counters.
const (
	counterAttempts = iota
	counterRecipients
	counterMessages
	counterSessions
	counterDelivered
	counterDeferred
	counterBounced
	counterExpired
	counterRefused
	counterSuspensions
	numCounters
)

var _ [10]int32 = counters{} // as add has them

// add is written out: it is called several times for each attempt.
func (n *counters) add(o *counters) {
	n[0] += o[0]
	n[1] += o[1]
	n[2] += o[2]
	n[3] += o[3]
	n[4] += o[4]
	n[5] += o[5]
	n[6] += o[6]
	n[7] += o[7]
	n[8] += o[8]
	n[9] += o[9]
}

func (n *counters) counts() Counts {
	return Counts{
		Attempts: int64(n[counterAttempts]), Recipients: int64(n[counterRecipients]), Messages: int64(n[counterMessages]), Sessions: int64(n[counterSessions]),
		Delivered: int64(n[counterDelivered]), Deferred: int64(n[counterDeferred]), Bounced: int64(n[counterBounced]), Expired: int64(n[counterExpired]),
		Refused: int64(n[counterRefused]), Suspensions: int64(n[counterSuspensions]),
	}
}

// Refusals counts receiver replies and network failures by class.
type Refusals [mail.NumClasses]int64

func (r *Refusals) add(o *Refusals) {
	for i := range r {
		r[i] += o[i]
	}
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
