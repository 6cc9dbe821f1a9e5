package main

// truth is what a log holds, as its writer knows it.
type truth struct {
	Version       int              `json:"version"` // of the generator
	Settings      settings         `json:"settings"`
	Bytes         int64            `json:"bytes"`
	Lines         int64            `json:"lines"`
	Hours         float64          `json:"hours"`
	Messages      int              `json:"messages"`
	Notifications int              `json:"notifications"` // bounce mails, a part of the messages
	Local         int              `json:"local"`         // deliveries of these to a mailbox
	Expired       int              `json:"expired"`       // recipients given up
	Open          int              `json:"open"`          // messages in the queue when the log ends
	MaxOpen       int              `json:"max_open"`      // at any time
	Hidden        int              `json:"hidden"`        // refusals by another MX, before an attempt that went well
	Nameless      int              `json:"nameless"`      // the same in a line without a queue id
	All           tally            `json:"all"`
	Classes       map[string]int   `json:"classes"` // attempts deferred, bounced or refused by another MX, by class
	Platforms     map[string]tally `json:"platforms"`
	Domains       map[string]tally `json:"domains"`
}

// tally counts attempts by outcome.
type tally struct {
	Delivered int `json:"delivered"`
	Deferred  int `json:"deferred"`
	Bounced   int `json:"bounced"`
	Suspended int `json:"suspended"` // deferrals without an attempt; not in Deferred
}

func (t *tally) add(u tally) {
	t.Delivered += u.Delivered
	t.Deferred += u.Deferred
	t.Bounced += u.Bounced
	t.Suspended += u.Suspended
}

func (t *truth) count(a *attempt) {
	d := &a.rcpt.domain.delivered
	switch {
	case a.outcome == sent:
		d.Delivered++
		return
	case a.reply.form == suspended:
		d.Suspended++
		return
	case a.outcome == deferred:
		d.Deferred++
	default:
		d.Bounced++
	}
	class := a.reply.class
	if t.Settings.Kind == "mailgun" && a.reply.code == 0 {
		class = "other" // Mailgun says no more than "server connection failed"
	}
	t.Classes[class]++
}
