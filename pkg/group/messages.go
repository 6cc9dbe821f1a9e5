package group

import (
	"cmp"
	"slices"

	"github.com/seed-07ce53fa/diagnose/pkg/join"
	"github.com/seed-07ce53fa/diagnose/pkg/mail"
)

// maxMessages is how many examples an accumulator keeps: as many as a report shows.
const maxMessages = 50

// Message is one message and recipient that met a refusal which severity counts, or was
// held back because of one. Times are microseconds, 0 is unknown; empty texts are unknown.
type Message struct {
	MessageID, QueueID, Sender, Recipient string
	HeldBack                              bool
	// Refused is the time of the first refusal, Ended that of the end.
	Refused, Ended int64
	Attempts       int
	Outcome        mail.Outcome // Deferred is still queued
}

// Messages are counted, and the first of them in their total order are kept. So any
// order of adding and merging keeps the same ones.
type Messages struct {
	Total, WithoutID int64
	Held             int64     // held back, never refused
	First            []Message // in order
}

func (m *Messages) add(f *join.Fate) {
	m.Total++
	m.Held += int64(flag(f.HeldBack))
	if f.MessageID == "" && !f.HasID {
		m.WithoutID++
	}
	if !m.Keeps(f) {
		return
	}
	m.keep(Message{
		MessageID: f.MessageID, QueueID: f.QueueID, Sender: f.Sender, Recipient: f.Recipient, HeldBack: f.HeldBack,
		Refused: f.Refused, Ended: f.End, Attempts: f.Attempts, Outcome: f.Outcome,
	})
}

// Keeps says that a fate may be among the first, as far as outcome and time tell. The
// texts of one that it is false for are not looked at.
func (m *Messages) Keeps(f *join.Fate) bool {
	if len(m.First) < maxMessages {
		return true
	}
	last := &m.First[maxMessages-1]
	return cmp.Or(cmp.Compare(loss(f.Outcome), loss(last.Outcome)), cmp.Compare(flag(f.HeldBack), flag(last.HeldBack)), cmp.Compare(f.Refused, last.Refused)) <= 0
}

// keep takes one message into its place, if it is among the first.
func (m *Messages) keep(one Message) {
	full := len(m.First) == maxMessages
	if full && compareMessages(one, m.First[maxMessages-1]) >= 0 {
		return
	}
	if full {
		m.First = m.First[:maxMessages-1]
	}
	at, _ := slices.BinarySearchFunc(m.First, one, compareMessages)
	m.First = slices.Insert(m.First, at, one)
}

func (m *Messages) merge(o *Messages) {
	m.Total += o.Total
	m.WithoutID += o.WithoutID
	m.Held += o.Held
	for _, one := range o.First {
		m.keep(one)
	}
}

// compareMessages puts those that are lost first, then those refused first, those held
// back last. Two that
// are equal by it are the same in all that is shown.
func compareMessages(a, b Message) int {
	return cmp.Or(
		cmp.Compare(loss(a.Outcome), loss(b.Outcome)),
		cmp.Compare(flag(a.HeldBack), flag(b.HeldBack)),
		cmp.Compare(a.Refused, b.Refused),
		cmp.Compare(a.QueueID, b.QueueID),
		cmp.Compare(a.Recipient, b.Recipient),
		cmp.Compare(a.MessageID, b.MessageID),
		cmp.Compare(a.Sender, b.Sender),
		cmp.Compare(a.Ended, b.Ended),
		cmp.Compare(a.Attempts, b.Attempts),
		cmp.Compare(a.Outcome, b.Outcome),
	)
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// loss orders outcomes: expired, bounced, all others.
func loss(o mail.Outcome) int {
	switch o {
	case mail.Expired:
		return 0
	case mail.Bounced:
		return 1
	default:
		return 2
	}
}
