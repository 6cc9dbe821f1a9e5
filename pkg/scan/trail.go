package scan

import (
	"cmp"

	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// trail is one message and recipient, or a refusal that names none. Times are
// microseconds, empty texts unknown. Its fields are what encoding/gob writes.
type trail struct {
	MessageID, QueueID, Host, Sender, Recipient string
	Platform, MX, SendingIP                     string
	Text, Enhanced                              string
	First, Last, Arrival, Ended, Delay          int64
	Attempts, Refusals                          int32
	Classes                                     uint32 // a set of mail.Class
	Code                                        int16
	Class                                       mail.Class
	Outcome                                     mail.Outcome
	NullSender                                  bool
}

// name keeps Message-ID and sender where they are told.
func (t *trail) name(messageID, sender string, notice bool) {
	t.MessageID, t.Sender = cmp.Or(messageID, t.MessageID), cmp.Or(sender, t.Sender)
	t.NullSender = t.Sender == "" && (t.NullSender || notice)
}

// span widens the time of a trail.
func (t *trail) span(at int64) {
	if at > 0 && (t.First == 0 || at < t.First) {
		t.First = at
	}
	t.Last = max(t.Last, at)
}

// takersOf are the recipients of a message that a refusal was for: those that were
// tried then or later at the same platform, else anywhere.
func takersOf(r *trail, recipients []*trail) []*trail {
	var same, all []*trail
	for _, t := range recipients {
		if t.Last < r.First {
			continue
		}
		all = append(all, t)
		if t.Platform == r.Platform {
			same = append(same, t)
		}
	}
	if len(same) > 0 {
		return same
	}
	return all
}

// take adds a refusal by an earlier MX. Its reply is kept where the recipient met no
// failure of its own.
func (t *trail) take(r *trail) {
	if t.Refusals == 0 {
		t.Class, t.Text, t.Code, t.Enhanced, t.MX = r.Class, r.Text, r.Code, r.Enhanced, r.MX
		t.SendingIP = cmp.Or(r.SendingIP, t.SendingIP)
	}
	t.Attempts += r.Attempts
	t.Refusals += r.Refusals
	t.Classes |= r.Classes
	t.span(r.First)
}
